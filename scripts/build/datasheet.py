"""The figures of DATASHEET.md, README.md and docs/scale.md, written between their marks from the records.

    python -m scripts datasheet            write what is not current
    python -m scripts datasheet --check    write nothing; exit 1 if a figure is not current

A mark is ``<!-- generated:NAME -->…<!-- /generated -->``, in a line or around whole lines; NAME is a key of figures().
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from scripts import store
from scripts.agreement import adjudicate, two_passes
from scripts.build import card, scale
from scripts.files import ANNOTATIONS, CORPUS, ROOT, read_json, read_json_lines, read_text, read_yaml, write_or_check
from vostochny import corpus
from vostochny.errors import InputError, Problem
from vostochny.formats import jsonl
from vostochny.model import Document

TARGETS = tuple(ROOT / name for name in ("DATASHEET.md", "README.md", "docs/scale.md"))
MARK = re.compile(r"<!-- generated:(\S+) -->(.*?)<!-- /generated -->", re.S)


def _listed(counts: Counter[str]) -> str:
    """Counts in words: ``10 arguments, 4 events``; the largest first."""
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items(), key=lambda x: (-x[1], x[0])))


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = list(head)
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _about_articles(documents: list[Document]) -> dict[str, str]:
    manifest = store.read_manifest(required=("sha256", "translated", "review"))["documents"]
    unscored = store.read_ontology().unscored_zones
    outside = sum(z.span.end - z.span.start for d in documents for z in d.zones if z.name in unscored)
    characters = sum(len(d.text) for d in documents)
    translated: dict[str, list[str]] = {}
    for doc_id, about in manifest.items():
        translated.setdefault(about["translated"], []).append(doc_id[:3])
    reviews = Counter(about["review"] for about in manifest.values())
    return {
        "articles": str(len(documents)),
        "characters": f"{characters:,}".replace(",", " "),
        "unscored": f"{100 * outside / characters:.1f} %",
        "translated": "; ".join(f"{value}: {', '.join(ids)}" for value, ids in translated.items()),
        "review": ", ".join(f"{n} {state}" for state, n in reviews.items()),
        "sha256": _table(["article", "sha256"], [[f"`{i}`", f"`{a['sha256']}`"] for i, a in manifest.items()]),
    }


def _about_labels(documents: list[Document]) -> dict[str, str]:
    entities = [e for d in documents for e in d.entities]
    quotes = [q for d in documents for q in d.quotes]
    events = [e for d in documents for e in d.events]
    shared: dict[str, set[str]] = {}
    for d in documents:
        for item in (*d.entities, *d.events, *d.quotes):
            if item.cluster:
                shared.setdefault(item.cluster, set()).add(d.doc_id)
    persons = {e.cluster for e in entities if e.type == "PER" and e.level == "NAM" and e.cluster}
    rows = {p.parent.name: len(read_json_lines(p)) for p in sorted(CORPUS.glob("*/test.jsonl"))}
    return {
        "statistics": card.statistics_table(documents),
        "rows": ", ".join(f"`{name}` {count}" for name, count in rows.items()),
        "entity-types": _listed(Counter(e.type for e in entities)),
        "event-types": _listed(Counter(e.type for e in events)),
        "directness": _listed(Counter(q.directness or "none" for q in quotes)),
        "realis": _listed(Counter(e.realis or "none" for e in events)),
        "clusters": str(len(shared)),
        "clusters-shared": str(sum(len(d) > 1 for d in shared.values())),
        "persons": str(len(persons)),
    }


def _about_annotation(documents: list[Document]) -> dict[str, str]:
    folder = ANNOTATIONS
    report = read_json(folder / "agreement.json")
    adjudicated = adjudicate.read_decisions()
    readings = read_json_lines(folder / "discrepancy_readings.jsonl", ["reading"])
    discrepancies = store.read_discrepancies()
    shown = two_passes.read_examples()
    covered = {
        (d.doc_id, i) for d in documents for s in shown.get(d.doc_id[:3], []) for i in range(s.start, s.end)
    }  # fmt: skip
    figures = {k: f["f1"] for k, f in report["f1"].items() if "measure" in f}
    low = sorted(figures, key=lambda k: figures[k])[:3]
    perfect = [k for k, value in figures.items() if value == 1]
    kappas = [
        [label, f"{k['kappa']:.3f}" if k["kappa"] is not None else "–", f"{k['agreed']:.0f}", f"{k['items']:.0f}"]
        for label, k in report["kappa"].items()
    ]

    def percent(label: str) -> str:
        return f"{100 * figures[label]:.1f} %"

    return {
        "places": str(sum(map(len, shown.values()))),
        "places-characters": f"{100 * len(covered) / sum(len(d.text) for d in documents):.1f} %",
        "agreement": card.agreement_table(report),
        "agreement-low": "; ".join(f"{label} {percent(label)}" for label in low),
        "agreement-perfect": f"{len(perfect)} of {len(figures)}",
        "agreement-names": percent("names and values"),
        "agreement-mentions": percent("all mentions"),
        "agreement-triggers": percent("trigger with type"),
        "agreement-arguments": percent("argument with role"),
        "kappas": _table(["label of matched items", "κ", "agreed", "of"], kappas),
        "adjudicated": str(len(adjudicated)),
        "adjudicated-layers": _listed(Counter(row["layer"] for row in adjudicated)),
        "adjudicated-sides": _listed(Counter(f"for {row['decision'].upper()}" for row in adjudicated)),
        "consistency": str(len(read_yaml(folder / "consistency.yaml") or {})),
        "readings": " and ".join(str(n) for n in Counter(row["reading"] for row in readings).values()),
        "discrepancies": str(len(discrepancies)),
        "relations": _listed(Counter(row["relation"] for row in discrepancies)),
    }


def _results() -> str:
    """The first figure of each layer of every stored system, as the leaderboard has them, for the README."""
    shown = {
        "names and values": "entities.names",
        "trigger with type": "events.trigger",
        "argument with role": "events.argument",
        "content with the right speaker": "quotes.speaker",
    }
    rows = []
    folder = ROOT / "benchmark"
    for path in sorted((folder / "baselines").glob("*/system.json")):
        name = path.parent.name
        result = read_json(folder / "leaderboard" / f"{name}.json")
        cells = []
        for measure in shown.values():
            found = result["metrics"].get(measure)
            if not found or not found["predicted"]:
                cells.append("–")
                continue
            low, high = found["new_articles"] or (None, None)
            interval = f" ({100 * low:.1f}–{100 * high:.1f})" if low is not None else ""
            cells.append(f"{100 * found['value']:.1f}{interval}")
        known = read_json(path)
        rows.append([f"[{known['name']}](benchmark/baselines/{name})", *cells])
    return _table(["system", *shown], rows)


def _coverage() -> dict[str, str]:
    """How often each interval held its own target in the simulation, least and most over its scenarios."""
    scenarios = read_json(ROOT / "benchmark" / "coverage.json")["scores"]
    out = {}
    for name in ("these_articles", "new_articles"):
        shares = [s[f"of_{name}"][name][0] for s in scenarios if f"of_{name}" in s]
        out[f"coverage-{name.split('_')[0]}"] = f"{min(shares):.2f}–{max(shares):.2f}".replace("0.", ".")
    return out


def figures() -> dict[str, str]:
    """Every figure by its name; one with a line break stands between whole lines."""
    path = CORPUS / "documents" / "test.jsonl"
    documents = jsonl.read_gold(str(path), store.read_ontology())
    found = _about_articles(documents) | _about_labels(documents) | _about_annotation(documents)
    return found | _coverage() | scale.known() | {"gold": f"`{corpus.file_hash(str(path))}`", "results": _results()}


def filled(text: str, known: dict[str, str]) -> str:
    """The text with every mark filled. Raises InputError for a mark without a figure."""
    unknown = sorted({name for name, _ in MARK.findall(text)} - known.keys())
    if unknown:
        raise InputError(
            [Problem("generated", None, name, "is no figure of python -m scripts datasheet") for name in unknown]
        )

    def one(found: re.Match[str]) -> str:
        name = found.group(1)
        around = "\n\n" if "\n" in known[name] else ""
        return f"<!-- generated:{name} -->{around}{known[name]}{around}<!-- /generated -->"

    return MARK.sub(one, text)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a figure is not current")
    check = parser.parse_args(arguments).check
    known = figures()
    stale = write_or_check({p: filled(read_text(p), known) for p in TARGETS}, check)
    says = "not current; run make corpus" if check else "written"
    print("\n".join(f"{path.name}: {says if path in stale else 'current'}" for path in TARGETS))
    return 1 if check and stale else 0
