"""From counts to numbers: scores, their intervals, and the difference between two systems."""
