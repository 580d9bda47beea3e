"""What a release did: which digit its changes call for, what became of stored scores, and the changelog's entry."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.history.changes import KINDS, Changes
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.formats import jsonl
from vostochny.metrics import catalogue
from vostochny.ontology import Ontology
from vostochny.report import LABELS

BUMPS = ("patch", "minor", "major")
CALLS_FOR = {
    "major": "ontology, texts, zones or segmentation changed; scores are not comparable with earlier ones",
    "minor": "labels of the gold changed; scores are comparable where the signature names the same gold",
    "patch": "code or documents changed; the gold is the same",
}
MEASURES = {
    **{name: LABELS[name] for name in (*catalogue.PRIMARY.values(), "events.argument")},
    "coreference.entities.within.conll": "entity coreference, CoNLL, within articles",
    "coreference.entities.across.conll": "entity coreference, CoNLL, across articles",
}
_SAME_TEXT = ("paragraphs", "sentences", "tokens")


@dataclass(frozen=True)
class Gold:
    """A published gold: ``corpus/documents/test.jsonl`` as it was or is, and the ontology that it follows."""

    content: bytes
    ontology: Ontology

    @property
    def hash(self) -> str:
        """What a signature calls it."""
        return hashlib.sha256(self.content).hexdigest()[:12]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Its rows by doc_id."""
        return {row["doc_id"]: row for row in map(json.loads, self.content.splitlines())}

    def scores(self, predictions: Path) -> dict[str, float] | str:
        """The figures that a changelog shows; where it cannot be scored, why."""
        with tempfile.TemporaryDirectory() as place:
            gold, kept = Path(place) / "gold.jsonl", Path(place) / "predictions.jsonl"
            gold.write_bytes(self.content)
            # Predictions for articles that this gold lacks are not its concern.
            known = list(self.rows)
            rows = [r for r in predictions.read_bytes().splitlines(True) if r.strip() and _about(r, known)]
            if not rows:
                return "no predictions for these articles"
            kept.write_bytes(b"".join(rows))
            try:
                documents = jsonl.read_gold(str(gold), self.ontology)
                predicted = jsonl.read_predictions(str(kept), documents, self.ontology, "wrong")
            except InputError as error:
                return f"cannot be scored: {error.problems[0].message}"
            options = scoring.Options(resamples=0, unknown="wrong")
            found = scoring.score(documents, predicted, self.ontology, options).measures
        return {n: m.value for n in MEASURES if (m := found.get(n)) is not None and m.value is not None}


def _about(row: bytes, known: list[str]) -> bool:
    """False for a prediction of an article that is none of these; what is no prediction is for the reader to name."""
    try:
        doc_id = json.loads(row)["doc_id"]
    except (ValueError, KeyError, TypeError):
        return True
    return any(k.startswith(str(doc_id)) for k in known)


def calls_for(found: Changes, before: Gold | None, after: Gold) -> tuple[str, str]:
    """The least digit that these changes may bump, and the first reason for it."""
    for c in found:
        if c.layer == "zones" or (c.layer == "ontology" and c.kind != "wording"):
            return "major", f"{c.layer}: {c.place} {c.description}".replace("  ", " ")
        if c.layer == "articles" and c.kind != "manifest":
            return "major", f"{c.place} {c.description}"
    if before:
        old, new = before.rows, after.rows
        for doc_id in (d for d in old if d in new):
            for name in _SAME_TEXT:
                if old[doc_id][name] != new[doc_id][name]:
                    return "major", f"{doc_id}: its {name} are cut otherwise"
    for c in found:
        if c.layer not in ("ontology", "articles"):
            return "minor", f"{c.layer}: {c.place} {c.description}".replace("  ", " ")
    return "patch", CALLS_FOR["patch"]


def bumped(version: str, part: str) -> str:
    """The version after a bump: 1.2.3 → 2.0.0, 1.3.0 or 1.2.4."""
    numbers = [int(x) for x in version.split(".")]
    at = len(BUMPS) - 1 - BUMPS.index(part)
    return ".".join(map(str, [*numbers[:at], numbers[at] + 1, *[0] * (2 - at)]))


@dataclass(frozen=True)
class Notes:
    """Everything that an entry of the changelog says."""

    version: str
    date: str
    part: str
    since: str
    found: Changes
    before: str | None
    after: str
    scores: Mapping[str, tuple[dict[str, float] | str, dict[str, float] | str]] = field(default_factory=dict)

    def entry(self) -> str:
        """The entry in Markdown."""
        gold = f"Gold `{self.after}`" if self.before in (None, self.after) else f"Gold `{self.before}` → `{self.after}`"
        lines = [f"## {self.version} ({self.date})", "", f"{self.part.capitalize()}: {CALLS_FOR[self.part]}.", ""]
        lines += [f"{gold}, since {self.since}.", "", *self._totals(), *self._scores()]
        return "\n".join(lines).rstrip() + "\n"

    def _totals(self) -> list[str]:
        if not self.found:
            return []
        lines = ["| layer | added | removed | changed |", "| --- | ---: | ---: | --- |"]
        for layer, counts in self.found.totals.items():
            changed = ", ".join(f"{n} {kind}" for kind, n in counts.items() if kind not in KINDS)
            lines.append(f"| {layer} | {counts.get('added', 0)} | {counts.get('removed', 0)} | {changed} |")
        return [*lines, "", f"Each of them: `python -m scripts diff {self.since} v{self.version}`.", ""]

    def _scores(self) -> list[str]:
        rows = []
        for system, (before, after) in self.scores.items():
            if isinstance(before, str) or isinstance(after, str):
                told = [x if isinstance(x, str) else "scored" for x in (before, after)]
                rows.append(f"| {system} | all | {told[0]} | {told[1]} | |")
                continue
            for name, label in MEASURES.items():
                old, new = before.get(name), after.get(name)
                if old is not None or new is not None:
                    change = f"{new - old:+.3f}" if old is not None and new is not None else ""
                    rows.append(f"| {system} | {label} | {_told(old)} | {_told(new)} | {change} |")
        if not rows:
            return []
        head = ["Stored outputs on the gold before and after:", ""]
        return [*head, "| system | score | before | after | change |", "| --- | --- | ---: | ---: | ---: |", *rows]


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def into_changelog(changelog: str, entry: str) -> str:
    """The changelog with the entry first; what stands under ``## Unreleased`` becomes part of it."""
    head, rest = (changelog, "") if "\n## " not in changelog else changelog.split("\n## ", 1)
    rest = rest and f"## {rest}"
    if rest.startswith("## Unreleased"):
        notes, _, rest = rest.partition("\n")[2].partition("\n## ")
        rest = rest and f"## {rest}"
        if notes.strip():
            title, _, body = entry.partition("\n")
            entry = f"{title}\n\n{notes.strip()}\n{body}"
    return "\n\n".join(part.strip() for part in (head or "# Changelog", entry, rest) if part.strip()) + "\n"
