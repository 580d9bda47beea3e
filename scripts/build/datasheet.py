"""Fill the marks of DATASHEET.md, README.md and guides in docs/ with generated values.

A mark is ``<!-- generated:NAME -->…<!-- /generated -->``; NAME is a key of :func:`compute_values`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.build import card, metrics_doc, rows_doc, scale
from scripts.build.marks import fill_documents
from scripts.files import CORPUS, ROOT, check_shape, display_path, read_json, read_json_lines
from scripts.shapes import Coverage, SystemResult
from scripts.store import AGREEMENT, Store
from vostochny import corpus
from vostochny.errors import InputError, Problem
from vostochny.formats.input import Input
from vostochny.metrics import catalogue
from vostochny.model import Document, Entity, Event, Quote, shorten_id
from vostochny.report import board
from vostochny.report.markdown_writer import format_table
from vostochny.report.percents import UNDEFINED, format_decimals, format_interval, format_percent

TARGETS = tuple(
    ROOT / name for name in ("DATASHEET.md", "README.md", "docs/metrics.md", "docs/rows.md", "docs/scale.md")
)


def _format_counts(counts: Counter[str]) -> str:
    """Return counts in words, the largest first: ``10 arguments, 4 events``."""
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items(), key=lambda x: (-x[1], x[0])))


def _article_values(documents: list[Document]) -> dict[str, str]:
    manifest = Store().read_manifest(("sha256", "translated", "review"))["documents"]
    unscored = Store().ontology.unscored_zones
    outside = sum(z.span.end - z.span.start for d in documents for z in d.zones if z.name in unscored)
    characters = sum(len(d.text) for d in documents)
    translated: dict[str, list[str]] = {}
    for doc_id, about in manifest.items():
        translated.setdefault(about["translated"], []).append(shorten_id(doc_id))
    reviews = Counter(about["review"] for about in manifest.values())
    return {
        "articles": str(len(documents)),
        "characters": f"{characters:,}".replace(",", " "),
        "unscored": f"{format_percent(outside / characters)} %",
        "translated": "; ".join(f"{value}: {', '.join(ids)}" for value, ids in translated.items()),
        "review": ", ".join(f"{n} {state}" for state, n in reviews.items()),
        "sha256": format_table(["article", "sha256"], [[f"`{i}`", f"`{a['sha256']}`"] for i, a in manifest.items()]),
    }


def _label_values(documents: list[Document]) -> dict[str, str]:
    entities = [e for d in documents for e in d.entities]
    quotes = [q for d in documents for q in d.quotes]
    events = [e for d in documents for e in d.events]
    articles_of: dict[str, set[str]] = {}  # cluster → doc_ids
    for d in documents:
        items: list[Entity | Event | Quote] = [*d.entities, *d.events, *d.quotes]
        for item in items:
            if item.cluster:
                articles_of.setdefault(item.cluster, set()).add(d.doc_id)
    persons = {e.cluster for e in entities if e.type == "PER" and e.level == "NAM" and e.cluster}
    rows = {p.parent.name: len(read_json_lines(p)) for p in sorted(CORPUS.glob("*/test.jsonl"))}
    return {
        "statistics": card.render_statistics(documents),
        "rows": ", ".join(f"`{name}` {count}" for name, count in rows.items()),
        "entity-types": _format_counts(Counter(e.type for e in entities)),
        "event-types": _format_counts(Counter(e.type for e in events)),
        "directness": _format_counts(Counter(q.directness or "none" for q in quotes)),
        "realis": _format_counts(Counter(e.realis or "none" for e in events)),
        "clusters": str(len(articles_of)),
        "clusters-shared": str(sum(len(ids) > 1 for ids in articles_of.values())),
        "persons": str(len(persons)),
    }


def _annotation_values(documents: list[Document]) -> dict[str, str]:
    store = Store()
    report = store.read_agreement()
    if not report:
        raise store.make_error(AGREEMENT, None, "is missing or empty; run python -m scripts build agreement")
    adjudicated = store.read_adjudication().values()
    readings = store.read_readings()
    discrepancies = store.read_discrepancies()
    examples = store.read_examples()
    characters = {
        (d.doc_id, i) for d in documents for s in examples.get(d.short_id, []) for i in range(s.start, s.end)
    }  # fmt: skip
    scores = {label: s["f1"] for label, s in report["f1"].items() if "measure" in s and s["f1"] is not None}
    low = sorted(scores, key=lambda label: scores[label])[:3]
    perfect = [label for label, value in scores.items() if value == 1]
    kappas = [
        [label, format_decimals(k["kappa"]), f"{k['agreed']:.0f}", f"{k['items']:.0f}"]
        for label, k in report["kappa"].items()
    ]

    def percent(label: str) -> str:
        if label not in scores:
            raise store.make_error(AGREEMENT, f"f1.{label}", "is missing; run python -m scripts build agreement")
        return f"{format_percent(scores[label])} %"

    return {
        "places": str(sum(map(len, examples.values()))),
        "places-characters": f"{format_percent(len(characters) / sum(len(d.text) for d in documents))} %",
        "agreement": card.render_agreement(report),
        "agreement-low": "; ".join(f"{label} {percent(label)}" for label in low),
        "agreement-perfect": f"{len(perfect)} of {len(scores)}",
        "agreement-names": percent("names and values"),
        "agreement-mentions": percent("all mentions"),
        "agreement-triggers": percent("trigger with type"),
        "agreement-arguments": percent("argument with role"),
        "kappas": format_table(["label of matched items", "κ", "agreed", "of"], kappas),
        "adjudicated": str(len(adjudicated)),
        "adjudicated-layers": _format_counts(Counter(row["layer"] for row in adjudicated)),
        "adjudicated-sides": _format_counts(Counter(_name_side(row["decision"]) for row in adjudicated)),
        "consistency": str(len(store.read_reasons())),
        "readings": ", ".join(f"{n} of {name}" for name, n in Counter(row["reading"] for row in readings).items()),
        "discrepancies": str(len(discrepancies)),
        "relations": _format_counts(Counter(row["relation"] for row in discrepancies)),
        "salience": _format_counts(Counter(_name_salience(row) for row in discrepancies)),
        "readings-agreement": _render_readings(report.get("discrepancies") or {}),
    }


def _name_side(decision: str) -> str:
    return f"for {decision.upper()}" if decision in ("a", "b") else "for neither"


def _name_salience(row: Mapping[str, Any]) -> str:
    return "minor and optional" if row.get("optional") else str(row["salience"])


def _render_readings(report: Mapping[str, Any]) -> str:
    """Return a table of how far the readings for discrepancies agree; "not measured" where that was not compared."""
    if not report:
        return "not measured"
    rows = [
        [f"{what}, Dice ≥ {threshold}", format_percent(score["f1"]), f"{score['a']}, {score['b']}", str(score["both"])]
        for what, by_threshold in (("entries", report["entries"]), ("major entries", report["major_entries"]))
        for threshold, score in by_threshold.items()
    ]
    table = format_table(["the same in both readings", "mutual F1", "entries of A, of B", "in both"], rows)
    kappas = [f"{name} {format_decimals(k['kappa'])}" for name, k in report["kappa"].items()]
    return f"{table}\n\nκ of the entries in both at the lower threshold: {', '.join(kappas)}."


def _read_checked(path: Path, kind: type[Any], command: str) -> Any:
    """Return the content of a generated JSON file. Raises InputError where it is not of a kind."""
    content = read_json(path)
    check_shape(display_path(path), content, kind, command)
    return content


def _results_table() -> str:
    """Return the headline scores of every stored system, as the leaderboard has them, for the README."""
    columns = [catalogue.METRICS[name].label for name in catalogue.HEADLINES.values()]
    rows = []
    folder = ROOT / "benchmark"
    systems = board.read_systems(folder / "baselines")
    for path in sorted((folder / "baselines").glob("*/system.json")):
        name = path.parent.name
        result = _read_checked(folder / "leaderboard" / f"{name}.json", SystemResult, "build leaderboard")
        cells = []
        for metric in catalogue.HEADLINES.values():
            score = result["metrics"].get(metric)
            if not score or not score.get("predicted"):
                cells.append(UNDEFINED)
                continue
            interval = format_interval(score.get("new_articles"))
            cells.append(format_percent(score["value"]) + (f" ({interval})" if interval else ""))
        rows.append([f"[{systems[name]['name']}](benchmark/baselines/{name})", *cells])
    return format_table(["system", *columns], rows)


def _coverage_values() -> dict[str, str]:
    """Return how often each interval contained its true value in the simulation: least and most over the scenarios."""
    scenarios = _read_checked(ROOT / "benchmark" / "coverage.json", Coverage, "build coverage")["scores"]
    values = {}
    for name in ("these_articles", "new_articles"):
        shares = [s[f"of_{name}"][name][0] for s in scenarios if name in s.get(f"of_{name}", ())]
        if not shares:
            file = "benchmark/coverage.json"
            raise InputError([Problem(file, None, "scores", f"has no {name}; run python -m scripts build coverage")])
        values[f"coverage-{name.split('_')[0]}"] = f"{min(shares):.2f}–{max(shares):.2f}".replace("0.", ".")
    return values


def compute_values() -> dict[str, str]:
    """Return every generated value by its name.

    Raises InputError where a file that they come from cannot be read.
    """
    path = ROOT / corpus.DOCUMENTS
    documents = Input(path, "jsonl").read_gold(Store().ontology).documents
    return (
        _article_values(documents)
        | _label_values(documents)
        | _annotation_values(documents)
        | _coverage_values()
        | metrics_doc.compute_values()
        | rows_doc.compute_values(Store().ontology)
        | scale.read_values()
        | {"gold": f"`{corpus.file_hash(str(path))}`", "results": _results_table()}
    )


def build_files() -> dict[Path, str]:
    """Return the documents with their values, by path."""
    return fill_documents(TARGETS, compute_values())
