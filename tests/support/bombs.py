"""Files that are small and stand for very much, made by the libraries that write such files."""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

NUMBER = 30_000_000
UNPACKED_BYTES = 63 << 20  # below the size from which on gzip is refused by its ratio
WORD = "x" * 3_000_000


def _write_dataset(path: Path, make_table: Callable[[Any], Any], **options: Any) -> None:
    import pyarrow as pa

    table = make_table(pa)
    path.mkdir()
    stream = path / "data-00000-of-00001.arrow"
    compression = pa.ipc.IpcWriteOptions(**options)
    with pa.OSFile(str(stream), "wb") as sink, pa.ipc.new_stream(sink, table.schema, options=compression) as writer:
        writer.write_table(table)
    (path / "state.json").write_text(json.dumps({"_data_files": [{"filename": stream.name}]}))
    (path / "dataset_info.json").write_text("{}")


def _write_parquet(path: Path, make_table: Callable[[Any], Any], **options: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(make_table(pa), path, **options)


def _save_to_disk(path: Path) -> None:
    import datasets
    import pyarrow as pa

    datasets.disable_progress_bars()
    datasets.Dataset(pa.table({"doc_id": pa.nulls(NUMBER)})).save_to_disk(path)


def _make_dictionary(pa: Any, number: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array([0] * number, pa.int32()), pa.array([WORD]))


def _make_views(pa: Any) -> Any:
    """Return three thousand strings, all of them the same megabyte."""
    import numpy as np

    views = np.zeros((3000, 4), np.int32)
    views[:, 0] = 1 << 20
    views[:, 1] = int.from_bytes(b"xxxx", "little")
    buffers = [None, pa.py_buffer(views.tobytes()), pa.py_buffer(b"x" * (1 << 20))]
    return pa.table({"text": pa.Array.from_buffers(pa.string_view(), 3000, buffers)})


def _nest(pa: Any) -> Any:
    items = pa.StructArray.from_arrays([pa.array([WORD] * 500 + ["y"] * 500)], ["type"])
    return pa.table({"entities": pa.ListArray.from_arrays(pa.array([0, 1000], pa.int32()), items)})


def _write_docbin(path: Path, change: Callable[[Any, int], dict[str, Any]]) -> None:
    """Write a DocBin of spaCy, of which some parts are changed."""
    import spacy
    import srsly
    from spacy.tokens import Doc, DocBin

    vocab = spacy.blank("xx").vocab
    box = DocBin(attrs=["ORTH"], docs=[Doc(vocab, words=["Putin", "said", "."])], store_user_data=True)
    parts = srsly.msgpack_loads(zlib.decompress(box.to_bytes()))
    path.write_bytes(zlib.compress(srsly.msgpack_dumps(parts | change(parts, vocab.strings.add("said"))), 9))


def _repeat_token(parts: Any, word: int) -> dict[str, Any]:
    import numpy as np

    number = 20_000_000
    lengths, spaces = np.array([number], np.int32), np.zeros(number, bool)
    tokens = np.full(number, word, np.uint64)
    return {"tokens": tokens.tobytes(), "lengths": lengths.tobytes(), "spaces": spaces.tobytes()}


def _repeat_word(parts: Any, word: int) -> dict[str, Any]:
    import numpy as np
    from spacy.strings import hash_string

    tokens = np.full(2000, hash_string(WORD), np.uint64)
    lengths, spaces = np.array([2000], np.int32), np.zeros(2000, bool)
    return {"strings": [*parts["strings"], WORD], "tokens": tokens.tobytes(), "lengths": lengths.tobytes(),
            "spaces": spaces.tobytes()}  # fmt: skip


def _pack(path: Path, unit: bytes, before: bytes = b"", after: bytes = b"", size: int = UNPACKED_BYTES) -> None:
    with gzip.open(path, "wb") as file:
        file.write(before)
        for _ in range(16):
            file.write(unit * (size // len(unit) // 16))
        file.write(after)


def _write_tasks(path: Path) -> None:
    before = b'[{"data": {"text": "a", "doc_id": "a"}, "annotations": [{"result": ['
    _pack(path, b"{},", before, b"{}]}]}]")


def _write_brat(path: Path) -> None:
    """Write a folder whose annotations are packed."""
    path.mkdir()
    (path / "bomb.txt").write_text("a")
    _pack(path / "bomb.ann", b"E1\tA:T1\n" * 1000)


def _write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.json", b"[" + b"[]," * (UNPACKED_BYTES // 3) + b"[]]")


# Name, which is that of the file or folder, → what writes it.
BOMBS: dict[str, Callable[[Path], None]] = {
    "nulls": lambda p: _write_dataset(p, lambda pa: pa.table({"doc_id": pa.nulls(NUMBER)})),
    "nulls.parquet": lambda p: _write_parquet(p, lambda pa: pa.table({"doc_id": pa.nulls(NUMBER)})),
    "word.parquet": lambda p: _write_parquet(p, lambda pa: pa.table({"doc_id": _make_dictionary(pa, 1000)})),
    "lists.jsonl.gz": lambda p: _pack(p, b"{},", b'{"doc_id": "000", "entities": [', b"{}]}\n"),
    "tokens.spacy": lambda p: _write_docbin(p, _repeat_token),
    "tokens.conll.gz": lambda p: _pack(p, b"a O\n"),
    "mentions.conll.gz": lambda p: _pack(p, b"a (1)\n"),
    "lists.json.gz": lambda p: _pack(p, b"[],", b"[", b"[]]"),
    "saved": _save_to_disk,
    "empty objects": lambda p: _write_dataset(
        p, lambda pa: pa.table({"entities": pa.StructArray.from_buffers(pa.struct([]), NUMBER, [None])})
    ),
    "one list": lambda p: _write_dataset(
        p, lambda pa: pa.table({"entities": pa.FixedSizeListArray.from_arrays(pa.nulls(NUMBER), NUMBER)})
    ),
    "run": lambda p: _write_dataset(
        p,
        lambda pa: pa.table(
            {"doc_id": pa.RunEndEncodedArray.from_arrays(pa.array([NUMBER], pa.int32()), pa.array(["x" * 1000]))}
        ),
    ),
    "dictionary": lambda p: _write_dataset(p, lambda pa: pa.table({"doc_id": _make_dictionary(pa, 1000)})),
    "views": lambda p: _write_dataset(p, _make_views),
    "list views": lambda p: _write_dataset(
        p,
        lambda pa: pa.table({
            "tokens": pa.ListViewArray.from_arrays(
                pa.array([0] * 10_000, pa.int32()), pa.array([10_000] * 10_000, pa.int32()), pa.array(["a"] * 10_000)
            )
        }),
    ),
    "zstd": lambda p: _write_dataset(
        p, lambda pa: pa.table({"text": pa.array(["x" * (10 << 20)] * 100)}), compression="zstd"
    ),
    "lz4": lambda p: _write_dataset(
        p, lambda pa: pa.table({"text": pa.array(["x" * (10 << 20)] * 100)}), compression="lz4"
    ),
    "run.parquet": lambda p: _write_parquet(
        p, lambda pa: pa.table({"doc_id": pa.array(["x"] * NUMBER)}), compression="zstd"
    ),
    "nested.parquet": lambda p: _write_parquet(p, _nest, compression="zstd"),
    "list.parquet": lambda p: _write_parquet(
        p,
        lambda pa: pa.table(
            {"entities": pa.ListArray.from_arrays(pa.array([0, NUMBER], pa.int32()), pa.nulls(NUMBER, pa.int32()))}
        ),
    ),
    "bytes.parquet": lambda p: _write_parquet(
        p, lambda pa: pa.table({"text": pa.array([b"x" * 1_000_000] * 1200, pa.binary(1_000_000))}), compression="zstd"
    ),
    "zstd.parquet": lambda p: _write_parquet(
        p, lambda pa: pa.table({"text": pa.array([WORD] * 100)}), compression="zstd", use_dictionary=False
    ),
    "objects.json.gz": lambda p: _pack(p, b'{"a":0},', b"[", b"{}]"),
    "blank.json.gz": lambda p: _pack(p, b"\n", b"{}"),
    "deep.json.gz": lambda p: _pack(p, b'{"a":'),
    "lines.conll.gz": lambda p: _pack(p, b"\n", b"# doc_id = a\na O\n"),
    "tasks.json.gz": _write_tasks,
    "brat": _write_brat,
    "words.spacy": lambda p: _write_docbin(p, _repeat_word),
    "cats.spacy": lambda p: _write_docbin(p, lambda parts, word: {"cats": [{}] * 30_000_000}),
    "user.spacy": lambda p: _write_docbin(p, lambda parts, word: {"user_data": [b"\x80" * NUMBER]}),
    "strings.spacy": lambda p: _write_docbin(p, lambda parts, word: {"strings": [""] * NUMBER}),
    "archive.zip": _write_zip,
}  # fmt: skip


def write_bomb(name: str, folder: Path) -> str:
    """Write a bomb into a folder and return the path, or the address, that a command is given."""
    path = folder / name
    BOMBS[name](path)
    return f"zip://p.json::{path}" if path.suffix == ".zip" else str(path)
