"""Files that a tool could have written, changed in one place, so that another score without a word is a defect.

A :class:`Sample` is a file or folder of one kind, and the gold that it is about. :func:`mutate` changes one thing in
it: a key, an offset beside words, a column, a tag, a line, an id. Where what changes says so by itself (an item is
deleted, an attribute is not stated any more, a cluster has another name), nothing is changed: each mutation that is
made has to be refused, to give the same scores, or to be told of in a note.
"""

from __future__ import annotations

import copy
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support import two_articles
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.formats.input import Gold, Input
from vostochny.model import LAYERS, Document
from vostochny.report import terminal
from vostochny.schema.records import list_attributes
from vostochny.text.layout import paragraphs_of

HERE = Path(__file__).parent.parent / "formats"
OPTIONS = scoring.Options(resamples=0)
Files = dict[str, bytes]  # path in the folder ("" for a single file's own name) → content

# -- samples -----------------------------------------------------------------------------------------------------------

A, B = two_articles.TEXTS["one"], two_articles.TEXTS["two"]
# The tokens of the second article with tags, parts of speech and chunks, as the columns of CoNLL-2003.
ROWS = [
    [("Mr", "NNP", "B-NP", "O"), ("Kim", "NNP", "I-NP", "B-PER"), ("’s", "POS", "B-NP", "O"),
     ("train", "NN", "I-NP", "O"), ("left", "VBD", "B-VP", "O"), (".", ".", "O", "O")],
    [("He", "PRP", "B-NP", "B-PER"), ("said", "VBD", "B-VP", "O"), ("that", "IN", "B-SBAR", "O"),
     ("Russia", "NNP", "B-NP", "B-GPE"), ("agreed", "VBD", "B-VP", "O"), (".", ".", "O", "O")],
]  # fmt: skip
# Entities of several tokens, for schemes and sentences.
LONG_ROWS = [
    [("Kim", "B-PER"), ("Jong", "I-PER"), ("Un", "I-PER"), ("met", "O"), ("Vladimir", "B-PER"), ("Putin", "I-PER"),
     ("in", "O"), ("Amur", "B-GPE"), ("Oblast", "I-GPE"), (".", "O")],
    [("South", "B-GPE"), ("Korea", "I-GPE"), ("and", "O"), ("Russia", "B-GPE"), ("agreed", "O"), (".", "O")],
]  # fmt: skip


def _join(rows: list[list[tuple[str, ...]]], make: Callable[[int, tuple[str, ...]], str], head: str) -> bytes:
    blocks = ["".join(make(n, row) + "\n" for n, row in enumerate(sentence, 1)) for sentence in rows]
    return (head + "\n".join(blocks) + "\n").encode()


def _to_bioes(rows: list[list[tuple[str, ...]]]) -> list[list[tuple[str, ...]]]:
    out = []
    for sentence in rows:
        tags = [tag for _, tag in sentence] + ["O"]
        line = []
        for (word, tag), after in zip(sentence, tags[1:], strict=True):
            ends = tag != "O" and after[:1] != "I"
            line.append((word, {"B": "S", "I": "E"}[tag[0]] + tag[1:] if ends else tag))
        out.append(line)
    return out


def _prodigy(documents: list[Document]) -> bytes:
    """Return tasks as Prodigy's ner.manual answers them: with tokens, hashes and the answer."""
    rows = []
    for d in documents:
        tokens = [
            {"text": m[0], "start": m.start(), "end": m.end(), "id": n, "ws": d.text[m.end() : m.end() + 1] == " "}
            for n, m in enumerate(re.finditer(r"\w+|[^\w\s]", d.text))
        ]
        spans = [
            {"start": e.span.start, "end": e.span.end, "label": e.type,
             "token_start": next(t["id"] for t in tokens if t["start"] == e.span.start),
             "token_end": next(t["id"] for t in tokens if t["end"] == e.span.end)}
            for e in d.entities
        ]  # fmt: skip
        rows.append({"text": d.text, "_input_hash": 1, "_task_hash": 2, "tokens": tokens, "_view_id": "ner_manual",
                     "spans": spans, "answer": "accept", "_timestamp": 3})  # fmt: skip
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()


def _other_samples() -> dict[str, tuple[str, Files]]:
    """Return samples of more shapes than write_sample has: name → the file's name, or "" for a folder, and files."""
    tagged = [{"doc_id": "long", "tokens": [w for s in LONG_ROWS for w, _ in s],
               "ner_tags": [t for s in LONG_ROWS for _, t in s]}]  # fmt: skip
    offsets = [{"start": m.start(), "end": m.end()} for m in re.finditer(r"\S+", " ".join(tagged[0]["tokens"]))]
    conllu = "# newdoc id = two\n"
    hipe = "TOKEN\tNE-COARSE-LIT\tMISC\n"
    bare = two_articles.make_gold()
    lines = [{"doc_id": d.doc_id, "entities": [{"start": e.span.start, "end": e.span.end, "type": e.type,
              "text": e.span.of(d.text)} for e in d.entities]} for d in bare]  # fmt: skip
    return {
        "conll2003": ("p.conll", {"": _join(ROWS, lambda n, r: " ".join(r), "-DOCSTART- -X- -X- O\n\n")}),
        "conllu": ("p.conllu", {"": _join(ROWS, lambda n, r: "\t".join(
            (str(n), r[0], r[0].lower(), r[1], *"__0__", "_" if r[3] == "O" else f"NER={r[3]}")), conllu)}),
        "hipe": ("p.tsv", {"": _join(ROWS, lambda n, r: f"{r[0]}\t{r[3]}\t_", hipe)}),
        "germeval": ("p.tsv", {"": _join(ROWS, lambda n, r: f"{n}\t{r[0]}\t{r[3]}", "# doc_id = two\n")}),
        "long-iob2": ("p.conll", {"": _join(LONG_ROWS, lambda n, r: "\t".join(r), "")}),
        "long-bioes": ("p.conll", {"": _join(_to_bioes(LONG_ROWS), lambda n, r: "\t".join(r), "")}),
        "bare-labels": ("p.conll", {"": _join(LONG_ROWS, lambda n, r: f"{r[0]}\t{r[1][2:] or 'O'}", "")}),
        "tagged-rows": ("p.jsonl", {"": b"".join(
            json.dumps({"doc_id": "long", "tokens": [w for w, _ in s], "ner_tags": [t for _, t in s]}).encode() + b"\n"
            for s in LONG_ROWS)}),
        "tagged-offsets": ("p.jsonl", {"": json.dumps({**tagged[0], "token_offsets": offsets}).encode() + b"\n"}),
        "prodigy-tasks": ("p.jsonl", {"": _prodigy(bare)}),
        "entities": ("p.jsonl", {"": "".join(json.dumps(x) + "\n" for x in lines).encode()}),
        "json-by-id": ("p.json", {"": json.dumps({x["doc_id"]: {"entities": x["entities"]} for x in lines}).encode()}),
        "conll2012": ("p.v4_gold_conll", {"": two_articles.BRACKETS.replace(" - ", " NN * - - - ").join(
            ("#begin document (two); part 000\n", "\n#end document\n")).encode()}),
        "corefud": ("p.conllu", {"": (HERE / "files" / "corefud.conllu").read_bytes()}),
        "misc": ("p.conllu", {"": (HERE / "samples" / "ner_in_misc.conllu").read_bytes()}),
        "langextract-own": ("p.jsonl", {"": (HERE / "data" / "langextract.jsonl").read_bytes()}),
        "folder": ("", {f"{n}.conll": _join(rows, lambda _, r: "\t".join(r), "") for n, rows in
                        (("one", LONG_ROWS[:1]), ("two", LONG_ROWS[1:]))}),
    }  # fmt: skip


@dataclass
class Sample:
    """A file or folder of a kind.

    Attributes:
        kind: Its kind.
        path: Where it is.
        files: What is in it.
        gold: The gold that it is about.
        before: What it is read as, as predictions and, where it can be one, as a gold.
    """

    kind: str
    path: Path
    files: Files
    gold: Gold
    before: dict[str, Outcome] = field(default_factory=dict)

    @cached_property
    def format(self) -> str:
        """The name of the format in which it is read."""
        return self.input.format

    @property
    def input(self) -> Input:
        """The sample, in the format that is found; in that of labels alone, which has to be named."""
        return Input(self.path, "conll" if self.kind == "bare-labels" else None)

    def write(self, files: Files) -> None:
        """Put other content in place."""
        for name in files.keys() | self.files.keys():
            path = self.path / name if name else self.path
            if name in files:
                path.write_bytes(files[name])
            elif path.exists():
                path.unlink()

    @property
    def sides(self) -> list[str]:
        """The sides that it can be read as."""
        return list(self.before)


@dataclass(frozen=True)
class Outcome:
    """What reading gave: documents and the notes, or the problems of a refusal."""

    documents: dict[str, Document]
    notes: tuple[str, ...]
    problems: tuple[Any, ...] = ()

    @property
    def answer(self) -> Any:
        """What was read, without ids and in any order."""
        return {doc_id: _describe(d) for doc_id, d in self.documents.items()}


def _describe(d: Document) -> Any:
    def attributes(layer: str, item: Any) -> tuple[Any, ...]:
        return tuple(str(getattr(item, a.name)) for a in list_attributes(layer))

    def refer(r: Any) -> Any:
        return (r.span.start, r.span.end) if r else ()

    def bounds(spans: Any) -> Any:
        return tuple((s.start, s.end) for s in spans)

    placement = [span for span, _ in d.placement.unplaced]
    return (
        sorted((e.span.start, e.span.end, e.type, attributes("entities", e), repr(e.extents)) for e in d.entities),
        sorted((bounds([v.trigger]), v.type, attributes("events", v),
                tuple(sorted((a.role, refer(a.filler)) for a in v.arguments))) for v in d.events),
        sorted((bounds(q.content), bounds([q.cue] if q.cue else []), refer(q.source), refer(q.addressee),
                attributes("quotes", q)) for q in d.quotes),
        sorted(d.emitted), len(placement), d.text, bounds(d.paragraphs), repr(d.zones),
    )  # fmt: skip


def make_samples(folder: Path) -> list[Sample]:
    """Write a sample of every kind into a folder."""
    out = []
    for kind in (k for k in two_articles.KINDS if k != "gzip"):
        place = folder / kind
        place.mkdir()
        out.append(_open(kind, two_articles.write_sample(kind, place, two_articles.make_gold())))
    for kind, (name, files) in _other_samples().items():
        place = folder / kind
        place.mkdir()
        for inner, content in files.items():
            (place / (inner or name)).write_bytes(content)
        out.append(_open(kind, place / name if name else place))
    return out


def _open(kind: str, path: Path) -> Sample:
    files = (
        {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
        if path.is_dir()
        else {"": path.read_bytes()}
    )
    about = two_articles.make_gold()
    if kind == "langextract-own":  # one of its extractions is not in the text
        texts = {"mine": "Kim met Putin. Kim left Moscow.", "other": "Nobody left."}
        about = [Document(name, text, paragraphs=tuple(paragraphs_of(text))) for name, text in texts.items()]
    sample = Sample(kind, path, files, Gold(about, two_articles.ONTOLOGY))
    as_gold = read(sample, "gold")
    if not as_gold.problems and all(d.text for d in as_gold.documents.values()):
        sample.before["gold"] = as_gold
    if read(sample, "predictions").problems:  # about other articles, or with labels of its own
        assert not as_gold.problems, (kind, as_gold.problems, read(sample, "predictions").problems)
        sample.gold = sample.input.read_gold()
    sample.before["predictions"] = read(sample, "predictions")
    assert sample.format
    assert not sample.before["predictions"].problems, (kind, sample.before["predictions"].problems)
    return sample


def read(sample: Sample, side: str) -> Outcome:
    """Read a sample as its file is now."""
    try:
        if side == "gold":
            gold = sample.input.read_gold()
            return Outcome({d.doc_id: d for d in gold.documents}, tuple(gold.notes))
        documents, notes = sample.input.read_predictions(sample.gold)
        return Outcome(documents, tuple(notes))
    except InputError as e:
        return Outcome({}, (), tuple(e.problems))


def tell(sample: Sample, side: str, outcome: Outcome) -> tuple[Any, tuple[str, ...]]:
    """Return the scores of what was read, and all that the report says beside them."""
    gold, predicted = sample.gold.documents, outcome.documents
    if side == "gold":
        gold, predicted = list(outcome.documents.values()), sample.before["gold"].documents
        if outcome.documents.keys() != predicted.keys():
            return outcome.answer, outcome.notes
    result = scoring.score(gold, predicted, sample.gold.ontology, OPTIONS)
    lines = [x for x in terminal._render_notes(result) if not x.startswith("predictions reach")]
    return {name: m.value for name, m in result.measures.items()}, (*outcome.notes, *lines)


# -- mutations of JSON -------------------------------------------------------------------------------------------------

SYNONYMS = {
    "start": ["from", "startt", "start_", "s", "START", "first"], "end": ["to", "until", "END", "last", "ends"],
    "text": ["txt", "words", "string", "surface", "mention", "Texte"], "type": ["category", "kind", "class", "typ"],
    "label": ["labell", "category", "class", "name_of_type"], "entities": ["ents_", "mentions", "entity", "Entities"],
    "doc_id": ["docid", "doc", "document", "docId"], "spans": ["span", "Spans"], "ents": ["ent", "Ents"],
    "cluster": ["coref", "cluster_id", "clusters"], "level": ["mention_type", "lvl"], "role": ["Role", "relation"],
    "arguments": ["argument", "participants"], "content": ["contents", "Content"], "source": ["sources", "holder"],
    "ner_tags": ["ner_tag", "NER_tags", "labels_"], "tokens": ["token", "toks"], "word": ["words", "wrd"],
    "entity_group": ["entity_groups", "group"], "entity": ["ent", "Entity"], "index": ["idx"],
    "extraction_text": ["extraction", "text_"], "char_interval": ["interval", "char_span"], "answer": ["answers"],
}  # fmt: skip
# Keys that may be absent: without them nothing is stated, which is what such a file says.
OPTIONAL = {
    *(a.name for layer in LAYERS for a in list_attributes(layer)), "cue", "source", "addressee", "arguments", "extents",
    "title", "zones", "sentences", "paragraphs", "tokens", "spans", "ents", "kb_id", *LAYERS,
}  # fmt: skip
WORDS = ("text", "word", "extraction_text")
STARTS = ("start", "start_pos", "start_offset")
# Keys whose values are free names: another one is another name.
NAMES = {"cluster", "id", "kb_id", "parent", "name", "from_id", "to_id", "document_id"}


def respell(key: str, dice: random.Random) -> str:
    """Return a key as somebody may misspell it, or another word for it."""
    at = dice.randrange(len(key)) if key else 0
    ways = [
        key[:at] + key[at + 1 :], key[:at] + key[at : at + 1] * 2 + key[at + 1 :], key.upper(), key.capitalize(),
        key + "s", key.rstrip("s"), key + "_", "_" + key, key.replace("_", ""), key.replace("_", "-"),
        key[:at] + key[at + 1 : at + 2] + key[at : at + 1] + key[at + 2 :], f" {key}", "x", "",
        *SYNONYMS.get(key, []) * 2,
    ]  # fmt: skip
    return dice.choice([w for w in ways if w != key] or ["x"])


def _walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield the pattern (the keys on the way), the holder and the key or index of every place in a value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        here = (*path, key if isinstance(key, str) else "[]")
        yield here, value, key
        yield from _walk(value[key], here)


def _choose(value: Any, dice: random.Random, fits: Callable[[Any, Any], bool]) -> tuple[str, list[tuple[Any, Any]]]:
    """Return places of one pattern that fit: one of them, or all. Raises IndexError where there is none."""
    places: dict[tuple[str, ...], list[tuple[Any, Any]]] = {}
    for path, holder, key in _walk(value):
        if fits(holder, key):
            places.setdefault(path, []).append((holder, key))
    path = dice.choice(sorted(places))
    found = places[path]
    return ".".join(path), (found if dice.random() < 0.4 else [dice.choice(found)])


def rename_key(value: Any, dice: random.Random, side: str) -> str:
    """Rename a key of one object, or of all objects of a kind."""
    where, places = _choose(value, dice, lambda holder, key: isinstance(key, str))
    new = respell(places[0][1], dice)
    for holder, key in places:
        if new not in holder:
            items = [(new if k == key else k, v) for k, v in holder.items()]
            holder.clear()
            holder.update(items)
    return f"rename {where} to {new!r}"


def _has_words(holder: Any, key: Any) -> bool:
    """Return whether a key is the start of a span that carries its words."""
    return _find_words(holder, key) is not None and isinstance(holder[key], int)


def _find_words(holder: Any, key: Any) -> str | None:
    if key not in STARTS or not isinstance(holder, dict):
        return None
    return next((holder[w] for w in WORDS if isinstance(holder.get(w), str)), None)


def shift_offset(value: Any, dice: random.Random, side: str) -> str:
    """Move an offset away from the words beside it."""
    where, places = _choose(value, dice, _has_words)
    by, which = dice.choice([-3, -2, -1, 1, 1, 2, 5, 40]), dice.choice(["start", "end", "both"])
    for holder, key in places:
        end = key.replace("start", "end")
        if which != "end":
            holder[key] += by
        if which != "start" and isinstance(holder.get(end), int):
            holder[end] += by
    return f"shift {which} of {where} by {by}"


def change_unit(value: Any, dice: random.Random, side: str) -> str:
    """Count the offsets beside words in another unit."""
    where, places = _choose(value, dice, _has_words)
    unit = dice.choice(["utf16", "bytes", "inclusive", "inclusive starts"])
    text = dice.choice([A, B])
    for holder, key in places:
        end = key.replace("start", "end")
        for k in (key, end):
            n = holder.get(k)
            if isinstance(n, int):
                if unit == "utf16":
                    holder[k] = len(text[:n].encode("utf-16-le")) // 2
                elif unit == "bytes":
                    holder[k] = len(text[:n].encode())
                elif k == (end if unit == "inclusive" else key):
                    holder[k] -= 1
    return f"count {where} in {unit}"


def put_null(value: Any, dice: random.Random, side: str) -> str:
    """Put a null, or remove a key, where a value is needed."""

    def is_needed(holder: Any, key: Any) -> bool:
        if side == "gold" and key == "text" and not any(k in holder for k in STARTS):  # a gold may be without text
            return False
        return key not in OPTIONAL and not (isinstance(holder, list) and isinstance(holder[key], dict | list))

    where, places = _choose(value, dice, is_needed)
    remove = dice.random() < 0.5
    for holder, key in places:
        if remove and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = None
    return f"{'remove' if remove else 'null for'} {where}"


def change_kind(value: Any, dice: random.Random, side: str) -> str:
    """Put another kind of value that says the same to a person: a string for a number, a list for one."""
    where, places = _choose(value, dice, lambda holder, key: True)
    ways: dict[type, list[Callable[[Any], Any]]] = {
        int: [str, float, lambda x: [x], lambda x: x + 0.5, lambda x: f" {x}"],
        str: [lambda x: [x], lambda x: {"text": x}, lambda x: x + " ", lambda x: f" {x}"],
        dict: [lambda x: [x], json.dumps], list: [lambda x: x[0] if x else {}, json.dumps, lambda x: [x]],
    }  # fmt: skip
    way = dice.randrange(9)
    is_item = any(k in places[0][0] for k in STARTS) if isinstance(places[0][0], dict) else True
    if side == "gold" and not is_item and places[0][1] in ("text", "id", "doc_id"):  # a gold's text and ids are its own
        raise IndexError
    for holder, key in places:
        known = ways.get(type(holder[key]))
        if known and not (isinstance(holder[key], str) and (key in NAMES or way % len(known) > 1)):
            holder[key] = known[way % len(known)](holder[key])
    return f"another kind {way} for {where}"


def change_case(value: Any, dice: random.Random, side: str) -> str:
    """Write a label in other letters."""
    if side == "gold":  # its labels are its own
        raise IndexError

    def is_label(holder: Any, key: Any) -> bool:
        if key == "text" and not any(k in holder for k in STARTS):  # words without a place: others stand elsewhere
            return False
        return isinstance(holder, dict) and isinstance(holder[key], str) and key not in NAMES

    where, places = _choose(value, dice, is_label)
    change = dice.choice([str.swapcase, str.lower, str.title, lambda x: x[1:], lambda x: x + "S"])
    for holder, key in places:
        holder[key] = change(holder[key])
    return f"other letters in {where}"


def exchange_values(value: Any, dice: random.Random, side: str) -> str:
    """Exchange two values of one object, or of one row of a list, as exchanged columns do."""

    def is_plain(holder: Any, key: Any) -> bool:
        # The labels of a gold are its own.
        return type(holder[key]) in ((int,) if side == "gold" else (str, int)) and key not in NAMES

    where, places = _choose(value, dice, is_plain)
    other = None
    for holder, key in places:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        others = [k for k in keys if k != key and is_plain(holder, k) and holder[k] != holder[key]]
        # A list of words, tags or labels, which may be a column of items.
        if isinstance(holder, list) and (len(holder) != 3 or len(set(map(type, holder))) == 1):
            continue
        if other is None and others:
            other = dice.choice(others)
        if other in others:
            holder[key], holder[other] = holder[other], holder[key]
    return f"exchange {where} and {other}"


def repeat_item(value: Any, dice: random.Random, side: str) -> str:
    """Repeat an item of a list, or a document."""
    where, places = _choose(
        value, dice, lambda holder, key: isinstance(holder, list) and isinstance(holder[key], dict | list)
    )
    for holder, key in places[:1]:
        if side == "gold" and "ner_tags" in (holder[key] if isinstance(holder[key], dict) else ()):  # a sentence
            raise IndexError
        holder.insert(dice.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    return f"repeat {where}"


def change_id(value: Any, dice: random.Random, side: str) -> str:
    """Give a document or an item the id of another one, or one that nothing has."""

    def is_id(holder: Any, key: Any) -> bool:
        return key in ("doc_id", "id", "document_id", "filler", "source") and isinstance(holder[key], str | int)

    if side == "gold":
        raise IndexError
    where, places = _choose(value, dice, is_id)
    (holder, key), *_ = places
    others = [h[k] for _, h, k in _walk(value) if k == key and is_id(h, k) and h[k] != holder[key]]
    if key in ("filler", "source"):
        others = []
    holder[key] = dice.choice([*others, "e9", "three", "", 7, "on", "ONE"])
    return f"{where} is {holder[key]!r}"


def drop_document(value: Any, dice: random.Random, side: str) -> str:
    """Leave out a document."""
    if side == "gold" or len(value) < 2:
        raise IndexError
    if isinstance(value, dict) and not all(isinstance(x, dict | list) for x in value.values()):
        raise IndexError
    if isinstance(value, list) and "ner_tags" in value[0]:  # a sentence
        raise IndexError
    key = dice.choice(list(value)) if isinstance(value, dict) else dice.randrange(len(value))
    del value[key]
    return f"drop document {key}"


JSON_MUTATIONS = [
    *[rename_key] * 6, *[shift_offset] * 3, *[change_unit] * 2, *[put_null] * 3, change_kind, change_kind,
    change_case, change_case, exchange_values, exchange_values, repeat_item, change_id, drop_document,
]  # fmt: skip


def mutate_json(raw: bytes, dice: random.Random, side: str) -> tuple[bytes, str]:
    """Return JSON or JSON Lines with one thing changed, and what."""
    text = raw.decode()
    try:
        value, is_lines = json.loads(text), False
    except ValueError:
        value, is_lines = [json.loads(line) for line in text.split("\n") if line], True
    what = dice.choice(JSON_MUTATIONS)(value, dice, side)
    if is_lines or (text.endswith("}\n") and "\n" not in text[:-1]):
        rows = value if isinstance(value, list) and is_lines else [value]
        return "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in rows).encode(), what
    return json.dumps(value, ensure_ascii=False).encode(), what


# -- mutations of columns ----------------------------------------------------------------------------------------------


def mutate_columns(raw: bytes, dice: random.Random, side: str) -> tuple[bytes, str]:
    """Return columns with one thing changed, and what."""
    lines = raw.decode().split("\n")
    rows = [i for i, x in enumerate(lines) if x.strip() and not x.startswith("#") and not x.startswith("-DOCSTART")]
    separator = "\t" if "\t" in lines[rows[0]] else " "
    cells = {i: lines[i].split(separator) for i in rows}
    width = min(map(len, cells.values()))
    one = dice.choice(rows)
    chosen = rows if dice.random() < 0.5 else [one]
    kind = dice.randrange(13)
    if side == "gold":  # its tokens are its text
        chosen, kind = rows, dice.choice([2, 7])
    a, b = dice.randrange(width), dice.randrange(width)
    what = f"{'all' if len(chosen) > 1 else 'one'}: "
    if side == "gold":
        a = width - 1
    if kind in (0, 1):
        what += f"exchange columns {a + 1} and {b + 1}"
        for i in chosen:
            cells[i][a], cells[i][b] = cells[i][b], cells[i][a]
    elif kind == 2:
        what += f"drop column {a + 1}"
        for i in chosen:
            del cells[i][a]
    elif kind in (3, 4):
        new = dice.choice(["_", "X", "O", "number", "copy", "tag", "B-MISC", "1"])
        what += f"add column {a + 1}: {new}"
        for n, i in enumerate(chosen):
            extra = {"number": str(n), "copy": cells[i][b], "tag": dice.choice(["O", "B-PER", "B-ORG"])}.get(new, new)
            cells[i].insert(dice.choice([a, len(cells[i])]) if len(chosen) == 1 else a, extra)
    elif kind == 5:
        what = f"repeat line {one + 1}"
        cells[one] = [*cells[one][:-1], f"{cells[one][-1]}\n{lines[one]}"]
    elif kind == 6:
        if re.search(r"[BIES]-|\(|\d\)|PER|GPE", lines[one]):  # the line is the item
            raise IndexError
        what = f"drop line {one + 1}"
        lines[one] = "# x"
        del cells[one]
    elif kind == 7:
        new = dice.choice([" ", "  ", ",", ";", "\t", "\t\t"])
        what += f"separator {new!r}"
        for i in chosen:
            lines[i] = new.join(cells.pop(i))
    elif kind in (8, 9):
        pattern, new = dice.choice(
            [("B-", "b-"), ("B-", "B_"), ("B-", "I-"), ("B-", "E-"), ("B-", "S-"), ("I-", "i-"), ("I-", "E-"),
             ("O", "o"), ("B-", "X-"), ("B-", ""), ("I-", ""), ("E-", "I-"), ("S-", "B-"), ("PER", "per"),
             ("(", "["), (")", ""), ("(", ""), ("Entity=", "Entitiy="), ("NER=", "NERR="), ("NER=", "ner=")]
        )  # fmt: skip
        if len(chosen) == 1 and pattern in ("B-", "I-") and new in ("I-", "S-", ""):
            chosen = rows
        what += f"{pattern!r} is {new!r}"
        for i in chosen:
            first, *rest = cells[i]
            cells[i] = [first, *(re.sub(rf"(^|=|\|){re.escape(pattern)}", rf"\g<1>{new}", c) for c in rest)]
    elif kind == 10:
        comments = [i for i, x in enumerate(lines) if x.startswith("#") or x.startswith("-DOCSTART")]
        i = dice.choice(comments)
        words = re.findall(r"[\w.-]+", lines[i])
        word = dice.choice(words[:3])
        lines[i] = lines[i].replace(word, respell(word, dice), 1)
        what = f"comment {i + 1}: {lines[i]!r:.60}"
    elif kind == 11:
        other = rows[(rows.index(one) + 1) % len(rows)]
        if cells[one][:2] == cells[other][:2]:
            raise IndexError
        what = f"exchange lines {one + 1} and {other + 1}"
        cells[one], cells[other] = cells[other], cells[one]
    else:
        places = [(j, m) for j, c in enumerate(cells[one]) for m in re.finditer(r"\d+", c)]
        if separator == "\t" and width > 2 and places:
            j, m = dice.choice(places)
            if re.search(r"\[\d+\]$|\(e?\d", cells[one][j]):  # the number of an entity or cluster
                raise IndexError
            cells[one][j] = (
                f"{cells[one][j][: m.start()]}{int(m[0]) + dice.choice([-1, 1, 2])}{cells[one][j][m.end() :]}"
            )
            what = f"line {one + 1}: {cells[one][j]}"
        else:
            raise IndexError
    for i, row in cells.items():
        lines[i] = separator.join(row)
    return "\n".join(lines).encode(), what


# -- mutations of brat -------------------------------------------------------------------------------------------------


def mutate_brat(raw: bytes, dice: random.Random, side: str) -> tuple[bytes, str]:
    """Return lines of brat with one thing changed, and what."""
    lines = raw.decode().rstrip("\n").split("\n")
    i = dice.randrange(len(lines))
    line, kind = lines[i], dice.randrange(8)
    id_, tab, body = line.partition("\t")
    if kind in (0, 1):  # an offset
        numbers = list(re.finditer(r"(?<= )\d+(?=[\t ;])|(?<=;)\d+", line)) if line[0] == "T" else []
        m = dice.choice(numbers)
        lines[i] = f"{line[: m.start()]}{max(0, int(m[0]) + dice.choice([-2, -1, 1, 1, 3]))}{line[m.end() :]}"
    elif kind in (2, 3):  # a word
        words = [
            m for m in re.finditer(r"[A-Za-z][\w.]*", body) if "cluster:" not in body[: m.start()] or m.start() < 2
        ]
        words = [
            m for m in words if not (side == "gold" and line[0] in "TEA") and not (line[0] == "N" and m.start() > 9)
        ]
        m = dice.choice(words)
        new = respell(m[0], dice)
        if re.fullmatch(r"[TERA]?\d+", new):
            raise IndexError
        lines[i] = f"{id_}{tab}{body[: m.start()]}{new}{body[m.end() :]}"
    elif kind == 4:
        lines.insert(dice.randrange(len(lines) + 1), line)
    elif kind == 5:  # a second statement
        if line[0] not in "ARN":
            raise IndexError
        others = [x for x in lines if x[0] == line[0] and x.split()[1] == line.split()[1]]
        value = dice.choice(others).split()[-1]
        new = re.sub(r"\S+$", value, body) if line[0] != "N" else body.replace("cluster:", "cluster:x")
        lines.insert(dice.choice([0, len(lines)]), f"{line[0]}99\t{new}")
    elif kind == 6:
        lines[i] = dice.choice(
            [line.replace("\t", " ", 1), line.replace("\t", "\t\t", 1), line.replace(" ", "\t", 1), f" {line}",
             line.lower(), f"{id_}{tab}{' '.join(reversed(body.split(' ')))}", body]
        )  # fmt: skip
    else:  # a target
        m = dice.choice(list(re.finditer(r"\b[TE](\d+)\b", body)))
        lines[i] = f"{id_}{tab}{body[: m.start()]}{m[0][0]}{int(m[1]) + 50}{body[m.end() :]}"
    return ("\n".join(lines) + "\n").encode(), f"{line!r} is {lines[i]!r} ({kind})"


# -- mutations of other files ------------------------------------------------------------------------------------------


def mutate_table(sample: Sample, dice: random.Random, side: str) -> tuple[Files, str]:
    """Return a table with one thing changed in its rows, and what."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = next(n for n in sample.files if n.endswith(".arrow") or not n)
    raw = io.BytesIO(sample.files[name])
    rows = (pa.ipc.open_stream(raw).read_all() if name else pq.read_table(raw)).to_pylist()
    what = dice.choice(JSON_MUTATIONS)(rows, dice, side)
    out = io.BytesIO()
    try:
        keys = dict.fromkeys(key for row in rows for key in row)
        table = pa.Table.from_pylist([dict.fromkeys(keys) | row for row in rows])
        if name:
            with pa.ipc.new_stream(out, table.schema) as writer:
                writer.write_table(table)
        else:
            pq.write_table(table, out)
    except (pa.ArrowException, TypeError, ValueError):  # what Arrow cannot express
        raise IndexError from None
    return {**sample.files, name: out.getvalue()}, what


def mutate_docs(raw: bytes, dice: random.Random, side: str) -> tuple[bytes, str]:
    """Return a DocBin with one thing changed, and what."""
    import spacy
    from spacy.tokens import DocBin

    docs = list(DocBin(store_user_data=True).from_bytes(raw).get_docs(spacy.blank("xx").vocab))
    doc = dice.choice(docs)
    kind = dice.randrange(4)
    chosen = docs if dice.random() < 0.5 else [doc]
    what = ""
    if kind == 0:
        old = dice.choice(["entities", "events", "quotes"])
        new = respell(old, dice)
        what = f"group {old} is {new!r}"
        for d in chosen:
            group = list(d.spans.pop(old))
            d.spans[new] = group
    elif kind == 1:
        new = respell("doc_id", dice)
        what = f"doc_id is {new!r}"
        for d in chosen:
            d.user_data[new] = d.user_data.pop("doc_id")
    elif kind == 2:
        doc.user_data["doc_id"] = dice.choice(["one", "two", "three", 7, ""])
        what = f"doc_id {doc.user_data['doc_id']!r}"
        if side == "gold":
            raise IndexError
    else:
        docs.append(doc)
        what = "repeat document"
    return DocBin(docs=docs, store_user_data=True).to_bytes(), what


def mutate(sample: Sample, dice: random.Random, side: str) -> tuple[Files, str]:
    """Return the files of a sample with one thing changed, and what. Raises IndexError where there is no such thing."""
    names = [n for n in sample.files if not n.endswith(".txt")]
    name = dice.choice(names)
    raw = sample.files[name]
    if sample.kind in ("parquet", "dataset"):
        return mutate_table(sample, dice, side)
    if sample.kind == "spacy":
        changed, what = mutate_docs(raw, dice, side)
    elif sample.kind == "brat":
        changed, what = mutate_brat(raw, dice, side)
    elif raw[:1] in (b"{", b"["):
        changed, what = mutate_json(raw, dice, side)
    else:
        changed, what = mutate_columns(raw, dice, side)
    return {**sample.files, name: changed}, what
