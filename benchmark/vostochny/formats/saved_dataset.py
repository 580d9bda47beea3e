"""A folder that ``datasets`` saved; see :mod:`vostochny.formats.tables`."""

from vostochny.formats.tables import read_dataset as read
from vostochny.formats.tables import write_dataset as write

__all__ = ["read", "write"]
