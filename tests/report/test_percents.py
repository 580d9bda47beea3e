"""Percents, points, decimals and intervals as text."""

from __future__ import annotations

from vostochny.report.percents import format_decimals, format_interval, format_percent, format_points
from vostochny.stats.intervals import Interval


def test_a_share_is_a_percent_with_one_decimal_and_an_undefined_one_a_dash():
    assert [format_percent(x) for x in (0, 0.12345, 1, None)] == ["0.0", "12.3", "100.0", "–"]
    assert [format_points(x) for x in (0, 0.012, -0.5, None)] == ["+0.0", "+1.2", "-50.0", "–"]
    assert [format_decimals(x) for x in (0.12345, None)] == ["0.123", "–"]


def test_an_interval_is_its_two_ends():
    assert format_interval(None) == ""
    assert format_interval(Interval(0.5, 0.9)) == format_interval([0.5, 0.9]) == "50.0–90.0"
    assert format_interval((-0.01, 0.02), format_points, " to ") == "-1.0 to +2.0"
    assert format_interval((0.5, 0.9), format_decimals) == "0.500–0.900"
