"""brat standoff: ``NAME.ann`` beside ``NAME.txt``, one pair or a folder of them.

Ours in brat's terms: an entity is a text-bound ``T``; an event is an ``E`` whose trigger is a ``T``; a quote is a ``T``
of type Content (in fragments where it is interrupted), its cue one of type Cue; source, addressee, cue and parent are
relations ``R``, attributes are ``A``, clusters are normalisations ``N … cluster:NAME``. Of other files, an attribute
that the ontology does not have and a relation that does not start at a Content are counted as left out. An entity in
fragments becomes the stretch around them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vostochny.formats.files import make_folder
from vostochny.formats.files import read_text as file_text
from vostochny.formats.label_studio.regions import CONTENT, CUE
from vostochny.formats.reader import Reading, Record
from vostochny.model import Document, Reference, Span
from vostochny.text.alignment import describe_difference

_BOUND_PATTERN = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)$")
_ENTITY_ATTRIBUTES, _EVENT_ATTRIBUTES, _QUOTE_ATTRIBUTES = (
    ("level", "demonym"),
    ("realis", "polarity", "outcome"),
    ("directness", "attitude", "link"),
)
_LINE_FORMS = {
    "T": "Tn⇥TYPE START END⇥words",
    "E": "En⇥TYPE:Tn ROLE:Tn …",
    "A": "An⇥NAME Tn [VALUE]",
    "R": "Rn⇥NAME Arg1:Tn Arg2:Tn",
    "N": "Nn⇥Reference Tn cluster:NAME⇥words",
}


def read(path: str, reading: Reading) -> Iterator[Record]:
    """A record a file; the document's id is the file's name."""
    folder = Path(path)
    for file in sorted(folder.glob("*.ann")) if folder.is_dir() else [folder]:
        known = reading.find_text(file.stem)
        beside = file.with_suffix(".txt")
        text = file_text(str(beside)) if beside.is_file() else known
        if text is None:
            reading.add_problem(
                str(file),
                None,
                None,
                f"the text {beside.name} is not beside it, and no article with text is {file.stem}",
            )
        elif known is not None and text != known:
            reading.add_problem(str(beside), None, None, describe_difference(known, text))
        else:
            yield _FileReader(str(file), text, reading).read_record(file.stem)


@dataclass
class _Bound:
    """A text-bound annotation: its line, type and fragments."""

    line: int
    type: str
    spans: list[Span]

    def whole(self) -> dict[str, int]:
        return {"start": self.spans[0].start, "end": max(s.end for s in self.spans)}


class _FileReader:
    """The lines of one file by kind; then items, then what hangs on them."""

    def __init__(self, path: str, text: str, reading: Reading):
        self.path, self.text, self.reading = path, text, reading
        self.bounds: dict[str, _Bound] = {}
        self.events: dict[str, tuple[int, str, list[tuple[str, str]]]] = {}
        self.rest: list[tuple[int, str, list[str]]] = []

    def add_problem(self, line: int, field: str, message: str) -> None:
        self.reading.add_problem(self.path, line, field, message)

    def read_record(self, doc_id: str) -> Record:
        for number, raw in enumerate(file_text(self.path).split("\n"), 1):
            written = raw.rstrip("\r")
            if written.strip() and not written.startswith("#"):
                self.read_line(number, written)
        rows: dict[str, list[dict[str, Any]]] = {"entities": [], "events": [], "quotes": []}
        items: dict[str, tuple[str, dict[str, Any]]] = {}
        lines: dict[str, int] = {}
        triggers = {parts[0][1] for _, _, parts in self.events.values()}

        def add(layer: str, id_: str, line: int, item: dict[str, Any]) -> None:
            lines[f"{layer}[{len(rows[layer])}]"] = line
            rows[layer].append(item)
            items[id_] = layer, item

        for id_, bound in self.bounds.items():
            if bound.type == CONTENT:
                content_ = [{"start": s.start, "end": s.end} for s in bound.spans]
                add("quotes", id_, bound.line, {"id": id_, "content": content_})
            elif bound.type != CUE and id_ not in triggers:
                if len(bound.spans) > 1:
                    self.reading.left_out["gaps inside entities (the stretch around the fragments was taken)"] += 1
                add("entities", id_, bound.line, {"id": id_, **bound.whole(), "type": bound.type})
        for id_, (line, type_, parts) in self.events.items():
            trigger = self.bounds.get(parts[0][1])
            if trigger is None:
                self.add_problem(line, id_, f"its trigger {parts[0][1]} is no text-bound annotation of this file")
                continue
            add("events", id_, line, {"id": id_, "trigger": trigger.whole(), "type": type_})
            items.setdefault(parts[0][1], items[id_])
        for id_, (line, _, filled) in self.events.items():
            if id_ in items:
                arguments = []
                for role, target in filled[1:]:
                    if target in items and items[target][0] != "quotes":
                        # brat numbers the second filler of a role: Participant2.
                        arguments.append({"role": re.sub(r"(?<=\D)\d+$", "", role), "filler": items[target][1]["id"]})
                    else:
                        self.add_problem(line, f"{id_}.{role}", f"there is no entity or event {target}")
                items[id_][1]["arguments"] = arguments
        for line, kind, words in self.rest:
            {"A": self.read_attribute, "R": self.read_relation, "N": self.read_cluster}[kind](line, words, items)
        row = {"doc_id": doc_id, "text": self.text, **rows}
        return Record(self.path, None, row, lines)

    def read_line(self, number: int, line: str) -> None:
        id_, tab, body = line.partition("\t")
        kind = id_[:1] if id_ != "*" else "*"
        form = _LINE_FORMS.get("A" if kind == "M" else kind)
        fields = body.split("\t")
        if kind == "*":
            self.reading.left_out["equivalences (*) of brat"] += 1
        elif form is None or not tab or not id_[1:].isdigit():
            self.add_problem(
                number, id_[:20], "is no line of brat's; lines begin with T, E, A, M, R, N, # or * and a tab"
            )
        elif kind == "T":
            self.read_bound(number, id_, fields)
        elif kind == "E":
            parts = [(role, target) for p in body.split() for role, _, target in [p.rpartition(":")]]
            if not parts or not all(role and target for role, target in parts):
                self.add_problem(number, id_, f"expected {form}")
            elif id_ in self.events:
                self.add_problem(number, id_, "is given twice")
            else:
                self.events[id_] = (number, parts[0][0], parts)
        elif len(fields[0].split()) < (3 if kind in "RN" else 2):
            self.add_problem(number, id_, f"expected {form}")
        else:
            self.rest.append((number, "A" if kind == "M" else kind, fields[0].split()))

    def read_bound(self, number: int, id_: str, fields: list[str]) -> None:
        m = _BOUND_PATTERN.match(fields[0])
        if not m:
            self.add_problem(number, id_, f"expected {_LINE_FORMS['T']}")
            return
        pairs = [[int(x[:18]) for x in part.split()] for part in m.group(2).split(";")]
        spans = [Span(a, b) for a, b in pairs]
        for span in spans:
            if not span.start < span.end <= len(self.text):
                message = f"{span.start} {span.end} is no place in the text, which has {len(self.text)} characters"
                self.add_problem(number, id_, message)
                return
        words = " ".join(" ".join(s.of(self.text) for s in spans).split())
        if len(fields) > 1 and " ".join(fields[1].split()) != words:
            self.add_problem(number, id_, f"{fields[1][:60]!r} does not stand there; the text has {words[:60]!r}")
        elif id_ in self.bounds:
            self.add_problem(number, id_, "is given twice")
        else:
            self.bounds[id_] = _Bound(number, m.group(1), sorted(spans))

    def read_attribute(self, line: int, parts: list[str], items: dict[str, tuple[str, dict[str, Any]]]) -> None:
        name, target, value = parts[0], parts[1], parts[2] if len(parts) > 2 else None
        layer, item = items.get(target, ("", {}))
        if not layer and target not in self.bounds:
            self.add_problem(line, name, f"there is no {target}")
        elif name in {"entities": _ENTITY_ATTRIBUTES, "events": _EVENT_ATTRIBUTES, "quotes": _QUOTE_ATTRIBUTES}.get(
            layer, ()
        ):
            item[name] = True if name == "demonym" else value
        else:
            self.reading.left_out[f"attributes {name[:40]} of brat"] += 1

    def read_relation(self, line: int, parts: list[str], items: dict[str, tuple[str, dict[str, Any]]]) -> None:
        name, ends = parts[0], [p.partition(":")[2] or p for p in parts[1:3]]
        gone = [e for e in ends if e not in self.bounds and e not in items]
        if gone:
            self.add_problem(line, name, f"there is no {' and no '.join(gone)}")
            return
        layer, quote = items.get(ends[0], ("", {}))
        to, target = items.get(ends[1], ("", {}))
        pointing = (name in ("source", "addressee") and to == "entities") or (name == "parent" and to == "quotes")
        if layer == "quotes" and pointing:
            quote[name] = target["id"]
        elif layer == "quotes" and name in ("source", "addressee", "cue") and to != "quotes" and ends[1] in self.bounds:
            quote[name] = self.bounds[ends[1]].whole()
        else:
            self.reading.left_out[f"relations {name[:40]} of brat"] += 1

    def read_cluster(self, line: int, parts: list[str], items: dict[str, tuple[str, dict[str, Any]]]) -> None:
        layer, item = items.get(parts[1], ("", {}))
        if not layer:
            self.add_problem(line, parts[0], f"there is no item {parts[1]}")
        elif parts[2].startswith("cluster:"):
            item["cluster"] = parts[2].removeprefix("cluster:")
        else:
            item.setdefault("cluster", parts[2])  # a normalisation to a knowledge base is an identity too


def write(path: str, documents: Iterable[Document], lost: Counter[str], with_text: bool = False) -> None:
    """Write a folder with a pair of files a document; the one thing lost is where zones are."""
    folder = make_folder(path)
    used: set[str] = set()
    for d in documents:
        lost["zones"] += len(d.zones) if with_text and len(d.zones) > 1 else 0
        name = re.sub(r"[/\\\0]", "_", d.doc_id).lstrip(".") or "document"
        while name in used:  # a/b and a_b
            name += "_"
        used.add(name)
        (folder / f"{name}.txt").write_text(d.text, encoding="utf-8", newline="")
        written = "\n".join(_FileWriter(d, lost).build_lines())
        (folder / f"{name}.ann").write_text(written + "\n" if written else "", encoding="utf-8", newline="")


class _FileWriter:
    def __init__(self, document: Document, lost: Counter[str]):
        self.d, self.lost = document, lost
        self.out: list[str] = []
        self.count: Counter[str] = Counter()
        self.at: dict[Span, str] = {}

    def add_line(self, kind: str, body: str) -> str:
        self.count[kind] += 1
        self.out.append(f"{kind}{self.count[kind]}\t{body}")
        return f"{kind}{self.count[kind]}"

    def add_bound(self, type_: str, *spans: Span) -> str:
        places = ";".join(f"{s.start} {s.end}" for s in spans)
        words = " ".join(" ".join(s.of(self.d.text) for s in spans).split())
        return self.add_line("T", f"{_to_word(type_)} {places}\t{words}")

    def add_attributes(self, id_: str, item: Any, names: tuple[str, ...], words: str) -> None:
        for name in names:
            value = getattr(item, name)
            if value:
                self.add_line("A", f"{name} {id_}" + ("" if value is True else f" {_to_word(value)}"))
        if item.cluster:
            self.add_line("N", f"Reference {id_} cluster:{_to_word(item.cluster)}\t{words}")

    def build_lines(self) -> list[str]:
        d = self.d
        ids: dict[str, str] = {}
        for e in d.entities:
            made = self.add_bound(e.type, e.span)
            ids[e.id], self.at[e.span] = made, self.at.get(e.span, made)
            self.add_attributes(made, e, _ENTITY_ATTRIBUTES, " ".join(e.span.of(d.text).split()))
        triggers = [self.add_bound(v.type, v.trigger) for v in d.events]
        numbers = {v.id: f"E{n}" for n, v in enumerate(d.events, 1)}

        def target(reference: Reference) -> str | None:
            found = numbers.get(reference.id or "") or ids.get(reference.id or "") or self.at.get(reference.span)
            if found is None:
                self.lost["references to no item"] += 1
            return found

        for v, trigger in zip(d.events, triggers, strict=True):
            found = [(a.role, t) for a in v.arguments if (t := target(a.filler))]
            made = self.add_line("E", " ".join(f"{_to_word(name)}:{t}" for name, t in [(v.type, trigger), *found]))
            self.add_attributes(made, v, _EVENT_ATTRIBUTES, " ".join(v.trigger.of(d.text).split()))
        bounds = [self.add_bound(CONTENT, *q.content) for q in d.quotes]
        contents = {q.id: made for q, made in zip(d.quotes, bounds, strict=True)}
        for q, made in zip(d.quotes, bounds, strict=True):
            self.add_attributes(made, q, _QUOTE_ATTRIBUTES, "")
            links = {"source": q.source and target(q.source), "addressee": q.addressee and target(q.addressee)}
            links["parent"] = contents.get(q.parent or "")
            links["cue"] = self.add_bound(CUE, q.cue) if q.cue else None
            for name, to in links.items():
                if to:
                    self.add_line("R", f"{name} Arg1:{made} Arg2:{to}")
        return self.out


def _to_word(name: str) -> str:
    """A name as brat has them: white space would end it."""
    return "_".join(name.split())
