"""File formats: one module per format, each with ``read`` and, where it makes sense, ``write``."""

from vostochny.errors import InputError as FormatError  # the former name, removed in 3.0
from vostochny.errors import Problem as Fault  # likewise

__all__ = ["Fault", "FormatError"]
