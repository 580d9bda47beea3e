"""Tagged sentences as JSON Lines, such as the corpus's ``ner``; see :mod:`vostochny.formats.tables`."""

from vostochny.formats.tables import read_tokens as read

__all__ = ["read"]
