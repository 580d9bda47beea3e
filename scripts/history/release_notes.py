"""The notes of a release: the version digit that its changes require, scores before and after, the changelog entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.history.changes import ADDED_OR_REMOVED, Changes
from vostochny import scoring
from vostochny.corpus import shorten_hash
from vostochny.errors import InputError
from vostochny.formats.input import Input
from vostochny.metrics import catalogue
from vostochny.model import match_ids
from vostochny.ontology import Ontology
from vostochny.report.markdown_writer import format_table
from vostochny.report.percents import format_decimals
from vostochny.schema.records import SEGMENTATION
from vostochny.system import outputs, temporary

BUMPS = ("patch", "minor", "major")  # smallest first
MEANINGS = {
    "major": "ontology, texts, zones or segmentation changed; scores are not comparable with earlier ones",
    "minor": "labels of the gold changed; scores are comparable where the signature names the same gold",
    "patch": "code or documents changed; the gold is the same",
}
# The metrics that a changelog shows, with their names in it.
METRICS = {name: catalogue.make_title(name) for name, row in catalogue.MEASURES.items() if row.headline}


@dataclass(frozen=True)
class Gold:
    """A published gold: the bytes of ``corpus/documents/test.jsonl`` at some revision, and the ontology of it."""

    content: bytes
    ontology: Ontology

    @property
    def hash(self) -> str:
        """The gold's hash as a signature prints it."""
        return shorten_hash(hashlib.sha256(self.content).hexdigest())

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Its rows by doc_id."""
        return {row["doc_id"]: row for row in map(json.loads, self.content.splitlines())}

    def score(self, predictions: Path) -> dict[str, float] | str:
        """Score a file of predictions; return the values of METRICS by name, or the reason why there are none.

        Predictions for articles that this gold lacks are left out, and types that it lacks count as wrong: the file
        may be newer than the gold.
        """
        with temporary.use_folder() as folder:
            gold_file, predictions_file = Path(folder) / "gold.jsonl", Path(folder) / "predictions.jsonl"
            outputs.write_new_file(gold_file, self.content)
            doc_ids = list(self.rows)
            lines = predictions.read_bytes().splitlines(True)
            lines = [line for line in lines if line.strip() and _is_about(line, doc_ids)]
            if not lines:
                return "no predictions for these articles"
            outputs.write_new_file(predictions_file, b"".join(lines))
            try:
                gold = Input(gold_file, "jsonl").read_gold(self.ontology)
                predicted, _ = Input(predictions_file, "jsonl").read_predictions(gold, "wrong")
            except InputError as error:
                return f"cannot be scored: {error.problems[0].message}"
            options = scoring.Options(resamples=0, unknown="wrong")
            measures = scoring.score(gold.documents, predicted, self.ontology, options).measures
        values = {name: measures[name].value for name in METRICS if name in measures}
        return {name: value for name, value in values.items() if value is not None}


def _is_about(line: bytes, doc_ids: list[str]) -> bool:
    """Return False for a prediction for an article that is none of these, by full doc_id or prefix.

    A line that is not a prediction is kept, so that the reader reports it.
    """
    try:
        doc_id = json.loads(line)["doc_id"]
    except (ValueError, KeyError, TypeError):
        return True
    return bool(match_ids(str(doc_id), doc_ids))


def find_smallest_bump(changes: Changes, before: Gold | None, after: Gold) -> tuple[str, str]:
    """Return the smallest of BUMPS that these changes allow, and the first reason for it.

    ``before`` is the gold of the last release, None where none was published.
    """
    for c in changes:
        if c.layer == "zones" or (c.layer == "ontology" and c.kind != "wording"):
            return "major", f"{c.layer}: {c.place} {c.description}".replace("  ", " ")
        if c.layer == "articles" and c.kind != "manifest":
            return "major", f"{c.place} {c.description}"
    if before:
        old, new = before.rows, after.rows
        for doc_id in (d for d in old if d in new):
            for name in SEGMENTATION:
                if old[doc_id][name] != new[doc_id][name]:
                    return "major", f"{doc_id}: its {name} have other offsets"
    for c in changes:
        if c.layer not in ("ontology", "articles"):
            return "minor", f"{c.layer}: {c.place} {c.description}".replace("  ", " ")
    return "patch", MEANINGS["patch"]


def bump_version(version: str, part: str) -> str:
    """Return the version after a bump: 1.2.3 → 2.0.0 (major), 1.3.0 (minor) or 1.2.4 (patch)."""
    numbers = [int(x) for x in version.split(".")]
    position = len(BUMPS) - 1 - BUMPS.index(part)
    return ".".join(map(str, [*numbers[:position], numbers[position] + 1, *[0] * (2 - position)]))


@dataclass(frozen=True)
class Notes:
    """The content of a changelog entry."""

    version: str
    date: str  # ISO, 2030-01-02
    part: str  # one of BUMPS
    since: str  # the revision that the changes are counted from
    changes: Changes
    before: str | None  # hash of the gold then; None where none was published
    after: str  # hash of the gold now
    # system → its scores on the gold before and after, each as Gold.score returns them
    scores: Mapping[str, tuple[dict[str, float] | str, dict[str, float] | str]] = field(default_factory=dict)

    def entry(self) -> str:
        """Return the entry in Markdown."""
        gold = f"Gold `{self.after}`" if self.before in (None, self.after) else f"Gold `{self.before}` → `{self.after}`"
        parts = [f"## {self.version} ({self.date})", f"{self.part.capitalize()}: {MEANINGS[self.part]}."]
        parts += [f"{gold}, since {self.since}.", *self._describe_changes(), *self._describe_scores()]
        return "\n\n".join(parts) + "\n"

    def _describe_changes(self) -> list[str]:
        if not self.changes:
            return []
        rows = []
        for layer, counts in self.changes.totals.items():
            changed = ", ".join(f"{n} {kind}" for kind, n in counts.items() if kind not in ADDED_OR_REMOVED)
            rows.append((layer, counts.get("added", 0), counts.get("removed", 0), changed))
        table = format_table(("layer", "added", "removed", "changed"), rows, right=(1, 2))
        return [table, f"To list them: `python -m scripts diff {self.since} v{self.version}`."]

    def _describe_scores(self) -> list[str]:
        rows = []
        for system, (before, after) in self.scores.items():
            if isinstance(before, str) or isinstance(after, str):
                rows.append((system, "all", *(x if isinstance(x, str) else "scored" for x in (before, after)), ""))
                continue
            for name, label in METRICS.items():
                old, new = before.get(name), after.get(name)
                if old is not None or new is not None:
                    change = f"{new - old:+.3f}" if old is not None and new is not None else ""
                    rows.append((system, label, format_decimals(old), format_decimals(new), change))
        if not rows:
            return []
        table = format_table(("system", "score", "before", "after", "change"), rows, right=(2, 3, 4))
        return ["Stored outputs, scored on the gold before and after:", table]


def add_to_changelog(changelog: str, entry: str) -> str:
    """Return the changelog with the entry first; the text under ``## Unreleased`` becomes part of it."""
    head, rest = (changelog, "") if "\n## " not in changelog else changelog.split("\n## ", 1)
    rest = rest and f"## {rest}"
    if rest.startswith("## Unreleased"):
        notes, _, rest = rest.partition("\n")[2].partition("\n## ")
        rest = rest and f"## {rest}"
        if notes.strip():
            title, _, body = entry.partition("\n")
            entry = f"{title}\n\n{notes.strip()}\n{body}"
    return "\n\n".join(part.strip() for part in (head or "# Changelog", entry, rest) if part.strip()) + "\n"
