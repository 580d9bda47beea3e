"""The table of formats, and detection of a file's format by its content.

The package docstring (:mod:`vostochny.formats`) says how a format or a plug-in is added.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from vostochny import corpus
from vostochny.errors import InputError, Problem
from vostochny.formats import files, limits, shards, unrecognised
from vostochny.formats.decoder import JSON_ERRORS
from vostochny.formats.model_answers import list_predictions
from vostochny.formats.own_files import describe_own_file
from vostochny.model import LAYERS
from vostochny.schema.records import DocumentRecord, EntityRecord, list_aliases, list_fields

ENTRY_POINT_GROUP = "vostochny.formats"
# Format name → its module in this package. Imported on use, because some need a library that is slow to import.
MODULES = {
    "jsonl": "jsonl",
    "json": "json_list",
    "label-studio": "label_studio.exports",
    "brat": "brat",
    "conll": "conll",
    "brackets": "bracketed",
    "spacy": "spacy_docs",
    "spacy-json": "spacy_json",
    "huggingface": "pipeline_output",
    "gliner": "gliner_output",
    "dataset": "saved_dataset",
    "parquet": "parquet",
    "tagged": "tagged_rows",
    "webanno": "webanno_tsv",
    "doccano": "doccano",
    "langextract": "langextract",
    "bigbio": "bigbio",
}
# What the user may say of a side → the formats whose readers make use of it. Those of plug-ins may use all.
FORMATS_OF_OPTION = {
    "offsets": (
        "jsonl", "json", "label-studio", "brat", "spacy-json", "huggingface", "gliner", "dataset", "parquet", "doccano",
        "langextract", "bigbio",
    ),
    "annotator": ("label-studio", "spacy-json", "webanno"),
    "columns": ("conll", "tagged", "dataset", "parquet"),
}  # fmt: skip
# Brackets of clusters beside tokens: CorefUD's in MISC, CoNLL-2012's at the end of a line (formats.bracketed).
BRACKETS = re.compile(
    rb"(?m)^#\s*global\.Entity\s*=|^(?:[^\t\n]*\t){9}(?:[^\t\n]*\|)?Entity=\(|"
    rb"^(?!#)\S+[ \t]+\(\d+\)?(?:\|\(?\d+\)?)*[ \t\r]*$|"
    rb"^(?!#)\S+[ \t]+\d+[ \t]+\d+[ \t]+\S[^\n]*[ \t](?:-|\(\d+\)?(?:\|\(?\d+\)?)*)[ \t\r]*$"
)
# A token that begins like JSON, with its tag: a bracket, or what a tokenizer puts before a text ([CLS]).
_BRACKET_TOKEN = re.compile(rb"[\[{][^\s\"]*[\t ](?:[^\s\"]+[\t ]+)*(?:O|[BIESLUMW]-\S+)[\t ]*\r?\n")
# File ending → the format in which such a file is written, unless the user names another.
FORMAT_OF_ENDING = {
    ".jsonl": "jsonl", ".json": "json", ".conll": "conll", ".iob2": "conll", ".iob": "conll", ".tsv": "conll",
    ".spacy": "spacy", ".parquet": "parquet",
}  # fmt: skip


def format_names() -> tuple[str, ...]:
    """Return the names of the built-in formats, then those of plug-ins."""
    return (*MODULES, *(p.name for p in _find_plugins() if p.name not in MODULES))


def _find_plugins() -> Iterator[Any]:
    from importlib.metadata import entry_points

    yield from entry_points(group=ENTRY_POINT_GROUP)


def load_format(name: str, option: str = "--format") -> Any:
    """Return the module of a format; ``option`` is the option to name in a problem.

    Raises InputError if there is no such format, or if its plug-in cannot be imported.
    """
    if name in MODULES:
        return import_module(f"vostochny.formats.{MODULES[name]}")
    for plugin in _find_plugins():
        if plugin.name == name:
            try:
                return plugin.load()
            except Exception as e:  # a plug-in may fail in any way
                raise InputError(
                    [Problem(option, None, None, f"the plug-in {plugin.value} cannot be imported: {e}")]
                ) from None
    raise InputError([Problem(option, None, None, f"{name!r} is not one of {', '.join(format_names())}")])


def uses_option(name: str, option: str) -> bool:
    """Return whether the reader of a format makes use of an option of FORMATS_OF_OPTION."""
    return name in FORMATS_OF_OPTION[option] or name not in MODULES


def detect(path: str, option: str = "--format") -> str:
    """Return the format of a file or folder, recognised by its content; ``option`` names it, for problems.

    A file that is empty or cannot be read is taken for ``jsonl``, whose reader then reports what is wrong. Raises
    InputError if a text matches no known format.
    """
    if not files.is_standard_input(path) and Path(path).is_dir():
        return _detect_folder(Path(path))
    try:
        head = files.read_head(path)
    except OSError:
        return "jsonl"
    if unrecognised.is_utf16(head):
        raise _not_recognised(path, head, option)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:4] == b"PAR1":
        return "parquet"
    # A DocBin is a zlib stream, which begins with one of these four headers (one per compression level).
    if head[:2] in (b"x\x9c", b"x\x01", b"x\xda", b"x^") and b"\0" in head:
        return "spacy"
    is_json = start[:1] in (b"{", b"[") or _is_json_string(start)
    if is_json and not (_BRACKET_TOKEN.match(start) and _has_tags(start)):
        return _detect_json(path, head, start)
    if start.startswith(b"#FORMAT=WebAnno TSV"):
        return "webanno"
    if re.match(rb"(?:[TEAMRN#]\d+|\*)\t\S", start) or path.endswith(".ann"):
        return "brat"
    if start and b"\0" not in head and re.search(BRACKETS, start):
        return "brackets"
    if start and b"\0" not in head and _has_tags(start):
        return "conll"
    for plugin in _find_plugins() if start else ():
        claims = None if plugin.name in MODULES else getattr(load_format(plugin.name), "detect", None)
        if claims and claims(path, head):
            return str(plugin.name)
    if start:
        raise _not_recognised(path, head, option)
    return "jsonl"


def _is_json_string(start: bytes) -> bool:
    """Return whether a file begins with a line that is a string of JSON, a language model's answer perhaps."""
    with contextlib.suppress(*JSON_ERRORS):
        return start[:1] == b'"' and isinstance(msgspec.json.decode(start.split(b"\n", 1)[0]), str)
    return False


def _not_recognised(path: str, head: bytes, option: str) -> InputError:
    names = ", ".join(format_names())
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].decode("utf-8", "replace")
    what = unrecognised.describe(head) or f"format not recognised (begins with {beginning!r})"
    message = (
        f"{what}; expected one of {names}; name it with {option}; a line of JSON Lines looks like this: "
        f"{unrecognised.EXAMPLE_LINE}"
    )
    return InputError([Problem(path, None, None, message)])


def _detect_folder(path: Path) -> str:
    if (path / "dataset_info.json").is_file() or (path / "dataset_dict.json").is_file():
        return "dataset"
    if any(path.rglob("*.ann")):
        return "brat"
    if any(files.read_head(str(p)).startswith(b"#FORMAT=WebAnno TSV") for p in islice(path.rglob("*.tsv"), 1)):
        return "webanno"
    if any(not shards.is_beside_output(p.name) for p in path.glob("*.json")) or any(
        p.name.isdigit() and p.is_file() for p in path.iterdir()
    ):
        return "label-studio"
    return "jsonl"


def _has_tags(start: bytes) -> bool:
    """Return whether a text is CoNLL columns: it has a line of a document, or tags in at least half of its first lines.

    Numbered lines of ten columns are CoNLL-U, whose tags may be few.
    """
    lines = [x for x in start.split(b"\n")[:60] if x.strip()]
    if lines and re.match(rb"-DOCSTART-|#\s*(?:newdoc|doc_id|begin|sent_id\s*=|global\.columns|text\s*=)", lines[0]):
        return True
    tokens = [x for x in lines if not re.match(rb"#[^\t]*$", x)]
    tagged = [x for x in tokens if re.search(rb"[\t ](?:O|[BIESLUMW]-\S+)(?:[\t ]|\r?$)", x)]
    numbered = [x for x in tokens if re.match(rb"\d+(?:[-.]\d+)?\t(?:[^\t]*\t){8}", x)]
    return any(bool(x) and 2 * len(x) >= len(tokens) for x in (tagged, numbered))


def _detect_json(path: str, head: bytes, start: bytes) -> str:
    """Return the format of JSON: that of its first line if that is a complete value, else that of the whole file."""
    first_line, newline, _ = start.partition(b"\n")
    # Fast path: recognise our own JSON Lines without importing the other formats.
    is_ours = re.match(rb'\{"doc_id": ?"[^"]*", ?"(?:title|text|entities|events|quotes)":', start)
    if is_ours and not re.search(rb'"(?:entity_group|entity|label|ents|spans|ner_tags|tags)":', first_line):
        return "jsonl"
    value: Any = None
    one_per_line = bool(newline) or len(head) < 1 << 16
    try:
        value = msgspec.json.decode(first_line)
    except JSON_ERRORS as e:
        is_export = re.search(rb'"annotations"\s*:', head) and re.search(rb'"data"\s*:', head)
        whole_format = "label-studio" if is_export else "json"
        is_beginning = bool(newline) and _is_cut(e)
        try:
            one_per_line, value = _decode_beginning(path)
        except InputError:  # larger than what is read as a whole: the reader of what it is says so
            return whole_format if is_beginning else "jsonl"
        except JSON_ERRORS:
            # Broken JSON: choose the reader of what it was meant to be, for the better message.
            return "label-studio" if is_export else "jsonl"
        if value is None:
            return whole_format
    own = describe_own_file(value)
    if own:
        raise InputError([Problem(path, None, None, own)])
    by_line = one_per_line or not isinstance(value, dict | list)
    return _detect_value(value, 0) or ("jsonl" if by_line else "json")


def _is_cut(error: Exception) -> bool:
    """Return whether JSON could not be decoded because it ends too early: a value that goes on in the next line."""
    return "truncated" in str(error)


def _decode_beginning(path: str) -> tuple[bool, Any]:
    """Return whether a JSON file has one value per line, and its first value; None for one that is too much to decode.

    Raises InputError where the file is too large to be looked at, and what decoding raises where it is not JSON.
    """
    try:
        if files.is_stream(path):  # it can be read only once, so the reader must find it in memory
            if not isinstance(path, files.OpenPath):
                raise msgspec.DecodeError
            path.load()
        raw = files.read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    except InputError:
        if files.is_stream(path):
            raise
        with files.open_file(path) as file:
            line = file.readline(limits.MAX_LINE_BYTES).removeprefix(b"\xef\xbb\xbf")
        if not line.endswith(b"\n") or limits.is_too_much_json(line):
            raise
        try:
            return True, msgspec.json.decode(line)
        except JSON_ERRORS as e:
            if _is_cut(e):
                return False, None
            raise
    is_too_much = limits.is_too_much_json(raw)
    if not is_too_much:
        with contextlib.suppress(*JSON_ERRORS):
            return False, msgspec.json.decode(raw)
    line, newline, _ = raw.strip().partition(b"\n")
    try:
        return True, msgspec.json.decode(line if newline else b"")
    except JSON_ERRORS:
        if is_too_much:
            return False, None
        raise


def _detect_value(value: Any, depth: int) -> str | None:
    """Return the format that a JSON value belongs to, or None for a prediction row and for an unknown shape.

    ``depth`` counts the containers around the value: lists may be nested, an object of outputs by doc_id only stands at
    the top.
    """
    from vostochny.formats import bigbio, doccano, gliner_output, langextract, pipeline_output, spacy_json, tables
    from vostochny.formats.label_studio.shapes import is_any_task

    if is_any_task(value):
        return "label-studio"
    for name, shape in (("langextract", langextract), ("bigbio", bigbio), ("doccano", doccano)):
        if shape.is_output(value[0] if isinstance(value, list) and value else value):
            return name
    if isinstance(value, list):
        if spacy_json.is_output(value):
            return "spacy-json"
        first = next((x for x in value[:100] if x not in ([], {}, None)), None)
        if is_any_task(first):  # before others: a row of JSON_MIN has a text, and often a key ``label``
            return "label-studio"
        if pipeline_output.is_item(first):
            return "huggingface"
        if gliner_output.is_item(first) and isinstance(first, dict) and "ents" not in first:
            return "gliner"
        inner = _detect_value(first, depth + 1) if depth < 3 and isinstance(first, list | dict) else None
        return inner or ("json" if isinstance(first, dict | str) and depth == 0 else None)
    if not isinstance(value, dict):
        return None
    if "tokens" in value and any(key in value for key in tables.TAG_KEYS):
        return "tagged"
    if spacy_json.is_output(value):
        return "spacy-json"
    items = next((value[key] for key in pipeline_output.ITEM_KEYS if value.get(key)), None)
    if isinstance(items, dict) and (_are_columns(items) or list_predictions(items)):
        return None
    if isinstance(items, dict) and "doc_id" in value and "entities" in value:
        return "gliner"
    if isinstance(items, dict) and all(isinstance(x, list) for x in items.values()):
        return "gliner"
    first = next((x for x in items if isinstance(x, dict)), None) if isinstance(items, list) else None
    if first is not None:
        if pipeline_output.is_item(first):
            return "huggingface"
        return "gliner" if gliner_output.is_item(first) and not _is_own_row(value, first) else None
    is_container = depth == 0 and value and all(isinstance(x, list | dict) for x in value.values())
    if is_container and not _has_row_keys(value):
        inner = next((x for x in value.values() if x), None)
        return _detect_value(inner, 1) or ("json" if isinstance(inner, dict) and _has_row_keys(inner) else None)
    return None


def _are_columns(items: dict[str, Any]) -> bool:
    """Return whether the entities of a row are columns, a list per key, and not words by label as GLiNER's."""
    keys = {list_aliases(EntityRecord).get(key, key) for key in items}
    return "start" in keys or {"text", "type"} <= keys


def _is_own_row(value: dict[str, Any], first: dict[str, Any]) -> bool:
    """Return whether a value whose ``first`` entity has a label is a row of ours all the same, not GLiNER's output.

    GLiNER's output has no other layer, and offsets under our own names.
    """
    keys = {field.name for field in list_fields(DocumentRecord)}
    if not (value.get("doc_id") and value.get("entities") and value.keys() <= keys):
        return False
    starts = [alias for alias, key in list_aliases(EntityRecord).items() if key == "start"]
    has_other_start = "start" not in first and any(alias in first for alias in starts)
    return has_other_start or any(value.get(layer) is not None for layer in LAYERS if layer != "entities")


def _has_row_keys(value: dict[str, Any]) -> bool:
    return any(key in value for key in ("doc_id", *LAYERS))


def resolve_paths(addresses: Sequence[str], name: str | None = None) -> tuple[str, ...]:
    """Return the files that addresses stand for, each once; :mod:`vostochny.formats.shards` says how.

    A folder that is one thing in its format (brat, Label Studio, a saved dataset) stays a folder, unless the format's
    ``name`` says JSON Lines. The folder of a corpus stands for its articles. Raises InputError if a folder or pattern
    has no file.
    """
    out: list[str] = []
    for address in addresses:
        folder = Path(address)
        documents = None if address == "-" else corpus.find_documents(folder)
        if documents:
            out.append(str(documents))
            continue
        is_one_source = name != "jsonl" and address != "-" and folder.is_dir() and _detect_folder(folder) != "jsonl"
        out += [address] if is_one_source else shards.find_files([address])
    return tuple(dict.fromkeys(out))
