"""The former name of :mod:`vostochny.formats.reader`, which plug-ins may import from until 3.0."""

from vostochny.formats.reader import Reading, Record

__all__ = ["Reading", "Record"]
