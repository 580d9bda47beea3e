"""Format scores and intervals as text: a share of 1 as a percent with one decimal, an undefined number as –."""

from __future__ import annotations

from collections.abc import Callable, Sequence

UNDEFINED = "–"


def format_percent(value: float | None) -> str:
    """Return a share as a percent: 0.875 as ``87.5``."""
    return UNDEFINED if value is None else f"{100 * value:.1f}"


def format_points(value: float | None) -> str:
    """Return a difference of shares in points, with its sign: 0.01 as ``+1.0``."""
    return UNDEFINED if value is None else f"{100 * value:+.1f}"


def format_decimals(value: float | None) -> str:
    """Return a number that is not read as a percent, such as κ, with three decimals."""
    return UNDEFINED if value is None else f"{value:.3f}"


def format_interval(
    ends: Sequence[float] | None, form: Callable[[float], str] = format_percent, between: str = "–"
) -> str:
    """Return the ends of an interval, ``81.2–90.0``; empty where there is none. Signs need another ``between``."""
    return "" if ends is None else f"{form(ends[0])}{between}{form(ends[1])}"
