"""Measurements that take minutes: speed beside other scorers, coverage of the intervals, all tests."""
