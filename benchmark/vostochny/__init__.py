"""The Vostochny benchmark: one summit, five newsrooms."""

__version__ = "0.1.0"
