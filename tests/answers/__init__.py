"""Stored answers: what the program says today, held through its public surface alone.

``cases.py`` lists the cases, ``stored/`` has their answers, ``python -m tests.answers NAME… | --all`` writes them anew.
"""
