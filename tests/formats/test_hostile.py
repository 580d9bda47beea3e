"""Hostile files: endless lines, bombs, control characters and markup; refused, in bounded memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest

from tests.support.effort import AT_LENGTH
from tests.support.processes import run_python
from tests.support.two_articles import read_predictions
from vostochny.errors import InputError
from vostochny.formats import jsonl, limits, registry


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(b'{"doc_id": "one", "entities": [')
        file.truncate(1 << 30)  # a gigabyte of NUL bytes, none of them on the disk
    whole = {
        "longer than 64 MB": (
            lambda: read_predictions(path, "jsonl"),
            lambda: list(jsonl.read_blocks(str(path), 1 << 20)),
        ),
        "larger than 256 MB": (lambda: read_predictions(path, "json"),),
    }
    # Counted by the interpreter: the process's own peak never falls, and another test may have been higher before.
    tracemalloc.start()
    try:
        for message, acts in whole.items():
            for act in acts:
                with pytest.raises(InputError, match=f"is {message}"):
                    act()
        assert tracemalloc.get_traced_memory()[1] < 600 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("lines", [True, False])
def test_a_gzip_bomb_is_refused(lines, tmp_path):
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(300):
            file.write((b" " * 1023 + b"\n" if lines else b" " * 1024) * 1024)
    assert path.stat().st_size < 1 << 20
    for name in ("jsonl", "json", "conll", "spacy"):
        with pytest.raises(InputError, match=r"unpacks to more than|is longer than"):
            read_predictions(path, name)


def test_a_spacy_bomb_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.spacy"
    path.write_bytes(zlib.compress(b"\xdb\0\x30\0\0" + b"\0" * (3 << 20)))
    module = registry.load_format("spacy")
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 1 << 20)
    with pytest.raises(InputError, match="unpacks to more than"):
        read_predictions(path, "spacy")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "\\ud83d"}]}', "lone surrogate"),
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "P\\u0000R"}]}', "do not print"),
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "\\u001b[2J"}]}', "do not print"),
        (b'{"doc_id": "one", "entities": [{"start": 0, "end": 99999999999999999999, "type": "PER"}]}', "too large"),
        (b'{"doc_id": "one", "text": "Another text"}', "text: differs from the article at character 0"),
        (b'{"doc_id": "one"}\x00', "is not JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_hostile_lines(line, message, tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(line)
    with pytest.raises(InputError, match=message):
        read_predictions(path, unknown="ignore")


def test_names_with_markup_are_names(tmp_path):
    path = tmp_path / "p.jsonl"
    row = {"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "<b>PER</b>"}]}
    path.write_text(json.dumps(row))
    assert read_predictions(path, unknown="wrong")["one"].entities[0].type == "<b>PER</b>"


def test_limits_are_what_they_say():
    assert (limits.MAX_LINE_BYTES, limits.MAX_FILE_BYTES) == (64 << 20, 256 << 20)


BROKEN_FOOTERS = """
import io, sys
import pyarrow as pa, pyarrow.parquet as pq
from vostochny.formats.arrow_batches import read_parquet_rows
from vostochny.formats.limits import Budget

rows = [{"doc_id": "a", "text": "Bob met Eve.", "entities": [{"start": 0, "end": 3, "type": "PER"}]}] * 3
file = io.BytesIO()
pq.write_table(pa.Table.from_pylist(rows), file)
raw = file.getvalue()
step, read = int(sys.argv[1]), 0
for place in range(len(raw) - 8 - int.from_bytes(raw[-8:-4], "little"), len(raw) - 8, step):
    for change in (1, 2, 255 - raw[place]):
        broken = bytearray(raw)
        broken[place] = (raw[place] + change) % 256
        try:
            for batch in read_parquet_rows(bytes(broken), ("doc_id", "text", "entities"), Budget("f")):
                list(batch)
            read += 1
        except Exception:
            continue
print(read)
"""


def test_no_broken_footer_of_parquet_ends_the_process() -> None:
    """Arrow ends it where a column's statistics do not fit its type and its metadata is asked for."""
    done = run_python("-c", BROKEN_FOOTERS, "1" if AT_LENGTH else "5")
    assert (done.returncode, done.stderr) == (0, "") and int(done.stdout) > 100
