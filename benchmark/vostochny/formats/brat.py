"""brat standoff: ``NAME.ann`` beside ``NAME.txt``, one pair or a folder of them.

How our items are written in brat:

- an entity is a text-bound annotation ``T``;
- an event is an ``E``, its trigger a ``T``;
- a quote is a ``T`` of type Content (in fragments where it is interrupted), its cue a ``T`` of type Cue;
- source, addressee, cue and parent are relations ``R`` from the Content;
- attributes are ``A``, clusters are normalisations ``N … cluster:NAME``.

In files from elsewhere, attributes that the ontology does not have and relations that do not start at a Content are
counted as left out. A discontinuous entity becomes an entity per part, each with the attributes and the cluster of the
whole; they are counted, and arguments refer to the first. Fragments with white space alone between them, such as brat
makes at the end of a line, are one part.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.files import read_text as file_text
from vostochny.formats.files import replace_folder, split_lines
from vostochny.formats.label_studio.regions import CONTENT, CUE
from vostochny.formats.limits import Budget
from vostochny.formats.prediction import MAX_SHOWN_WORDS
from vostochny.formats.reader import SPLIT_ENTITIES, STRETCHED, Reading, Record
from vostochny.formats.word_spans import OFFSET_UNITS, PlacedSpan, describe_unit, is_beside, join_parts, to_code_points
from vostochny.model import LAYERS, Document, Reference, Span
from vostochny.schema.records import list_attributes
from vostochny.system import outputs
from vostochny.text.alignment import describe_difference

_LINE_BYTES = 500  # of an annotation in memory, beside its words
_MAX_NAME_BYTES = 255 - len(".txt")  # of the name of a document's files, without their ending
_BOUND_PATTERN = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)$")
# Layer → the attributes of its items that are written as lines of kind A.
_ATTRIBUTES = {
    layer: {f.name: f for f in list_attributes(layer) if f.key.values or f.kind == "flag"} for layer in LAYERS
}
# Kind of line → its form, for messages; ⇥ is a tab.
_LINE_FORMS = {
    "T": "Tn⇥TYPE START END⇥words",
    "E": "En⇥TYPE:Tn ROLE:Tn …",
    "A": "An⇥NAME Tn [VALUE]",
    "R": "Rn⇥NAME Arg1:Tn Arg2:Tn",
    "N": "Nn⇥Reference Tn cluster:NAME⇥words",
}


def read(path: str, reading: Reading) -> Iterator[Record]:
    """Yield one record per ``.ann`` file of a folder and of those in it.

    The document's id is the file's name without its ending; with its folders where two files have one name.
    """
    folder, budget = Path(path), Budget(path)
    for file, doc_id in _list_files(folder) if folder.is_dir() else [(folder, folder.stem)]:
        gold_text = reading.find_text(doc_id)
        text_file = file.with_suffix(".txt")
        text = file_text(str(text_file)) if text_file.is_file() else gold_text
        if text is None:
            reading.add_problem(
                str(file),
                None,
                None,
                f"its text {text_file.name} does not exist, and the gold has no article {doc_id} with text",
            )
        elif gold_text is not None and text != gold_text:
            reading.add_problem(str(text_file), None, None, describe_difference(gold_text, text))
        else:
            budget.take(len(text))
            yield _FileReader(str(file), text, reading, budget).read_record(doc_id)


def _list_files(folder: Path) -> list[tuple[Path, str]]:
    """Return the ``.ann`` files of a folder, hidden ones left out, each with the id of its document."""
    found = (p for p in folder.rglob("*.ann") if p.is_file())
    files = sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))
    are_unique = len({p.stem for p in files}) == len(files)
    return [(p, p.stem if are_unique else p.relative_to(folder).with_suffix("").as_posix()) for p in files]


@dataclass
class _Bound:
    """A text-bound annotation: its line, type and fragments, or only its words where offsets are to be ignored."""

    line: int
    type: str
    spans: list[Span]
    words: str = ""

    def list_parts(self, text: str) -> list[dict[str, Any]]:
        """Return the parts as a prediction row has spans; those that only white space separates are one.

        They were compared with the text, and their offsets are code points, whatever unit the file has.
        """
        if self.words:
            return [{"text": self.words}]
        return [PlacedSpan(start=span.start, end=span.end) for span in join_parts(self.spans, text)]


class _FileReader:
    """Reads one ``.ann`` file: first its lines by kind, then the items, then what refers to items.

    Lines may stand in any order, so nothing can be resolved before all of them are read.
    """

    def __init__(self, path: str, text: str, reading: Reading, budget: Budget):
        self.path, self.text, self.reading, self.budget = path, text, reading, budget
        self.unit = reading.offsets if reading.offsets in (*OFFSET_UNITS, "inclusive") else None
        self.bounds: dict[str, _Bound] = {}
        # Id → line, type, and (role, target) pairs, of which the first is the type with the trigger.
        self.events: dict[str, tuple[int, str, list[tuple[str, str]]]] = {}
        self.rest: list[tuple[int, str, list[str]]] = []  # lines of kind A, R and N: line, kind, fields
        self.rows: dict[str, list[dict[str, Any]]] = {"entities": [], "events": [], "quotes": []}
        self.items: dict[str, tuple[str, dict[str, Any]]] = {}  # id → layer and item
        self.clustered: dict[str, str] = {}  # id of an item → its cluster
        self.parts: dict[str, list[dict[str, Any]]] = {}  # id of an entity in fragments → the entities of its parts
        self.lines: dict[str, int] = {}  # place of an item ("entities[3]") → its line

    def add_problem(self, line: int, field: str, message: str) -> None:
        self.reading.add_problem(self.path, line, field, message)

    def read_record(self, doc_id: str) -> Record:
        """Return the document of the file."""
        for number, raw in enumerate(split_lines(file_text(self.path)), 1):
            line_text = raw.rstrip("\r")
            if line_text.strip() and not line_text.startswith("#"):
                self.budget.take(_LINE_BYTES + len(line_text))
                self.read_line(number, line_text)
        self.build_spans()
        self.build_events()
        for line, kind, words in self.rest:
            {"A": self.read_attribute, "R": self.read_relation, "N": self.read_cluster}[kind](line, words)
        return Record(self.path, None, {"doc_id": doc_id, "text": self.text, **self.rows}, self.lines)

    def take_span(self, bound: _Bound) -> dict[str, Any]:
        """Return the one span of a trigger, a cue or a speaker: from its first to its last character."""
        parts = bound.list_parts(self.text)
        if len(parts) == 1:
            return parts[0]
        self.reading.counted[STRETCHED] += 1
        return PlacedSpan(start=parts[0]["start"], end=max(part["end"] for part in parts))

    def add_item(self, layer: str, id_: str, line: int, item: dict[str, Any]) -> None:
        self.add_row(layer, line, item)
        self.items[id_] = layer, item

    def add_row(self, layer: str, line: int, item: dict[str, Any]) -> None:
        self.lines[f"{layer}[{len(self.rows[layer])}]"] = line
        self.rows[layer].append(item)

    def set_value(self, id_: str, key: str, value: Any) -> None:
        """Set a key of an item, and of all parts of an entity."""
        for item in self.parts.get(id_) or [self.items[id_][1]]:
            item[key] = value

    def build_spans(self) -> None:
        """Add the text-bound annotations that are items: quotes and entities, but not cues and triggers."""
        triggers = {parts[0][1] for _, _, parts in self.events.values()}
        for id_, bound in self.bounds.items():
            if bound.type == CONTENT:
                content: list[Any] = [PlacedSpan(start=s.start, end=s.end) for s in bound.spans]
                content = content or bound.list_parts(self.text)
                self.add_item("quotes", id_, bound.line, {"id": id_, "content": content})
            elif bound.type != CUE and id_ not in triggers:
                first, *others = bound.list_parts(self.text)
                first.update(id=id_, type=bound.type)
                self.add_item("entities", id_, bound.line, first)
                if others:
                    self.reading.counted[SPLIT_ENTITIES] += 1
                    self.parts[id_] = [first, *others]
                    for part in others:
                        part.update(type=bound.type)
                        self.add_row("entities", bound.line, part)

    def build_events(self) -> None:
        """Add the events, then their arguments, which may be other events."""
        for id_, (line, type_, parts) in self.events.items():
            trigger = self.bounds.get(parts[0][1])
            if trigger is None:
                self.add_problem(line, id_, f"no text-bound annotation has the id {parts[0][1]}, its trigger")
                continue
            self.add_item("events", id_, line, {"id": id_, "trigger": self.take_span(trigger), "type": type_})
            self.items.setdefault(parts[0][1], self.items[id_])  # other lines may name the trigger, not the event
        for id_, (line, _, parts) in self.events.items():
            if id_ not in self.items:
                continue
            arguments = []
            for role, target in parts[1:]:
                if target in self.items and self.items[target][0] != "quotes":
                    # brat numbers the second filler of a role: Participant2.
                    name = re.sub(r"(?<=\D)\d+$", "", role)
                    arguments.append({"role": name, "filler": self.items[target][1]["id"]})
                else:
                    self.add_problem(line, f"{id_}.{role}", f"no entity or event has the id {target}")
            self.items[id_][1]["arguments"] = arguments

    def read_line(self, number: int, line: str) -> None:
        """Keep a line by its kind; M (an old name of A) is treated as A."""
        id_, tab, body = line.partition("\t")
        kind = id_[:1] if id_ != "*" else "*"
        form = _LINE_FORMS.get("A" if kind == "M" else kind)
        fields = body.split("\t")
        if kind == "*":
            self.reading.left_out["equivalences (*) of brat"] += 1
        elif form is None or not tab or not id_[1:].isdigit():
            self.add_problem(
                number, id_[:20], "is not a brat line; expected T, E, A, M, R, N or # with a number, or *, then a tab"
            )
        elif kind == "T":
            self.read_bound(number, id_, fields)
        elif kind == "E":
            parts = [(role, target) for p in body.split() for role, _, target in [p.rpartition(":")]]
            if not parts or not all(role and target for role, target in parts):
                self.add_problem(number, id_, f"expected {form}")
            elif id_ in self.events:
                self.add_problem(number, id_, "appears twice; give each annotation its own id")
            else:
                self.events[id_] = (number, parts[0][0], parts)
        elif len(fields[0].split()) < (3 if kind in "RN" else 2):
            self.add_problem(number, id_, f"expected {form}")
        else:
            self.rest.append((number, "A" if kind == "M" else kind, fields[0].split()))

    def read_bound(self, number: int, id_: str, fields: list[str]) -> None:
        """Read a text-bound annotation; ``fields`` are its type with offsets, and its words."""
        m = _BOUND_PATTERN.match(fields[0])
        if not m:
            self.add_problem(number, id_, f"expected {_LINE_FORMS['T']}")
            return
        # Digits are cut, so that a number of thousands of digits cannot stop Python; it is out of range anyway.
        pairs = [[int(x[:18]) for x in part.split()] for part in m.group(2).split(";")]
        stated = " ".join(fields[1].split()) if len(fields) > 1 else None
        if self.reading.offsets == "ignore" and stated and id_ not in self.bounds:
            self.bounds[id_] = _Bound(number, m.group(1), [], stated)
            return
        spans: list[Span] = []
        for (start, end), written in zip(pairs, m.group(2).split(";"), strict=True):
            bounds = to_code_points(self.text, start, end, self.unit) if self.unit else (start, end)
            if not bounds or not bounds[0] < bounds[1] <= len(self.text):
                message = (
                    f"{written.strip()[:MAX_SHOWN_WORDS]} is not in the text, which has {len(self.text)} characters"
                )
                self.add_problem(number, id_, message + self.suggest_unit(pairs, stated))
                return
            spans.append(Span(*bounds))
        found = " ".join(s.of(self.text) for s in spans)
        words = " ".join(found.split())
        if stated is not None and (stated != words or (stated and is_beside(found, fields[1]))):
            words = words if stated != words else found
            message = f"{stated[:60]!r} is not at these offsets; the text has {words[:60]!r} there"
            self.add_problem(number, id_, message + self.suggest_unit(pairs, stated))
        elif id_ in self.bounds:
            self.add_problem(number, id_, "appears twice; give each annotation its own id")
        else:
            self.bounds[id_] = _Bound(number, m.group(1), sorted(spans))

    def suggest_unit(self, pairs: list[list[int]], stated: str | None) -> str:
        """Return the option that would read the offsets of an annotation, as the end of a message; "" for none."""
        if self.unit or not stated:
            return ""
        option = self.reading.names.offsets
        for unit in (*OFFSET_UNITS, "inclusive"):
            bounds = [to_code_points(self.text, start, end, unit) for start, end in pairs]
            parts = [self.text[slice(*b)] for b in bounds if b]
            is_bare = all(bounds) and all(part.strip() == part for part in parts)
            if is_bare and " ".join(" ".join(parts).split()) == stated:
                return f"; {describe_unit(unit)} they fit: {option} {unit}"
        return f"; {option} ignore places the span by its words"

    def read_attribute(self, line: int, parts: list[str]) -> None:
        """Set an attribute of an item; ``parts`` are its name, the item's id and, unless it is a flag, its value."""
        name, target, value = parts[0], parts[1], parts[2] if len(parts) > 2 else None
        layer, item = self.items.get(target, ("", {}))
        if not layer and target not in self.bounds:
            self.add_problem(line, name, f"no annotation has the id {target}")
        elif name in _ATTRIBUTES.get(layer, ()):
            is_flag = _ATTRIBUTES[layer][name].kind == "flag"
            if value is None and not is_flag:
                self.add_problem(line, name, f"of {target} has no value; expected {_LINE_FORMS['A']}")
            else:
                self.set_once(line, target, item, name, True if is_flag else value)
                self.set_value(target, name, item[name])
        else:
            self.reading.left_out[f"attributes {name[:40]} of brat"] += 1

    def set_once(self, line: int, id_: str, item: dict[str, Any], name: str, value: Any) -> None:
        """Set a value of an item; another one than it has already is a problem."""
        if item.setdefault(name, value) != value:
            self.add_problem(line, name, f"of {id_} is given twice, with different values; keep one of them")

    def read_relation(self, line: int, parts: list[str]) -> None:
        """Set what a relation from a quote means; ``parts`` are its name and its two ends, as ``Arg1:T1`` or ``T1``."""
        name, ends = parts[0], [p.partition(":")[2] or p for p in parts[1:3]]
        unknown = [e for e in ends if e not in self.bounds and e not in self.items]
        if unknown:
            self.add_problem(line, name, f"no annotation has the id {' or '.join(unknown)}")
            return
        layer, quote = self.items.get(ends[0], ("", {}))
        target_layer, target = self.items.get(ends[1], ("", {}))
        # An entity or a quote is referred to by its id; a text-bound annotation that is not an item, such as a cue, is
        # only a span.
        by_id = (name in ("source", "addressee") and target_layer == "entities") or (
            name == "parent" and target_layer == "quotes"
        )
        is_span = name in ("source", "addressee", "cue") and target_layer != "quotes" and ends[1] in self.bounds
        if layer == "quotes" and by_id:
            self.set_once(line, ends[0], quote, name, target["id"])
        elif layer == "quotes" and is_span:
            self.set_once(line, ends[0], quote, name, self.take_span(self.bounds[ends[1]]))
        else:
            self.reading.left_out[f"relations {name[:40]} of brat"] += 1

    def read_cluster(self, line: int, parts: list[str]) -> None:
        """Set the cluster of an item from a normalisation; ``parts`` are ``Reference``, the item's id and the name."""
        layer, item = self.items.get(parts[1], ("", {}))
        if not layer:
            self.add_problem(line, parts[0], f"no item has the id {parts[1]}")
        elif parts[2].startswith("cluster:"):
            name = parts[2].removeprefix("cluster:")
            if self.clustered.setdefault(parts[1], name) != name:
                self.add_problem(line, parts[0], f"puts {parts[1]} into a second cluster; keep one of them")
            self.set_value(parts[1], "cluster", name)
        elif "cluster" not in item:  # in a knowledge base, which is an identity too
            self.set_value(parts[1], "cluster", parts[2])
        elif item["cluster"] != parts[2]:
            self.reading.left_out["further normalisations (N) of brat"] += 1


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a folder with a pair of files per document.

    Zones, accepted extents, and white space in names of types and clusters are lost. So is a doc_id that
    cannot be the name of a file. Raises InputError for one that is too long for that.
    """
    used: set[str] = set()
    with replace_folder(path) as folder:
        for d in documents:
            lost["accepted extents of names"] += sum(len(e.extents) for e in d.entities)
            lost["zones"] += len(d.zones) if with_text and len(d.zones) > 1 else 0
            name = re.sub(r"[/\\\0]", "_", d.doc_id).lstrip(".") or "document"
            while name.casefold() in used:  # two ids may give one name: a/b and a_b, and A and a on some file systems
                name += "_"
            used.add(name.casefold())
            lost["doc_ids (not usable as file names)"] += name != d.doc_id
            if len(os.fsencode(name)) > _MAX_NAME_BYTES:
                message = f"is too long for a file name; at most {_MAX_NAME_BYTES} bytes in brat; give another format"
                raise InputError([Problem(path, None, f"doc_id {d.doc_id[:40]}…", message)])
            outputs.write_new_file(folder / f"{name}.txt", d.text)
            written = "\n".join(_FileWriter(d, lost).build_lines())
            outputs.write_new_file(folder / f"{name}.ann", written + "\n" if written else "")


class _FileWriter:
    """Writes the lines of one document."""

    def __init__(self, document: Document, lost: Counter[str]):
        self.d, self.lost = document, lost
        self.out: list[str] = []
        self.count: Counter[str] = Counter()  # lines written, by kind: the number of the next id
        self.entity_at: dict[Span, str] = {}  # span → id of the first entity on it

    def add_line(self, kind: str, body: str) -> str:
        """Add a line of a kind with the next number, and return its id."""
        self.count[kind] += 1
        self.out.append(f"{kind}{self.count[kind]}\t{body}")
        return f"{kind}{self.count[kind]}"

    def to_word(self, name: str) -> str:
        """Return a name without white space, which would end it in brat."""
        word = "_".join(name.split()) or "_"
        self.lost["white space in names (written as _)"] += word != name
        return word

    def add_bound(self, type_: str, *spans: Span) -> str:
        """Add a text-bound annotation, and return its id."""
        places = ";".join(f"{s.start} {s.end}" for s in spans)
        # Each white space is a blank, also at the ends: without them a reader would take the offsets for wrong.
        words = "".join(" " if c.isspace() else c for c in " ".join(s.of(self.d.text) for s in spans))
        return self.add_line("T", f"{self.to_word(type_)} {places}\t{words}")

    def add_attributes(self, id_: str, item: Any, names: Iterable[str], words: str) -> None:
        """Add the attributes of an item, and its cluster as a normalisation, which repeats the item's words."""
        for name in names:
            value = getattr(item, name)
            if value:
                self.add_line("A", f"{name} {id_}" + ("" if value is True else f" {self.to_word(value)}"))
        if item.cluster:
            self.add_line("N", f"Reference {id_} cluster:{self.to_word(item.cluster)}\t{words}")

    def build_lines(self) -> list[str]:
        """Return the lines of the document."""
        d = self.d
        ids: dict[str, str] = {}
        for e in d.entities:
            brat_id = self.add_bound(e.type, e.span)
            ids[e.id], self.entity_at[e.span] = brat_id, self.entity_at.get(e.span, brat_id)
            self.add_attributes(brat_id, e, _ATTRIBUTES["entities"], " ".join(e.span.of(d.text).split()))
        triggers = [self.add_bound(v.type, v.trigger) for v in d.events]
        event_ids = {v.id: f"E{n}" for n, v in enumerate(d.events, 1)}

        def target(reference: Reference) -> str | None:
            id_ = reference.id or ""
            brat_id = event_ids.get(id_) or ids.get(id_) or self.entity_at.get(reference.span)
            if brat_id is None:
                self.lost["references to no item"] += 1
            return brat_id

        for v, trigger in zip(d.events, triggers, strict=True):
            arguments = [(a.role, t) for a in v.arguments if (t := target(a.filler))]
            parts = [(v.type, trigger), *arguments]
            brat_id = self.add_line("E", " ".join(f"{self.to_word(name)}:{t}" for name, t in parts))
            self.add_attributes(brat_id, v, _ATTRIBUTES["events"], " ".join(v.trigger.of(d.text).split()))
        bounds = [self.add_bound(CONTENT, *q.content) for q in d.quotes]
        contents = {q.id: brat_id for q, brat_id in zip(d.quotes, bounds, strict=True)}
        for q, brat_id in zip(d.quotes, bounds, strict=True):
            self.add_attributes(brat_id, q, _ATTRIBUTES["quotes"], "")
            links = {"source": q.source and target(q.source), "addressee": q.addressee and target(q.addressee)}
            links["parent"] = contents.get(q.parent or "")
            links["cue"] = self.add_bound(CUE, q.cue) if q.cue else None
            for name, target_id in links.items():
                if target_id:
                    self.add_line("R", f"{name} Arg1:{brat_id} Arg2:{target_id}")
        return self.out
