"""A Parquet file; see :mod:`vostochny.formats.tables`."""

from vostochny.formats.tables import read_parquet as read
from vostochny.formats.tables import write_parquet as write

__all__ = ["read", "write"]
