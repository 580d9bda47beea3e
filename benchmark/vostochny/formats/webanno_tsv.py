"""WebAnno TSV 3 of WebAnno and INCEpTION: a file, or a folder of them, also as a project's export has it.

The entities are the annotations of the span layer ``NamedEntity``, else of the only span layer that is no linguistic
one; the type is its feature ``value``, else its only one. Offsets are UTF-16 code units. The text is made of the
sentences where the gold has none: what stood between them is not in the file, and becomes line breaks.

In a project's export a document is a folder (``NAME.txt/USER.tsv``), with a file per annotator.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vostochny.errors import list_names
from vostochny.formats.files import read_text, split_lines
from vostochny.formats.limits import Budget
from vostochny.formats.reader import Reading, Record

HEADER = "#FORMAT=WebAnno TSV 3"
_ENTITY_LAYER = "NamedEntity"
# Layers of DKPro Core that annotate each token.
_LINGUISTIC = re.compile(r"\.(lexmorph|segmentation|syntax|transform)\.|\.(POS|Lemma|Stem|MorphologicalFeatures)$")
_TOKEN = re.compile(r"\d+-\d+(\.\d+)?\t(\d+)-(\d+)\t")
_PART = re.compile(r"(?:\\.|[^\\|])+")  # one of the values of a cell, which stand between bars
_VALUE = re.compile(r"((?:\\.|[^\\\[\]])*)(?:\[(\d+)\])?")
_MAX_OFFSET = 1 << 24
_LINE_BYTES = 500  # of a token in memory, beside its line


@dataclass
class _Layer:
    """A span layer: its name, its features, and the column of the first of them."""

    name: str
    features: list[str]
    column: int


@dataclass
class _File:
    """What a file has: its layers, the sentences with the offset of their first token, and its tokens."""

    layers: list[_Layer] = field(default_factory=list)
    others: int = 0
    sentences: list[tuple[int, str]] = field(default_factory=list)
    tokens: list[tuple[int, int, int, list[str]]] = field(default_factory=list)  # line, start, end, word and columns


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per document; its id is the file's name without its ending, or that of its folder."""
    folder, budget = Path(path), Budget(path)
    documents: dict[str, list[Path]] = defaultdict(list)
    for file in list_files(folder) if folder.is_dir() else [folder]:
        documents[Path(file.parent.name).stem if file.parent.suffix else file.stem].append(file)
    for doc_id, files in documents.items():
        if reading.annotator is not None and files[0].parent.suffix:
            chosen = [file for file in files if file.stem == reading.annotator]
            if not chosen:
                by = ", ".join(file.stem for file in files)
                reading.left_out[f"documents without an annotation by {reading.annotator} (by {by})"] += 1
                continue
            files = chosen
        if len(files) > 1:
            names = list_names([file.stem for file in files])
            message = f"the document has {len(files)} files ({names}); choose one with --annotator NAME"
            reading.add_problem(str(files[0].parent), None, None, message)
            continue
        record = _read_document(str(files[0]), doc_id, reading, budget)
        if record:
            yield record


def list_files(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it, hidden ones left out."""
    found = (p for p in folder.rglob("*.tsv") if p.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def _read_document(path: str, doc_id: str, reading: Reading, budget: Budget) -> Record | None:
    """Return the record of one file; None, with a problem, where it cannot be read."""
    raw = read_text(path)
    if not raw.startswith(HEADER):
        reading.add_problem(path, 1, None, f"does not begin with {HEADER!r}; export it as WebAnno TSV v3")
        return None
    budget.take(_LINE_BYTES * raw.count("\n"))
    file = _read_lines(path, raw, reading)
    column = _choose_column(path, file, reading)
    if column is None:
        return None
    places = _place_text(path, file, reading, reading.find_text(doc_id))
    if places is None:
        return None
    spans: dict[str, tuple[int, int, int, str]] = {}  # annotation → line, start, end, type
    for number, (line, start, end, columns) in enumerate(file.tokens):
        cell = columns[1 + column] if 1 + column < len(columns) else ""
        for i, part in enumerate(_PART.findall("" if cell == "_" else cell)):
            m = _VALUE.fullmatch(part)
            if m is None:
                reading.add_problem(path, line, None, f"{part[:40]!r} is not a value; expected VALUE or VALUE[NUMBER]")
                continue
            key, type_ = m.group(2) or f"{number}/{i}", m.group(1) if m.group(1) == "*" else _unescape(m.group(1))
            first = spans.setdefault(key, (line, start, end, type_))
            if first[3] != type_:
                reading.add_problem(path, line, None, f"the annotation {key} is {type_!r:.40} and {first[3]!r:.40}")
            spans[key] = (*first[:2], max(end, first[2]), first[3])
    kept = [x for x in spans.values() if x[3] != "*"]
    if len(kept) < len(spans):
        reading.left_out["annotations without a value"] += len(spans) - len(kept)
    entities = [{"start": places.find(start), "end": places.find(end), "type": type_} for _, start, end, type_ in kept]
    lines = {f"entities[{i}]": line for i, (line, *_) in enumerate(kept)}
    return Record(path, None, {"doc_id": doc_id, "text": places.text, "entities": entities}, lines)


def _read_lines(path: str, raw: str, reading: Reading) -> _File:
    file, columns, sentence = _File(), 0, None
    for number, line in enumerate(split_lines(raw), 1):
        line = line.rstrip("\r")
        if line.startswith(("#T_SP=", "#T_CH=", "#T_RL=")):
            name, *features = line[6:].split("|")
            # A layer without features has one column. (A slot has two, and two names.)
            width = max(1, len(features))
            if line.startswith("#T_SP="):
                file.layers.append(_Layer(name, features, columns))
            else:
                file.others += 1
            columns += width
        elif line.startswith("#Text="):
            part = _unescape(line[6:])
            sentence = part if sentence is None else f"{sentence}\n{part}"
        elif m := _TOKEN.match(line):
            start, end = int(m.group(2)[:18]), int(m.group(3)[:18])
            if not start <= end <= _MAX_OFFSET:
                reading.add_problem(path, number, None, f"{start}-{end} is not a place in a text")
                continue
            if sentence is not None:
                file.sentences.append((start, sentence))
                sentence = None
            cells = line[m.end() :].split("\t")
            if len(cells) - (not cells[-1]) != 1 + columns:
                message = f"has {len(cells) - (not cells[-1]) - 1} columns behind the word; the layers have {columns}"
                reading.add_problem(path, number, None, message)
            file.tokens.append((number, start, end, cells))
        elif line.strip() and not line.startswith("#"):
            reading.add_problem(path, number, None, "is not a token; expected SENTENCE-TOKEN⇥START-END⇥word⇥…")
    return file


def _choose_column(path: str, file: _File, reading: Reading) -> int | None:
    """Return the column that has the types of the entities; None, with a problem, where there is no way to tell."""
    layers = [x for x in file.layers if not _LINGUISTIC.search(x.name)]
    named = [x for x in layers if x.name.rpartition(".")[2] == _ENTITY_LAYER]
    chosen = named or layers
    if len(chosen) != 1:
        has = f"has the span layers {list_names([x.name for x in chosen])}" if chosen else "has no span layer"
        reading.add_problem(
            path, None, None, f"{has}; expected one: disable the others in the project, and export again"
        )
        return None
    (layer,) = chosen
    features = [f for f in layer.features if f == "value"] or layer.features
    if len(features) != 1:
        message = (
            f"{layer.name} has the features {list_names(layer.features)}; expected one, or one that is called value"
        )
        reading.add_problem(path, None, None, message)
        return None
    reading.add_note(f"entities read from the layer {layer.name}, feature {features[0]}")
    rest = [x.name for x in file.layers if x is not layer]
    if rest or file.others:
        reading.left_out["layers of WebAnno TSV"] += len(rest) + file.others
    return layer.column + layer.features.index(features[0])


def _place_text(path: str, file: _File, reading: Reading, gold_text: str | None) -> _Places | None:
    """Return the text with the places in it; None, with a problem, where sentences or tokens do not fit it."""
    text = gold_text
    if text is None:
        units = bytearray()
        for start, sentence in file.sentences:
            units += "\n".encode("utf-16-le") * (start - len(units) // 2)
            units += sentence.encode("utf-16-le", "surrogatepass")
        text = units.decode("utf-16-le", "replace")
        reading.add_note("texts are made of the sentences of WebAnno TSV, with line breaks between them")
    places = _Places(text)
    for start, sentence in file.sentences:
        at = places.find(start)
        found = "" if at is None else text[at : at + len(sentence)]
        if found != sentence:
            message = f"the sentence {sentence[:40]!r} is not at {start}; the text has {found[:40]!r} there"
            reading.add_problem(path, None, None, message)
            return None
    for line, start, end, (word, *_) in file.tokens:
        first, last = places.find(start), places.find(end)
        found = "" if first is None or last is None else text[first:last]
        if found != _unescape(word):
            message = f"the word {word[:40]!r} is not at {start}-{end}; the text has {found[:40]!r} there"
            reading.add_problem(path, line, None, message)
            return None
    return places


class _Places:
    """Finds the characters of a text by their offsets in UTF-16."""

    def __init__(self, text: str):
        self.text = text
        wide = [at for at, character in enumerate(text) if character > "\uffff"]  # that have two units
        self.starts = [at + number for number, at in enumerate(wide)]
        self.size = len(text) + len(wide)

    def find(self, unit: int) -> int | None:
        """Return the character that begins with a unit; None for half of one, or one beyond the text."""
        before = bisect_left(self.starts, unit)
        is_half = before > 0 and self.starts[before - 1] == unit - 1
        return None if is_half or unit > self.size else unit - before


def _unescape(value: str) -> str:
    """Return a value without the backslashes before what has a meaning in the format."""
    special: dict[str, str] = {"t": "\t", "n": "\n", "r": "\r"}

    def replace(m: re.Match[str]) -> str:
        return special.get(m.group(1), m.group(1))

    return re.sub(r"\\(.)", replace, value)
