"""Stored answers: today's output of the public commands and calls, kept so that no change of behaviour goes unnoticed.

``cases.py`` lists the cases, ``stored/`` has their answers, ``python -m tests.answers NAME… | --all`` renews them.
"""
