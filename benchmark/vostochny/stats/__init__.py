"""Counts to numbers: scores, their intervals, and how two systems differ."""
