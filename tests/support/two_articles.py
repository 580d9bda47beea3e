"""Two small annotated articles, and files of them in every format and as every kind of extractor writes them.

Tests read these files, convert them and break them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vostochny.formats import registry
from vostochny.formats.input import Gold, Input
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone
from vostochny.ontology import load_ontology
from vostochny.text.layout import paragraphs_of

ONTOLOGY = load_ontology()
TEXTS = {
    "one": "Kim met Putin in Amur 🚀\n“We will win,” Putin told Kim – twice, “and soon.”\nKim smiled.\nSource: site",
    "two": "Mr Kim’s train left.\nHe said that Russia agreed.",
}


def find_span(text: str, words: str, n: int = 1) -> Span:
    """Return the place of the n-th occurrence of words in a text."""
    at = -1
    for _ in range(n):
        at = text.index(words, at + 1)
    return Span(at, at + len(words))


def make_gold() -> list[Document]:
    """Return the two articles, every layer annotated."""
    a, b = TEXTS["one"], TEXTS["two"]
    kim, putin = (
        Entity("e1", find_span(a, "Kim"), "PER", "NAM", False, "kim"),
        Entity("e2", find_span(a, "Putin"), "PER", "NAM"),
    )
    entities = (
        kim,
        putin,
        Entity("e3", find_span(a, "Amur"), "GPE", "NAM"),
        Entity("e4", find_span(a, "Putin", 2), "PER", "NAM"),
    )
    met = Event(
        "v1", find_span(a, "met"), "Contact.Meet", "actual", "positive", None,
        (Argument("Participant", Reference(kim.span, "e1")), Argument("Participant", Reference(putin.span, "e2"))), "m",
    )  # fmt: skip
    said = Quote(
        "q1", (find_span(a, "We will win"), find_span(a, "and soon")), find_span(a, "told"),
        Reference(find_span(a, "Putin", 2), "e4"),
        directness="direct", attitude="assertion", cluster="w",
    )  # fmt: skip
    end = a.index("Source")
    zones = (Zone(Span(0, end), "body"), Zone(Span(end, len(a)), "boilerplate"))
    he = Entity("e2", find_span(b, "He"), "PER", "PRO", False, "kim")
    second = (
        Entity("e1", find_span(b, "Kim"), "PER", "NAM", False, "kim"),
        he,
        Entity("e3", find_span(b, "Russia"), "GPE", "NAM"),
    )
    that = Quote(
        "q1",
        (find_span(b, "that Russia agreed"),),
        find_span(b, "said"),
        Reference(he.span, "e2"),
        directness="indirect",
    )
    return [
        Document("one", a, zones, tuple(paragraphs_of(a)), entities=entities, events=(met,), quotes=(said,)),
        Document("two", b, (), tuple(paragraphs_of(b)), entities=second, quotes=(that,)),
    ]


def pipeline_answer(document: Document, aggregated: bool) -> list[dict[str, Any]]:
    """Return what a token-classification pipeline answers: groups, or word pieces of two characters with their tags."""
    out: list[dict[str, Any]] = []
    for e in document.entities:
        words = e.span.of(document.text)
        if aggregated:
            out.append({"entity_group": e.type, "score": 0.9, "word": words.lower(), "start": e.span.start,
                        "end": e.span.end})  # fmt: skip
            continue
        for i in range(0, len(words), 2):
            start = e.span.start + i
            out.append({
                "entity": ("I-" if i else "B-") + e.type, "score": 0.9, "index": 10 * start + i // 2 if i == 0 else
                out[-1]["index"] + 1, "word": "##" * (i > 0) + words[i : i + 2].lower(), "start": start,
                "end": min(start + 2, e.span.end),
            })  # fmt: skip
    return out


def gliner_answer(document: Document) -> list[dict[str, Any]]:
    """Return what GLiNER answers."""
    return [
        {"start": e.span.start, "end": e.span.end, "text": e.span.of(document.text), "label": e.type, "score": 0.5}
        for e in document.entities
    ]


def language_model_answer(document: Document) -> dict[str, Any]:
    """Return what a language model answers: the words, in their order."""

    def said(s: Span | None) -> dict[str, str] | None:
        return {"text": s.of(document.text)} if s else None

    return {
        "doc_id": document.doc_id,
        "entities": [{**said(e.span), "type": e.type, "level": e.level} for e in document.entities],
        "events": [
            {"trigger": said(v.trigger), "type": v.type,
             "arguments": [{"role": a.role, **said(a.filler.span)} for a in v.arguments]}
            for v in document.events
        ],
        "quotes": [
            {"content": [said(s) for s in q.content], "cue": said(q.cue), "source": said(q.source and q.source.span)}
            for q in document.quotes
        ],
    }  # fmt: skip


# The file or folder of each format that we write.
WRITTEN = {
    "jsonl": "w.jsonl", "json": "w.json", "label-studio": "w_tasks.json", "brat": "w_brat", "conll": "w.conll",
    "spacy": "w.spacy", "spacy-json": "w_spacy.jsonl", "parquet": "w.parquet", "dataset": "w_dataset",
}  # fmt: skip


def make_foreign_tasks(documents: list[Document]) -> list[dict[str, Any]]:
    """Return a Label Studio export of a project with other controls and other labels than ours."""
    out = []
    for n, d in enumerate(documents, 7):
        result = [
            {"id": f"r{i}", "from_name": "ner", "to_name": "article", "type": "labels", "origin": "manual",
             "value": {"start": e.span.start, "end": e.span.end, "text": e.span.of(d.text),
                       "labels": ["Person" if e.type == "PER" else "Place"]}}
            for i, e in enumerate(d.entities)
        ]  # fmt: skip
        result.append({"type": "relation", "from_id": "r0", "to_id": "r1", "direction": "right", "labels": ["knows"]})
        out.append({"id": n, "data": {"article": d.text, "name": d.doc_id}, "predictions": [], "drafts": [],
                    "annotations": [{"id": n, "completed_by": 1, "result": result}]})  # fmt: skip
    return out


def make_webanno_tsv(document: Document) -> str:
    """Return a document as WebAnno TSV 3.3, one sentence per line of its text, a token per word, sign or emoji."""

    def escape(words: str) -> str:
        return re.sub(r"([\\\[\]|_>;*])", r"\\\1", words)

    def to_units(at: int) -> int:
        return len(document.text[:at].encode("utf-16-le")) // 2

    lines = ["#FORMAT=WebAnno TSV 3.3", "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue",
             "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value", "", ""]  # fmt: skip
    sentences = (m for m in re.finditer(r"[^\n]+", document.text))
    for number, sentence in enumerate(sentences, 1):
        lines.append(f"#Text={escape(sentence[0])}")
        words = re.finditer(r"\w+|[^\w\s]", sentence[0])
        for n, word in enumerate(words, 1):
            start, end = sentence.start() + word.start(), sentence.start() + word.end()
            inside = [(i, e) for i, e in enumerate(document.entities, 1) if e.span.start <= start < e.span.end]
            identifiers = "|".join(f"*[{i}]" for i, _ in inside) or "_"
            types = "|".join(f"{escape(e.type)}[{i}]" for i, e in inside) or "_"
            place = f"{number}-{n}\t{to_units(start)}-{to_units(end)}"
            lines.append(f"{place}\t{escape(word[0])}\tX\t{identifiers}\t{types}\t")
        lines.append("")
    return "\n".join(lines) + "\n"


# Kind of output of other programs → what it is for these documents, as JSON.
FOREIGN: dict[str, Callable[[list[Document]], Any]] = {
    "words": lambda documents: [language_model_answer(d) for d in documents],
    "huggingface": lambda documents: [pipeline_answer(d, True) for d in documents],
    "huggingface-none": lambda documents: {d.doc_id: pipeline_answer(d, False) for d in documents},
    "gliner": lambda documents: [gliner_answer(d) for d in documents],
    "gliner2": lambda documents: {d.doc_id: {"entities": {"PER": ["Kim"], "GPE": []}} for d in documents},
    "tasks-of-others": make_foreign_tasks,
    "prodigy": lambda documents: [{"text": d.text, "spans": gliner_answer(d)} for d in documents],
    "doccano": lambda documents: [
        {"id": n, "text": d.text, "label": [[e.span.start, e.span.end, e.type] for e in d.entities], "Comments": []}
        for n, d in enumerate(documents, 7)
    ],
    "doccano-relations": lambda documents: [
        {
            "id": n,
            "text": d.text,
            "Comments": [],
            "relations": [],
            "entities": [
                {"id": i, "label": e.type, "start_offset": e.span.start, "end_offset": e.span.end}
                for i, e in enumerate(d.entities)
            ],
        }
        for n, d in enumerate(documents, 7)
    ],
    "langextract": lambda documents: [
        {
            "extractions": [
                {
                    "extraction_class": e.type,
                    "extraction_text": e.span.of(d.text),
                    "char_interval": {"start_pos": e.span.start, "end_pos": e.span.end},
                    "alignment_status": "match_exact",
                    "attributes": None,
                }
                for e in d.entities
            ],
            "text": d.text,
            "document_id": f"doc_{n}",
        }
        for n, d in enumerate(documents)
    ],
    "bigbio": lambda documents: [
        {
            "id": str(n),
            "document_id": d.doc_id,
            "passages": [
                {"id": f"{n}p{i}", "type": "line", "text": [line[0]], "offsets": [[line.start(), line.end()]]}
                for i, line in enumerate(re.finditer(r"[^\n]+", d.text))
            ],
            "entities": [
                {
                    "id": f"{n}e{i}",
                    "type": e.type,
                    "text": [e.span.of(d.text)],
                    "offsets": [[e.span.start, e.span.end]],
                    "normalized": [],
                }
                for i, e in enumerate(d.entities)
            ],
            "events": [],
            "coreferences": [],
            "relations": [],
        }
        for n, d in enumerate(documents)
    ],
    "columns": lambda documents: [
        {
            "doc_id": d.doc_id,
            "text": d.text,
            "entities": {
                key: [values[key] for values in gliner_answer(d)] for key in ("start", "end", "text", "label")
            },
        }
        for d in documents
    ],
    "spacy-training": lambda documents: [
        [d.text, {"entities": [[s["start"], s["end"], s["label"]] for s in gliner_answer(d)]}] for d in documents
    ],
}
KINDS = (*WRITTEN, "gzip", *FOREIGN, "tagged", "webanno", "brackets")
BRACKETS = "".join(
    f"two 0 {i} {word} - {brackets}\n"
    for i, (word, brackets) in enumerate(
        [("Mr", "-"), ("Kim", "(0)"), ("’s", "-"), ("train", "(1)"), ("left", "-"), (".", "-")]
    )
)


def write_sample(kind: str, folder: Path, documents: list[Document]) -> Path:
    """Write documents into a folder as a file or folder of one of KINDS; return its path.

    Raises ValueError or InputError where the kind cannot express them. ``tagged`` and ``brackets`` are always the same
    sentence.
    """
    if kind in FOREIGN:
        path = folder / f"{kind}.json"
        path.write_text(json.dumps(FOREIGN[kind](documents), ensure_ascii=False), encoding="utf-8")
    elif kind == "webanno":
        path = folder / "webanno"
        path.mkdir()
        for d in documents:
            name = d.doc_id.encode()[:200].decode(errors="ignore")  # as long as a file's name may be
            (path / f"{name}.tsv").write_text(make_webanno_tsv(d), encoding="utf-8")
    elif kind == "tagged":
        row = {
            "doc_id": "two",
            "tokens": ["Mr", "Kim", "'s", "train", "left", "."],
            "ner_tags": ["O", "B-PER", *"OOOO"],
        }
        path = folder / "tagged.jsonl"
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    elif kind == "brackets":
        path = folder / "two.v4_gold_conll"
        path.write_text(f"#begin document (two);\n{BRACKETS}\n#end document\n", encoding="utf-8")
    else:
        path = folder / ("w.jsonl.gz" if kind == "gzip" else WRITTEN[kind])
        registry.load_format("jsonl" if kind == "gzip" else kind).write(str(path), documents, Counter(), True)
    return path


def write_samples(folder: Path) -> dict[str, Path]:
    """Write a file or folder of every kind into a folder; return their paths by the name of the kind."""
    return {kind: write_sample(kind, folder, make_gold()) for kind in KINDS}


def typed_spans(documents: list[Document]) -> dict[str, list[tuple]]:
    """Return the sorted spans and types of the entities by document: what every format can express of them."""
    return {d.doc_id: sorted((e.span, e.type) for e in d.entities) for d in documents}


def read_predictions(path: Path | str, name: str | None = None, **more: Any) -> dict[str, Document]:
    """Read predictions on the two articles, in any format."""
    return Input(path, name).read_predictions(Gold(make_gold(), ONTOLOGY), **more)[0]
