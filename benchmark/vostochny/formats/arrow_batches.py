"""Read Arrow and Parquet batch by batch, and know what the values take in memory before they are made.

In these formats a few bytes may stand for any number of values: nulls, runs of one value, a long string to which a
thousand rows refer, compressed pages. So compressed sizes and numbers of values are read from the metadata first,
strings stay in their dictionaries, and each batch is measured before its rows are made.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vostochny.formats.limits import LIST_BYTES, MAX_FILE_BYTES, OBJECT_BYTES, VALUE_BYTES, Budget, describe_way_out

BATCH_ROWS = 1000
_RECORD_BATCH, _DICTIONARY_BATCH = 3, 2  # kinds of messages of a stream


def read_parquet_rows(raw: bytes, columns: Collection[str], budget: Budget) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield the rows of a Parquet file in batches, with these columns only.

    Raises ValueError where the file says that it is too large, InputError where the ``budget`` says so, and whatever
    Arrow raises.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(raw))
    schema = file.schema
    leaves = [(i, schema.column(i)) for i in range(len(schema)) if schema.column(i).path.split(".")[0] in columns]
    names = [name for name in dict.fromkeys(leaf.path.split(".")[0] for _, leaf in leaves)]
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) <= MAX_FILE_BYTES:
        # Where statistics are broken, asking for a column's metadata ends the process; reading its values raises an
        # error (apache/arrow#45283 has both). This reads page by page and keeps nothing.
        file.scan_contents(names)
    chunks = [(leaf, group.column(i)) for group in groups for i, leaf in leaves]
    check_unpacked_size(sum(chunk.total_uncompressed_size for _, chunk in chunks))
    # A leaf has a value for each row at least, nulls too; what the rows and lists take is measured in each batch.
    Budget(budget.path).take(VALUE_BYTES * sum(chunk.num_values for _, chunk in chunks))
    Budget(budget.path).take(OBJECT_BYTES * file.metadata.num_rows)
    fixed = (chunk.num_values * leaf.length for leaf, chunk in chunks if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY")
    Budget(budget.path).take(sum(fixed))
    words = [x.path for _, x in leaves if x.physical_type == "BYTE_ARRAY" and x.logical_type.type != "DECIMAL"]
    file = pq.ParquetFile(pa.BufferReader(raw), read_dictionary=words)
    for batch in file.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
        yield make_rows(batch, budget)


def read_stream_rows(path: Path, columns: Collection[str], budget: Budget) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield the rows of a file with a stream of Arrow in batches, with these columns only; raises as for Parquet."""
    import pyarrow as pa

    with pa.OSFile(str(path)) as source:
        sizes = [_measure_message(message) for message in pa.ipc.MessageReader.open_stream(source)]
    check_unpacked_size(sum(size for _, size in sizes))
    Budget(budget.path).take(OBJECT_BYTES * sum(count for count, _ in sizes))
    with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as stream:
        for batch in stream:
            names = [name for name in batch.schema.names if name in columns]
            yield make_rows(batch.select(names), budget)


def check_unpacked_size(size: int) -> None:
    """Raise ValueError where a part of a file unpacks to too many bytes."""
    if size > MAX_FILE_BYTES:
        raise ValueError(f"unpacks to more than {MAX_FILE_BYTES >> 20} MB; {describe_way_out()}")


def make_rows(batch: Any, budget: Budget) -> Iterator[dict[str, Any]]:
    """Return the rows of a batch. Raises InputError where they take too much memory, ArrowInvalid where broken."""
    batch.validate(full=True)
    budget.take(OBJECT_BYTES * batch.num_rows + sum(map(measure, batch.columns)))
    size = max(1, BATCH_ROWS // max(1, batch.num_columns))
    return (row for at in range(0, batch.num_rows, size) for row in batch.slice(at, size).to_pylist())


def measure(array: Any) -> int:
    """Return about how many bytes the values of an Arrow array take as Python objects.

    Raises ValueError for types in which values may overlap, and of which no format here makes use.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, count = array.type, len(array)
    if isinstance(kind, pa.BaseExtensionType):
        return measure(array.storage)
    if pa.types.is_dictionary(kind):
        if len(array.dictionary) == 0:
            return VALUE_BYTES * count
        sizes = _measure_each(array.dictionary)
        return int(sizes[pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False)].sum())
    if pa.types.is_run_end_encoded(kind):
        ends = np.minimum(array.run_ends.to_numpy() - array.offset, count).clip(0)
        return int((np.diff(ends, prepend=0) * _measure_each(array.values)).sum())
    if _is_words(kind):
        return int(VALUE_BYTES * count + _measure_words(array).sum())
    if pa.types.is_struct(kind):
        return OBJECT_BYTES * count + sum(map(measure, array.flatten()))
    if pa.types.is_fixed_size_list(kind):
        return LIST_BYTES * count + measure(array.values.slice(array.offset * kind.list_size, count * kind.list_size))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        pairs = LIST_BYTES * (last - first) if pa.types.is_map(kind) else 0
        parts = (array.keys, array.items) if pa.types.is_map(kind) else (array.values,)
        return LIST_BYTES * count + pairs + sum(measure(part.slice(first, last - first)) for part in parts)
    if pa.types.is_fixed_size_binary(kind):
        return int((VALUE_BYTES + kind.byte_width) * count)
    if not _is_plain(kind):
        raise ValueError(f"has values of the Arrow type {kind}, which is not read")
    return VALUE_BYTES * count


def _measure_each(array: Any) -> Any:
    """Return about how many bytes each value of an array takes."""
    if _is_words(array.type):
        return VALUE_BYTES + _measure_words(array)
    if _is_plain(array.type):
        return np.full(len(array), VALUE_BYTES)
    return np.array([measure(array.slice(i, 1)) for i in range(len(array))])


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_primitive(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind))


def _is_words(kind: Any) -> bool:
    """Return whether the values of a type are strings or bytes of any length."""
    import pyarrow as pa

    types = pa.types
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
        or types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
    )  # fmt: skip


def _measure_words(array: Any) -> Any:
    """Return the number of bytes of each string of an array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string_view(array.type) or pa.types.is_binary_view(array.type):
        # A view begins with the length, in 4 of its 16 bytes.
        views = np.frombuffer(array.buffers()[1], np.int32).reshape(-1, 4)
        return views[array.offset : array.offset + len(array), 0].astype(np.int64)
    return pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)


# -- the metadata of a stream ------------------------------------------------------------------------------------------


def _measure_message(message: Any) -> tuple[int, int]:
    """Return how many rows a message of an Arrow stream has, and how many bytes its buffers have, uncompressed."""
    table = _Table.of_root(message.metadata.to_pybytes())
    kind, header = table.read_byte(1), table.read_table(2)
    if header is None or kind not in (_RECORD_BATCH, _DICTIONARY_BATCH):
        return 0, 0
    batch = header.read_table(1) if kind == _DICTIONARY_BATCH else header
    if batch is None:
        return 0, 0
    rows = batch.read_long(0) if kind == _RECORD_BATCH else 0
    if batch.read_table(3) is None:  # no compression
        return rows, int(message.body.size) if message.body is not None else 0
    body = memoryview(message.body)
    sizes = (struct.unpack_from("<q", body, at)[0] for at, length in batch.read_pairs(2) if length)
    # A buffer begins with its uncompressed size, or -1 where it is stored as it is.
    return rows, len(body) + sum(int(size) for size in sizes if size > 0)


class _Table:
    """A table of a FlatBuffer, the form of an Arrow stream's metadata, whose parts are read by their numbers."""

    def __init__(self, data: bytes, at: int):
        self._data, self._at = data, at
        self._fields = at - struct.unpack_from("<i", data, at)[0]

    @classmethod
    def of_root(cls, data: bytes) -> _Table:
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def _find(self, number: int) -> int:
        """Return the place of a part; 0 where the table does not have it."""
        (size,) = struct.unpack_from("<H", self._data, self._fields)
        at = 4 + 2 * number
        offset = struct.unpack_from("<H", self._data, self._fields + at)[0] if at < size else 0
        return self._at + int(offset) if offset else 0

    def read_byte(self, number: int) -> int:
        at = self._find(number)
        return int(self._data[at]) if at else 0

    def read_long(self, number: int) -> int:
        at = self._find(number)
        return int(struct.unpack_from("<q", self._data, at)[0]) if at else 0

    def read_table(self, number: int) -> _Table | None:
        at = self._find(number)
        return _Table(self._data, at + struct.unpack_from("<I", self._data, at)[0]) if at else None

    def read_pairs(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield the pairs of integers in a vector of them."""
        at = self._find(number)
        if at:
            at += struct.unpack_from("<I", self._data, at)[0]
            (count,) = struct.unpack_from("<I", self._data, at)
            yield from struct.iter_unpack("<qq", self._data[at + 4 : at + 4 + 16 * count])
