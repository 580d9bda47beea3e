"""Read and write tables: Parquet files, folders of ``datasets`` (``save_to_disk``), tagged sentences as JSON Lines.

A row is a prediction (``doc_id`` and layers, as in JSON Lines) or a tagged sentence. A tagged sentence has ``tokens``,
``ner_tags`` (or another of TAG_KEYS) and optionally ``token_offsets``. Tags are names, or numbers whose names the
table's features have (a ClassLabel). Sentences with the same ``doc_id`` are one document.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem, list_names
from vostochny.formats import arrow_batches, bigbio, jsonl
from vostochny.formats.files import read_bytes, replace_folder, write_bytes
from vostochny.formats.limits import MAX_FILE_BYTES, Budget, describe_way_out
from vostochny.formats.own_files import describe_own_file
from vostochny.formats.prediction import KEYS, describe_kind
from vostochny.formats.reader import Reading, Record
from vostochny.formats.rows import to_record, to_row
from vostochny.formats.tag_columns import parse_choice
from vostochny.formats.tokens import TaggedDocument, TaggedFile, TaggedSentence, make_records
from vostochny.model import LAYERS, Document, Span
from vostochny.schema.records import SEGMENTATION, DocumentRecord, Field, list_aliases, list_columns
from vostochny.system import temporary

TAG_KEYS = ("ner_tags", "tags", "labels", "ner")
ALIASES = list_aliases(DocumentRecord)
# The columns that are read, beside those that the user names.
COLUMNS = KEYS | ALIASES.keys() | {"tokens", "token_offsets", *TAG_KEYS} | bigbio.KEYS
NumberedRow = tuple[int | None, dict[str, Any]]  # with its line, None where the format has none


def read_parquet(path: str, reading: Reading) -> Iterator[Record]:
    """Yield the records of a Parquet file. Raises InputError if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = read_bytes(path)
    with _explain_errors(path, "as Parquet"):
        schema = pq.read_schema(pa.BufferReader(raw))
        names = _read_label_names((schema.metadata or {}).get(b"huggingface", b"{}"))
        batches = arrow_batches.read_parquet_rows(raw, _list_columns(reading), Budget(path))
    yield from read_rows(path, reading, _number_rows(path, batches, "as Parquet"), names, schema.names)


def read_dataset(path: str, reading: Reading) -> Iterator[Record]:
    """Yield the records of a folder that ``save_to_disk`` wrote; of several splits, of ``test``. Raises InputError."""
    import pyarrow as pa

    folder = Path(path)
    with _explain_errors(path, "as a datasets folder"):
        if (folder / "dataset_dict.json").is_file():
            splits = json.loads(read_bytes(str(folder / "dataset_dict.json")))["splits"]
            if "test" not in splits and len(splits) != 1:
                raise ValueError(f"has the splits {', '.join(splits)}; give the folder of one")
            if len(splits) > 1:
                reading.add_note(f"of the splits {', '.join(splits)}, test was read")
            folder /= "test" if "test" in splits else splits[0]
        state = json.loads(read_bytes(str(folder / "state.json")))
        files = [folder / Path(f["filename"]).name for f in state["_data_files"]]
        if sum(f.stat().st_size for f in files) > MAX_FILE_BYTES:
            raise ValueError(f"is larger than {MAX_FILE_BYTES >> 20} MB; {describe_way_out()}")
        columns: set[str] = set()
        for file in files:
            with pa.OSFile(str(file)) as source:
                columns.update(pa.ipc.read_schema(source).names)
        names = _read_label_names(read_bytes(str(folder / "dataset_info.json")))
    budget = Budget(path)
    read = _list_columns(reading)
    batches = (batch for file in files for batch in arrow_batches.read_stream_rows(file, read, budget))
    yield from read_rows(path, reading, _number_rows(path, batches, "as a datasets folder"), names, columns)


def _read_choice(reading: Reading) -> dict[str, str]:
    """Return the keys of token and tag that the user names; a number means a column of a text. Raises InputError."""
    choice = parse_choice(reading.columns, reading.names.columns) if reading.columns else {}
    return {role: key for role, key in choice.items() if not key[0].isdigit()}


def _list_columns(reading: Reading) -> frozenset[str]:
    """Return the columns that are read."""
    return COLUMNS | frozenset(_read_choice(reading).values())


@contextlib.contextmanager
def _explain_errors(path: str, what: str) -> Iterator[None]:
    """Turn whatever Arrow raises on broken input, which is of many kinds, into an InputError."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as e:
        raise InputError([Problem(path, None, None, f"cannot be read {what}: {_shorten_error(e)}")]) from None


def _number_rows(path: str, batches: Iterator[Iterator[dict[str, Any]]], what: str) -> Iterator[NumberedRow]:
    """Yield the rows of batches, in which rows have no lines. Raises InputError where they cannot be read."""
    with _explain_errors(path, what):
        # What is raised where the rows are used is not raised in here.
        for batch in batches:
            for row in batch:
                yield None, row


def read_tokens(path: str, reading: Reading) -> Iterator[Record]:
    """Yield the records of tagged sentences in a JSON Lines file. Raises InputError if it cannot be read."""

    def rows() -> Iterator[NumberedRow]:
        for number, line in jsonl.read_lines(path):
            row, problems = jsonl.parse_row(path, number, line)
            reading.problems += problems
            if row is not None:
                yield number, row

    yield from read_rows(path, reading, rows(), {})


def read_rows(
    path: str,
    reading: Reading,
    rows: Iterable[NumberedRow],
    names: dict[str, list[str]],
    columns: Collection[str] = (),
) -> Iterator[Record]:
    """Yield the records of rows, with tagged sentences grouped into documents.

    Args:
        path: The file, for problems.
        reading: Receives problems, and a note of the columns that are not read.
        rows: The rows, each with its line (None if the format has no lines).
        names: Column → the names of its ClassLabel.
        columns: The columns of the file, of which the rows have those in COLUMNS; none where the rows have all.

    Raises InputError where the rows are not documents, but what the project writes for something else.
    """
    unread: set[str] = set()
    documents: dict[str | None, TaggedDocument] = {}
    choice = _read_choice(reading)
    token_key = choice.get("token", "tokens")
    for number, (line, row) in enumerate(rows):
        own = None if number else describe_own_file(dict.fromkeys(columns or row))
        if own:
            raise InputError([Problem(path, line, None, own)])
        keys = [k for k in ([choice["tag"]] if "tag" in choice else TAG_KEYS) if isinstance(row.get(k), list)]
        has_layer = any(row.get(layer) for layer in LAYERS)
        if choice and not has_layer and not (keys and isinstance(row.get(token_key), list)):
            message = f"has no lists {token_key} and {choice.get('tag', ' or '.join(TAG_KEYS))}; name others with "
            reading.add_problem(path, line, f"[{number}]", f"{message}{reading.names.columns} token=KEY,tag=KEY")
        elif not keys and not has_layer and _is_list_of_words(row.get("tokens")):
            message = f"has tokens without tags; expected a list under {' or '.join(TAG_KEYS)}, or name its key with "
            reading.add_problem(path, line, f"[{number}]", f"{message}{reading.names.columns} tag=KEY")
        elif token_key in row and keys and not has_layer:
            if any(row[k] != row[keys[0]] for k in keys):
                message = f"has tags under {' and '.join(keys)}; name one with {reading.names.columns} tag={keys[0]}"
                reading.add_problem(path, line, f"[{number}]", message)
                continue
            unread.update({*(columns or row)} - {"doc_id", token_key, "token_offsets", *keys})
            doc_id = row.get("doc_id")
            if doc_id is not None and not isinstance(doc_id, str):
                message = f"is {describe_kind(doc_id)}; expected the document's id"
                reading.add_problem(path, line, f"[{number}].doc_id", message)
                continue
            row = {**row, "tokens": row[token_key]}
            sentence = _read_sentence(path, reading, line, f"[{number}]", row, keys[0], names.get(keys[0]))
            if sentence:
                documents.setdefault(doc_id, TaggedDocument(doc_id, line)).sentences.append(sentence)
        else:
            row = _name_labels(row, names, "")
            if bigbio.is_output(row):
                yield bigbio.make_record(path, line, row, reading)
                continue
            prediction = {k: v for k, v in row.items() if k in KEYS or (k in ALIASES and ALIASES[k] not in row)}
            unread.update(x for x in (columns or row) if x not in prediction)
            yield Record(path, line, prediction, ordered=True)
    if choice and not documents and not reading.problems:
        message = f"has no rows of tokens and tags, which {reading.names.columns} is for; leave the option out"
        reading.add_problem(path, None, None, message)
    if unread:
        reading.add_note(f"columns not read: {list_names(sorted(unread))}")
    if documents:
        yield from reading.gather(make_records, TaggedFile(path, list(documents.values())))


def _read_sentence(
    path: str, reading: Reading, line: int | None, where: str, row: dict[str, Any], key: str, names: list[str] | None
) -> TaggedSentence | None:
    """Return the tagged sentence of a row, or None and a problem; ``key`` is its column of tags."""
    tokens, tags = row["tokens"], row[key]
    offsets = row.get("token_offsets")
    if not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens) or len(tokens) != len(tags):
        reading.add_problem(path, line, f"{where}.tokens", f"expected a list of words, as many as {key}")
        return None
    written: list[str] = []
    for i, tag in enumerate(tags):
        is_number = isinstance(tag, int) and not isinstance(tag, bool) and names and 0 <= tag < len(names)
        text = names[tag] if is_number and names else tag
        if not isinstance(text, str):
            message = f"is {tag!r:.40}; expected O, B-TYPE or I-TYPE, or a number that the features give a name"
            reading.add_problem(path, line, f"{where}.{key}[{i}]", message)
            return None
        written.append(text)
    sentence = TaggedSentence(line, list(tokens), written, where=f"{where}.{key}")
    if offsets is not None:
        bounds = [(x.get("start"), x.get("end")) if isinstance(x, dict) else (None, None) for x in offsets or ()]
        is_right = all(type(a) is int and type(b) is int and 0 <= a <= b for a, b in bounds)
        if not is_right or len(bounds) != len(tokens):
            message = 'expected a list of {"start": …, "end": …}, as many as tokens'
            reading.add_problem(path, line, f"{where}.token_offsets", message)
            return None
        sentence.spans = [Span(a, b) for a, b in bounds if a is not None and b is not None]
    return sentence


def _is_list_of_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, str) for x in value)


def _read_label_names(info: bytes) -> dict[str, list[str]]:
    """Return column → names of its ClassLabel, from the features that ``datasets`` stores as JSON."""
    stored = json.loads(info)
    # dataset_info.json has the features at its top; the schema of a Parquet file has them under "info".
    return list_label_names(stored.get("features") or stored.get("info", {}).get("features") or {})


def list_label_names(features: dict[str, Any]) -> dict[str, list[str]]:
    """Return column → names of its ClassLabel, from the features of ``datasets`` as plain objects.

    A ClassLabel inside a column has the keys on the way to it: ``entities.type``.
    """
    out: dict[str, list[str]] = {}

    def walk(feature: Any, at: str) -> None:
        if isinstance(feature, list):  # a list of objects is written as a list with one of them
            for inner in feature[:1]:
                walk(inner, at)
        elif isinstance(feature, dict) and isinstance(feature.get("names"), list):
            out[at] = [str(name) for name in feature["names"]]
        elif isinstance(feature, dict):
            for key, inner in feature.items():
                walk(inner, at if key == "feature" else f"{at}.{key}" if at else key)

    walk(features, "")
    return out


def _name_labels(value: Any, names: dict[str, list[str]], at: str) -> Any:
    """Return a value in which the numbers of a ClassLabel inside it are its names; numbers without a name stay."""
    if not any(path.startswith(f"{at}.") or path == at or not at for path in names):
        return value
    if isinstance(value, dict):
        return {key: _name_labels(x, names, f"{at}.{key}" if at else key) for key, x in value.items()}
    if isinstance(value, list):
        return [_name_labels(x, names, at) for x in value]
    has_name = type(value) is int and at in names and 0 <= value < len(names[at])
    return names[at][value] if has_name else value


def _shorten_error(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _make_table(documents: Iterable[Document], with_text: bool) -> Any:
    """Return documents as an Arrow table; its schema is fixed, so that it does not depend on the rows."""
    import pyarrow as pa

    def make_type(field: Field) -> Any:
        simple = {"text": pa.string(), "flag": pa.bool_(), "integer": pa.int64(), "texts": pa.list_(pa.string())}
        if field.record is None:
            return simple[field.kind]
        struct = pa.struct([pa.field(f.name, make_type(f)) for f in list_columns(field.record)])
        return pa.list_(struct) if field.kind == "list" else struct

    texts = ("text", "zones", *SEGMENTATION) if with_text else ()
    columns = [f for f in list_columns(DocumentRecord) if f.name in ("doc_id", *texts, *LAYERS)]
    # A reference is an id or a span; a column has one type, so here it is always the span.
    rows = [to_row(to_record(d, with_text, references_as_spans=True)) for d in documents]
    return pa.Table.from_pylist(rows, schema=pa.schema([pa.field(f.name, make_type(f)) for f in columns]))


def write_parquet(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write one row per document; references are written as spans. Nothing is lost."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(_make_table(documents, with_text), sink)
    write_bytes(path, sink.getvalue().to_pybytes())


def write_dataset(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a folder that ``datasets.load_from_disk`` loads, one row per document. Nothing is lost."""
    temporary.choose_parent_for_libraries()
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    table = _make_table(documents, with_text)
    with replace_folder(path) as folder:
        Dataset(table).save_to_disk(folder)
