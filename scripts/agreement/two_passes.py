"""Measure how far two annotators agree, layer by layer, with intervals.

    python -m scripts agreement            compare annotations/annotators/a with b, write annotations/agreement.json
    python -m scripts agreement A B        compare two folders of <doc_id>.json tasks; print, write nothing
    python -m scripts agreement --check    write nothing; exit 1 if agreement.json is not current

Spans, arguments and clusters are compared by the benchmark's own metrics with A as gold: F1 is mutual F1 (Hripcsak &
Rothschild 2005), recall is agr(A→B), the part of A's items that B has, and precision agr(B→A) (Wiebe et al. 2005).
Labels of matched items are compared by Cohen's κ. Because the guidelines show examples from these very texts, every
score is also computed for the items outside those examples, where neither annotator was shown anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from scripts import exchange
from scripts.agreement import kappa, readings
from scripts.files import ANNOTATIONS, update_files
from scripts.segmentation import segment
from scripts.store import AGREEMENT, GOLD, PASSES, Store
from vostochny import scoring
from vostochny.errors import InputError, Problem
from vostochny.metrics import catalogue
from vostochny.metrics.pairs import Pair, pair_documents
from vostochny.model import LAYERS, Document, Span
from vostochny.report.percents import format_decimals, format_interval, format_percent
from vostochny.schema.records import list_stated
from vostochny.stats.intervals import percentile_interval
from vostochny.stats.resampling import Resampling
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

TARGET = ANNOTATIONS / AGREEMENT
FOLDERS = (ANNOTATIONS / PASSES / "a", ANNOTATIONS / PASSES / "b")

# The published scores: label → the benchmark's metric. Those of clusters have labels of their own here.
METRICS = {row.agreement: name for name, row in catalogue.METRICS.items() if row.agreement} | {
    "entity clusters within articles, CoNLL": "coreference.entities.within.conll",
    "entity clusters within articles, LEA": "coreference.entities.within.lea",
    "entity clusters across articles, CoNLL": "coreference.entities.across.conll",
    "entity clusters across articles, LEA": "coreference.entities.across.lea",
    "event clusters within articles, CoNLL": "coreference.events.within.conll",
    "event clusters across articles, CoNLL": "coreference.events.across.conll",
    "event clusters across articles, LEA": "coreference.events.across.lea",
    "utterance clusters across articles, CoNLL": "coreference.utterances.across.conll",
    "utterance clusters across articles, LEA": "coreference.utterances.across.lea",
}
Comparison = Callable[[list[Pair]], kappa.Confusion]


def _compare_mentions(name: str) -> Comparison:
    return lambda pairs: kappa.compare_labels(pairs, kappa.label_mentions(attrgetter(name)))


def _compare_triggers(name: str) -> Comparison:
    return lambda pairs: kappa.compare_labels(pairs, kappa.label_triggers(attrgetter(name)))


def _compare_quotes(name: str) -> Comparison:
    return lambda pairs: kappa.compare_quote_labels(pairs, attrgetter(name))


# The published κ: label → the function that compares these labels.
KAPPAS: Mapping[str, Comparison] = {
    "mention type": _compare_mentions("type"),
    **{f"mention {name}": _compare_mentions(name) for name in list_stated("entities")},
    "event type": _compare_triggers("type"),
    **{name: _compare_triggers(name) for name in list_stated("events")},
    "role": lambda p: kappa.compare_labels(p, kappa.label_arguments),
    **{name: _compare_quotes(name) for name in list_stated("quotes")},
}
# Of 10 000 resamples 2 000 are enough for two decimals of κ, which has no form for all resamples at once.
KAPPA_RESAMPLES = 2000


def read_pass(folder: Path) -> dict[str, Document]:
    """Return one annotator's documents by doc_id, segmented. Raises InputError with the problems of all files."""
    return {doc_id: segment(d) for doc_id, d in Store(folder, gold="").read_documents().items()}


def read_passes(a: Path, b: Path) -> tuple[dict[str, Document], dict[str, Document]]:
    """Return the documents of two annotators. Raises InputError where they share no article."""
    passes = read_pass(a), read_pass(b)
    if not passes[0].keys() & passes[1].keys():
        raise InputError([Problem(str(b), None, None, f"has no article in common with {a}")])
    return passes


def drop_examples(document: Document, examples: list[Span]) -> Document:
    """Return the document without the items inside the places of examples.

    An argument goes with its trigger or its filler, a quote where its content begins with an example.
    """

    def new(span: Span) -> bool:
        return not any((s.start <= span.start and span.end <= s.end) or s == span for s in examples)

    return replace(
        document,
        entities=tuple(e for e in document.entities if new(e.span)),
        events=tuple(
            replace(e, arguments=tuple(a for a in e.arguments if new(a.filler.span)))
            for e in document.events
            if new(e.trigger)
        ),
        # A quote is known once its beginning was shown, give or take two characters such as quotation marks.
        quotes=tuple(
            q for q in document.quotes if not any(s.start - 2 <= q.content[0].start <= s.start + 2 for s in examples)
        ),
    )


def cut_to_heads(document: Document) -> Document:
    """Return the document with every mention cut to its head, for agreement on heads."""
    pair = pair_documents([document], {}, frozenset(), frozenset())[0]
    return replace(document, entities=tuple(replace(e, span=pair.head_of(e.span)) for e in document.entities))


def compare(a: Mapping[str, Document], b: Mapping[str, Document]) -> dict[str, Any]:
    """Return the content of agreement.json for two passes, given by doc_id; articles that only one has are left out."""
    store = Store()
    ontology, examples = store.ontology, store.read_examples()
    ids = [i for i in a if i in b]

    def score(
        change: Callable[[Document], Document] = lambda d: d, resamples: int = 10_000, metrics: tuple[str, ...] = ()
    ) -> scoring.Result:
        options = scoring.Options(layers=LAYERS, resamples=resamples, metrics=metrics)
        return scoring.score([change(a[i]) for i in ids], {i: change(b[i]) for i in ids}, ontology, options)

    result = score()
    outside = score(lambda d: drop_examples(d, examples.get(d.short_id, [])), resamples=0)
    scores = {
        label: _describe_score(result, outside, name) for label, name in METRICS.items() if name in result.measures
    }
    by_head = score(cut_to_heads, resamples=0, metrics=("entities.all",)).measures["entities.all"]
    scores["all mentions, head"] = {"f1": by_head.value}
    pairs = pair_documents(
        [a[i] for i in ids], {i: b[i] for i in ids}, frozenset(ontology.values), ontology.unscored_zones
    )
    return {
        "articles": ids,
        "counts": {side: _count_items(documents, ids) for side, documents in (("a", a), ("b", b))},
        "f1": scores,
        "kappa": {label: _describe_kappa(compare_labels(pairs)) for label, compare_labels in KAPPAS.items()},
    }


def _describe_score(result: scoring.Result, outside: scoring.Result, name: str) -> dict[str, Any]:
    """Return one score as JSON; ``outside`` is the result on the items outside the examples."""
    measure = result.measures[name]
    uncertainty = result.uncertainty(measure)
    assert uncertainty is not None  # intervals are on
    row: dict[str, Any] = {"measure": name, "f1": measure.value}
    s = measure.score
    if s:
        row |= {"a_to_b": s.recall, "b_to_a": s.precision, "both": s.right, "a": s.gold, "b": s.predicted}
    if len(uncertainty.documents) == len(result.documents):
        row["by_article"] = dict(zip(result.documents, uncertainty.documents, strict=True))
    row |= {"these_articles": uncertainty.these_articles, "new_articles": uncertainty.new_articles}
    other = outside.measures.get(name)
    if other is not None:
        row["outside_examples"] = {"f1": other.value, "support": other.support}
    return row


def _describe_kappa(confusion: kappa.Confusion) -> dict[str, Any]:
    """Return one κ as JSON, with its interval and the label pairs that are confused most."""
    size = len(confusion.labels)
    totals = Resampling().totals(confusion.values.reshape(len(confusion.values), -1), confusion.documents)
    resampled = [kappa.compute_kappa(t) for t in totals[:KAPPA_RESAMPLES].reshape(-1, size, size)]
    interval = percentile_interval(np.array([np.nan if k is None else k for k in resampled]))
    table = confusion.values.sum(axis=0)
    confused = [
        (confusion.labels[i], confusion.labels[j], int(table[i, j]))
        for i in range(size)
        for j in range(size)
        if i != j and table[i, j]
    ]
    return {
        "kappa": confusion.kappa(),
        "items": float(table.sum()),
        "agreed": float(np.trace(table)),
        "these_articles": interval,
        "confused": sorted(confused, key=lambda x: (-x[2], x[0], x[1]))[:10],
    }


def _count_items(documents: Mapping[str, Document], ids: list[str]) -> dict[str, dict[str, int]]:
    """Return how many items of each layer the articles ``ids`` have."""
    return {
        i: {
            "entities": len(documents[i].entities),
            "events": len(documents[i].events),
            "arguments": sum(len(e.arguments) for e in documents[i].events),
            "quotes": len(documents[i].quotes),
        }
        for i in ids
    }


def round_floats(value: Any) -> Any:
    """Return a JSON value with all floats rounded to six decimals, so that the file is the same on every machine."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {k: round_floats(v) for k, v in value.items()}
    return [round_floats(v) for v in value] if isinstance(value, list | tuple) else value


def format_table(report: dict[str, Any]) -> str:
    """Return the content of agreement.json as a table for the terminal."""
    head = (
        f"{'mutual F1':<46}{'all':>6}{'these articles':>16}{'A→B':>7}{'B→A':>7}{'A':>6}{'B':>6}{'unshown':>9}{'of':>6}"
    )
    lines = [head]
    for label, f in report["f1"].items():
        outside = f.get("outside_examples") or {}
        lines.append(
            f"{label:<46}{format_percent(f['f1']):>6}{format_interval(f.get('these_articles')):>16}"
            + "".join(f"{format_percent(f[k]) if k in f else '':>7}" for k in ("a_to_b", "b_to_a"))
            + "".join(f"{f[k]:>6.0f}" if k in f else f"{'':>6}" for k in ("a", "b"))
            + f"{format_percent(outside['f1']) if outside else '':>9}{outside['support'] if outside else 0:>6.0f}"
        )
    lines += ["", f"{'Cohen’s κ on matched items':<46}{'κ':>6}{'these articles':>16}{'agreed':>8}{'of':>6}"]
    for label, k in report["kappa"].items():
        interval = format_interval(k["these_articles"], format_decimals)
        kappa_value = format_decimals(k["kappa"])
        lines.append(f"{label:<46}{kappa_value:>6}{interval:>16}{k['agreed']:>8.0f}{k['items']:>6.0f}")
    return "\n".join(lines) + "\n"


def compare_folders(a: Path, b: Path) -> dict[str, Any]:
    """Return the content of agreement.json for two folders of tasks. Raises InputError where they share no article."""
    report: dict[str, Any] = round_floats(compare(*read_passes(a, b)))
    return report


def render(report: Mapping[str, Any]) -> str:
    """Return the text of agreement.json."""
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def compare_annotators() -> dict[str, Any]:
    """Return the content of agreement.json for the two annotators of this corpus, with their readings."""
    store = Store()
    entries = readings.read_readings(store)
    report = compare_folders(*FOLDERS)
    if {"a", "b"} <= entries.keys():
        tokens = readings.list_tokens(store.read_gold())
        report["discrepancies"] = round_floats(readings.compare_readings(entries["a"], entries["b"], tokens))
    return report


def build_files() -> dict[Path, str]:
    """Return the content of agreement.json, of the two annotators of this corpus, by its path."""
    return {TARGET: render(compare_annotators())}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Without folders annotations/agreement.json is written. Exit code: 0 done, 1 with --check if it "
        "is not current, 2 unreadable input.",
    )
    parser.add_argument(
        "passes", nargs="*", type=Path, metavar="DIR",
        help="two folders of <doc_id>.json tasks (default: annotations/annotators/a and b)",
    )  # fmt: skip
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if agreement.json is not current")
    args = parser.parse_args(arguments)
    if len(args.passes) not in (0, 2):
        parser.error("give two folders, or none for the two annotators of this corpus")
    if args.check and args.passes:
        parser.error("--check is for the two annotators of this corpus; give no folders")
    report = compare_folders(*args.passes) if args.passes else compare_annotators()
    code = 0
    if not args.passes:
        with nullcontext() if args.check else exchange.lock(ANNOTATIONS / GOLD):
            code = update_files("agreement", {TARGET: render(report)}, args.check)
    if not args.check:
        console.print_text(format_table(report))
    return code
