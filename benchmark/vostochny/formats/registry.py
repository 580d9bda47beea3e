"""Which formats there are, which one a file is, and the one way to read gold, predictions and write either.

Each format is a module with ``read(path, reading)``, which yields a Record a document, and mostly ``write(path,
documents, lost, with_text)``, which counts in ``lost`` what it cannot say. A plug-in is an entry point of the group
``vostochny.formats`` that names such a module (or any object) under the format's name; with ``detect(path, head)`` it
is asked about files that no format here knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from vostochny.errors import EmptyFileError, InputError, Problem, UnreadableFileError
from vostochny.formats import files, jsonl, shards
from vostochny.formats.reader import Reading, Record
from vostochny.model import Document
from vostochny.ontology import Ontology, View

ENTRY_POINT_GROUP = "vostochny.formats"
# Name → its module in this package, imported when used: some bring a library that is slow to import.
MODULES = {
    "jsonl": "jsonl",
    "json": "json_list",
    "label-studio": "label_studio.exports",
    "brat": "brat",
    "conll": "conll",
    "spacy": "spacy_docs",
    "spacy-json": "spacy_json",
    "huggingface": "pipeline_output",
    "gliner": "gliner_output",
    "dataset": "saved_dataset",
    "parquet": "parquet",
    "tagged": "tagged_rows",
}
# The ending of a file to write, where no format is named.
FORMAT_OF_ENDING = {
    ".jsonl": "jsonl", ".json": "json", ".conll": "conll", ".iob2": "conll", ".iob": "conll", ".tsv": "conll",
    ".spacy": "spacy", ".parquet": "parquet",
}  # fmt: skip


def format_names() -> tuple[str, ...]:
    """The formats of this package and those of plug-ins."""
    return (*MODULES, *(p.name for p in _find_plugins() if p.name not in MODULES))


def _find_plugins() -> Iterator[Any]:
    from importlib.metadata import entry_points

    yield from entry_points(group=ENTRY_POINT_GROUP)


def load_format(name: str, option: str = "--format") -> Any:
    """The module of a format. Raises InputError that names the formats where there is none."""
    if name in MODULES:
        return import_module(f"vostochny.formats.{MODULES[name]}")
    for plugin in _find_plugins():
        if plugin.name == name:
            try:
                return plugin.load()
            except Exception as e:  # a plug-in may fail in any way
                raise InputError([Problem(option, None, None, f"the plug-in {plugin.value} fails: {e}")]) from None
    raise InputError([Problem(option, None, None, f"{name!r} is none of {', '.join(format_names())}")])


def detect(path: str) -> str:
    """The format of a file or folder by its content. What is none is ``jsonl``, whose reader says what is wrong.

    Raises InputError where a text is of no format that is known.
    """
    if path != "-" and Path(path).is_dir():
        return _detect_folder(Path(path))
    try:
        head = files.read_head(path)
    except (OSError, UnreadableFileError):
        return "jsonl"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:2] in (b"x\x9c", b"x\x01", b"x\xda", b"x^") and b"\0" in head:
        return "spacy"
    if start[:1] in (b"{", b"["):
        return _detect_json(path, head, start)
    if re.match(rb"(?:[TEAMRN#]\d+|\*)\t\S", start) or path.endswith(".ann"):
        return "brat"
    if start and b"\0" not in head and _has_tags(start):
        return "conll"
    for plugin in _find_plugins() if start else ():
        claims = None if plugin.name in MODULES else getattr(load_format(plugin.name), "detect", None)
        if claims and claims(path, head):
            return str(plugin.name)
    if start:
        known = ", ".join(format_names())
        shown = start[:20].decode("utf-8", "replace")
        raise InputError(
            [Problem(path, None, None, f"begins with {shown!r}, which is no format of {known}; see --format")]
        )
    return "jsonl"


def _detect_folder(path: Path) -> str:
    if (path / "dataset_info.json").is_file() or (path / "dataset_dict.json").is_file():
        return "dataset"
    if any(path.glob("*.ann")):
        return "brat"
    if any(path.glob("*.json")):
        return "label-studio"
    return "jsonl"


def _has_tags(start: bytes) -> bool:
    lines = [x.split() for x in start.split(b"\n")[:60] if x.strip()]
    if lines and (lines[0][0] == b"-DOCSTART-" or re.match(rb"#\s*(newdoc|doc_id|begin)", b" ".join(lines[0]))):
        return True
    tags = [x for x in lines if len(x) > 1 and re.fullmatch(rb"O|[BIESLUMW]-\S+", x[-1])]
    return bool(tags) and 2 * len(tags) >= len(lines)


def _detect_json(path: str, head: bytes, start: bytes) -> str:
    """The format of JSON by its first value: a line, or else the whole file."""
    first, newline, _ = start.partition(b"\n")
    # The plain case is told by a look, which spares it the other formats' modules.
    ours = re.match(rb'\{"doc_id": ?"[^"]*", ?"(?:title|text|entities|events|quotes)":', start)
    if ours and not re.search(rb'"(?:entity_group|entity|label|ents|spans|ner_tags|tags)":', first):
        return "jsonl"
    value: Any = None
    lines = bool(newline) or len(head) < 1 << 16
    try:
        value = orjson.loads(first)
    except orjson.JSONDecodeError:
        if path == "-":
            return "jsonl"
        lines = False
        try:
            value = orjson.loads(files.read_bytes(path).removeprefix(b"\xef\xbb\xbf"))
        except (orjson.JSONDecodeError, InputError):
            # Broken: what it would be tells who should say so.
            looks = re.search(rb'"annotations"\s*:', head) and re.search(rb'"data"\s*:', head)
            return "label-studio" if looks else "jsonl"
    return _detect_value(value, 0) or ("jsonl" if lines or not isinstance(value, dict | list) else "json")


def _detect_value(value: Any, depth: int) -> str | None:
    """The format that a JSON value is of; None for a prediction row and for what is no format's."""
    from vostochny.formats import gliner_output, pipeline_output, spacy_json, tables
    from vostochny.formats.label_studio.regions import is_task

    if is_task(value):
        return "label-studio"
    if isinstance(value, list):
        if spacy_json.is_output(value):
            return "spacy-json"
        first = next((x for x in value[:100] if x not in ([], {}, None)), None)
        if pipeline_output.is_item(first):
            return "huggingface"
        if gliner_output.is_item(first) and isinstance(first, dict) and "ents" not in first:
            return "gliner"
        inner = _detect_value(first, depth + 1) if depth < 3 and isinstance(first, list | dict) else None
        return inner or ("json" if isinstance(first, dict) and depth == 0 else None)
    if not isinstance(value, dict):
        return None
    if "tokens" in value and any(key in value for key in tables.TAG_KEYS):
        return "tagged"
    if spacy_json.is_output(value):
        return "spacy-json"
    items = next((value[key] for key in pipeline_output.ITEM_KEYS if value.get(key)), None)
    if isinstance(items, dict) and "doc_id" in value and "entities" in value:
        return "gliner"
    if isinstance(items, dict) and all(isinstance(x, list) for x in items.values()):
        return "gliner"
    first = next((x for x in items if isinstance(x, dict)), None) if isinstance(items, list) else None
    if first is not None:
        return "huggingface" if pipeline_output.is_item(first) else "gliner" if gliner_output.is_item(first) else None
    if depth == 0 and value and all(isinstance(x, list | dict) for x in value.values()) and not _has_row_keys(value):
        inner = next((x for x in value.values() if x), None)
        return _detect_value(inner, 1) or ("json" if isinstance(inner, dict) and _has_row_keys(inner) else None)
    return None


def _has_row_keys(value: dict[str, Any]) -> bool:
    return any(key in value for key in ("doc_id", "entities", "events", "quotes"))


def resolve_paths(addresses: str | Sequence[str]) -> tuple[str, ...]:
    """The files that addresses stand for (formats.shards), or the folders that are one thing in their format.

    Raises InputError where a pattern has no file.
    """
    out: list[str] = []
    for address in [addresses] if isinstance(addresses, str) else addresses:
        whole = address != "-" and Path(address).is_dir() and _detect_folder(Path(address)) != "jsonl"
        out += [address] if whole else shards.find_files([address])
    return tuple(dict.fromkeys(out))


def _read_records(
    addresses: str | Sequence[str], reading: Reading, name: str | None, option: str = "--format"
) -> Iterator[Record]:
    """What is read at addresses, all in one format: the one named, or that of the first file."""
    paths = resolve_paths(addresses)
    module = load_format(name or detect(paths[0]), option)
    for path in paths:
        with contextlib.suppress(*([EmptyFileError] if len(paths) > 1 else [])):
            yield from module.read(path, reading)


def read_gold(
    addresses: str | Sequence[str], ontology: Ontology, name: str | None = None
) -> tuple[list[Document], Reading]:
    """The documents of a gold in any format and label set; the reading has its notes, and its types added."""
    reading = Reading(ontology)
    return reading.read_gold(_read_records(addresses, reading, name, "--gold-format"), own_types=True), reading


def read_predictions(
    addresses: str | Sequence[str],
    gold: list[Document],
    ontology: Ontology,
    unknown: str = "error",
    view: View | None = None,
    offsets: str | None = None,
    name: str | None = None,
) -> tuple[dict[str, Document], Reading]:
    """Predictions in any format by doc_id, as :func:`jsonl.read_predictions` has them; the reading has the notes."""
    reading = Reading(ontology, {d.doc_id: d for d in gold})
    return reading.read_predictions(_read_records(addresses, reading, name), unknown, view, offsets), reading


def hash_content(addresses: str | Sequence[str]) -> str:
    """What a signature calls a gold of one's own: by its files' content, of JSON Lines by that of its lines."""
    paths = resolve_paths(addresses)
    if detect(paths[0]) == "jsonl":
        blocks = (data for path in paths for data in jsonl.read_blocks(path, 1 << 20, may_be_empty=True))
        return jsonl.format_hash(sum(map(jsonl.sum_line_hashes, blocks)))
    digest = hashlib.sha256()
    for path in map(Path, paths):
        for file in sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]:
            digest.update((file.name.encode() + b"\0" if path.is_dir() else b"") + file.read_bytes())
    return digest.hexdigest()[:12]
