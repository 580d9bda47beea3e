"""Decode many lines at once into records, and prove that every key of them was read, once.

msgspec drops a key that a record lacks, and keeps the last value of a key that an object has twice, both in silence. So
the records are encoded again: where that has as many quotation marks as the lines, no key was dropped
(:func:`is_whole`). This costs about half of decoding; of lines with names alone it is known what they must have. A line
that fails is read by :func:`vostochny.formats.jsonl.parse_row`, which says what is wrong with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from types import GenericAlias
from typing import Annotated, Any, TypeVar, Union, cast, get_type_hints

import msgspec
from msgspec import UNSET, Struct, UnsetType

from vostochny.formats.limits import MAX_LINE_BYTES, is_too_much_json
from vostochny.schema.records import MAX_OFFSET, UNUSED, DocumentRecord, Field, list_aliases, list_fields

JSON_ERRORS = (msgspec.DecodeError, RecursionError)  # what decoding may raise
MAX_SAMPLED_LINES = 20  # lines of one call in which keys are looked for that the decoder does not know yet
CALLS_AFTER_FAILURE = 16  # calls before lines are taken for plain again, once some were not
# Quotation marks of what every plain document has (two keys and its id), and every plain entity (three keys, its type).
_QUOTES_OF_DOCUMENT, _QUOTES_OF_ENTITY = 6, 8

_Offset = Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)]


class _PlainEntity(Struct, forbid_unknown_fields=True, gc=False):
    """An entity as many systems write it. It decodes and is checked in half the time of an EntityRecord."""

    start: _Offset
    end: _Offset
    type: str
    text: str | UnsetType = UNSET


_PlainDocument = msgspec.defstruct(
    "_PlainDocument",
    [("entities", list[_PlainEntity] | UnsetType, UNSET)],
    bases=(DocumentRecord,),
    gc=False,
)


class RowDecoder:
    """Decodes the lines of one side, in the names that its keys have there.

    Attributes:
        renamed: The other names of keys (``Key.aliases``) that were met, each with the key that it stands for, and the
            unused keys, with "".
        is_plain: Whether the entities of the lines that were decoded last have nothing but start, end and type, and
            perhaps their words.
    """

    def __init__(self) -> None:
        self.renamed: dict[str, str] = {}
        self.is_plain = False
        self._calls = 0  # without plain documents
        self._seen: dict[type[Struct], dict[str, None]] = {}  # record → keys of its objects in lines that did not fit
        self._layout: object = None  # the names and unused keys that the decoder was compiled for
        self._encode_into = msgspec.json.Encoder().encode_into
        self._encoded = bytearray()
        self._decode = msgspec.json.Decoder(DocumentRecord).decode
        self._decode_plain = msgspec.json.Decoder(cast(type[DocumentRecord], _PlainDocument)).decode

    def decode(self, lines: Sequence[bytes]) -> list[DocumentRecord | None]:
        """Return the record of each line; None for a line that is not regular and must be read by itself.

        A regular line is JSON of the right types, without a key twice in one object and without a key that is not
        known; keys of items that are known to be of no use (``records.UNUSED``) are accepted.
        """
        self.is_plain = False
        if max(map(len, lines), default=0) > MAX_LINE_BYTES // 16 and any(map(is_too_much_json, lines)):
            return [None if is_too_much_json(line) else self._decode_line(line) for line in lines]
        data = b"\n".join(lines)
        decoders = [self._decode]
        if self._calls % CALLS_AFTER_FAILURE == 0:
            decoders.insert(0, self._decode_plain)
        for decode in decoders:
            try:
                records = list(map(decode, lines))
            except JSON_ERRORS:
                continue
            self.is_plain = decode is self._decode_plain
            if (self.is_plain and _has_only_names(data, records)) or self._is_whole(data, records):
                self._calls += not self.is_plain
                return list(records)
        self.is_plain = False
        out = [self._decode_line(line) for line in lines]
        irregular = (line for line, record in zip(lines, out, strict=True) if record is None)
        return self.decode(lines) if self._learn_keys(irregular) else out

    def _decode_line(self, line: bytes) -> DocumentRecord | None:
        try:
            record = self._decode(line)
        except JSON_ERRORS:
            return None
        return record if self._is_whole(line, record) else None

    def _is_whole(self, data: bytes, records: object) -> bool:
        self._encode_into(records, self._encoded)  # into one buffer, which needs no growing most of the time
        return is_whole(data, self._encoded)

    def _learn_keys(self, lines: Iterable[bytes]) -> bool:
        """Compile the decoder for keys of lines that it did not fit; return whether that changed it."""
        for line, _ in zip(lines, range(MAX_SAMPLED_LINES), strict=False):
            try:
                self._collect_keys(msgspec.json.decode(line), DocumentRecord)
            except JSON_ERRORS:
                continue
        layout = {record: _choose_names(record, seen) for record, seen in self._seen.items()}
        if layout == self._layout:
            return False
        self._layout = layout
        for names, extra in layout.values():
            self.renamed |= {alias: key for key, alias in names.items()} | dict.fromkeys(extra, "")
        self._decode = msgspec.json.Decoder(_compile(DocumentRecord, layout)).decode
        return True

    def _collect_keys(self, value: Any, record: type[Struct]) -> None:
        if not isinstance(value, dict):
            return
        records: dict[str | None, type[Struct] | None] = {field.name: field.record for field in list_fields(record)}
        aliases = list_aliases(record)
        # An unknown key of a document is a problem, of which nothing needs to be learnt.
        is_document = record is DocumentRecord
        keys = (key for key in value if not is_document or key in aliases or key in aliases.values())
        self._seen.setdefault(record, {}).update(dict.fromkeys(keys))
        for key, inner in value.items():
            item_record = records.get(aliases.get(key, key))
            if item_record:
                for item in inner if isinstance(inner, list) else [inner]:
                    self._collect_keys(item, item_record)


S = TypeVar("S", bound=Struct)
Names = dict[str, str]  # key → the name that it has
Layout = dict[type[Struct], tuple[Names, tuple[str, ...]]]  # record → names of its keys, unused keys of its objects


def _choose_names(record: type[Struct], seen: Iterable[str]) -> tuple[Names, tuple[str, ...]]:
    """Return the other names to read keys of a record under, and the keys to read beside, of all keys that were met.

    A key that some items have under its own name keeps it; items that have it under another are read by themselves.
    """
    aliases = list_aliases(record)
    names: Names = {}
    for alias in seen:
        if alias in aliases and aliases[alias] not in seen:
            names.setdefault(aliases[alias], alias)
    return names, tuple(key for key in seen if key in UNUSED)


def _compile(record: type[S], layout: Layout) -> type[S]:
    """Return a subclass of a record whose JSON has the names and the further keys of a layout."""
    names, extra = layout.get(record, ({}, ()))
    fields: list[tuple[str, Any, Any]] = [(f"extra{i}", Any, UNSET) for i in range(len(extra))]
    types = get_type_hints(record, include_extras=True)
    for field in list_fields(record):
        inner = _compile(field.record, layout) if field.record else None
        if inner is not field.record:
            fields.append((field.name, _type_of(field, inner), UNSET))
        elif field.name in names:  # an inherited field keeps its name
            fields.append((field.name, types[field.name], UNSET))
    if not fields:
        return record
    rename = {**names, **{f"extra{i}": key for i, key in enumerate(extra)}}
    compiled = msgspec.defstruct(record.__name__, fields, bases=(record,), rename=rename, gc=False)
    return cast(type[S], compiled)


def _type_of(field: Field, inner: Any) -> Any:
    """Return the type of a key with objects of another class."""
    types = {"list": GenericAlias(list, (inner,)), "reference": str | inner}
    return Union[types.get(field.kind, inner), None, UnsetType]  # noqa: UP007


def is_whole(data: bytes, encoded: bytes | bytearray) -> bool:
    """Return whether JSON encoded from what was decoded has everything that was in the data.

    Each key that was dropped has two quotation marks, and nothing else changes their number: one that is written as
    ``\\u0022`` counts too. Data with these characters after a backslash may be refused without need.
    """
    escaped = data.count(b"\\u0022") if _has_code_points(data) else 0
    if escaped and b"\\\\u0022" in data:
        return False
    return _count_marks(data) + escaped == _count_marks(encoded)


def _has_code_points(data: bytes) -> bool:
    """Return whether JSON has a backslash with a u behind it; as long as numpy is not loaded, any backslash will do.

    The search for more than one character takes a fifth of decoding, this a fifteenth.
    """
    np = sys.modules.get("numpy")
    if np is None or b"\\" not in data:
        return b"\\" in data
    characters = np.frombuffer(data, np.uint8)
    return bool((characters[1:][characters[:-1] == ord("\\")] == ord("u")).any())


def _has_only_names(data: bytes, records: Sequence[DocumentRecord]) -> bool:
    """Return whether plain documents have ids, and entities without words, and the data has nothing else.

    There is then no quotation mark but those which they must have.
    """
    if not all(record.doc_id and record.entities is not UNSET for record in records):
        return False
    entities = sum(len(record.entities or ()) for record in records)
    return _count_marks(data) == _QUOTES_OF_DOCUMENT * len(records) + _QUOTES_OF_ENTITY * entities


def _count_marks(data: bytes | bytearray) -> int:
    # numpy counts four times as fast, but takes longer to import than a command saves that has not needed it so far.
    np = sys.modules.get("numpy")
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord('"'))) if np else data.count(b'"')
