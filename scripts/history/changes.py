"""What a difference between two states of the annotation consists of, and how it is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from vostochny.model import Span

# Every layer that can change, in the order of a report.
LAYERS = (
    "ontology", "articles", "zones", "entities", "events", "arguments", "quotes", "clusters", "registry",
    "discrepancies",
)  # fmt: skip
KINDS = ("added", "removed")  # an aspect's name (boundary, type, role …) is any other kind
SHOWN = 64


def quoted(words: str) -> str:
    """Words of an article as a report shows them, long ones by their ends."""
    words = " ".join(words.split())
    if len(words) > SHOWN:
        words = f"{words[: SHOWN // 2].rstrip()} … {words[-SHOWN // 2 + 4 :].lstrip()}"
    return f"‹{words}›"


@dataclass(frozen=True)
class Change:
    """One thing that changed. ``kind`` is added, removed or the aspect that is another now; ``says`` is for people."""

    layer: str
    kind: str
    says: str
    doc_id: str | None = None
    id: str | None = None
    start: int | None = None
    end: int | None = None
    before: str | None = None
    after: str | None = None

    @property
    def place(self) -> str:
        """Article and offsets, as far as there are any: 003 12–20."""
        if self.doc_id is None:
            return ""
        short = self.doc_id.partition("_")[0]
        return short if self.start is None else f"{short} {self.start}–{self.end}"


def change(
    layer: str, kind: str, says: str, doc_id: str, id: str, span: Span, before: str | None = None,
    after: str | None = None,
) -> Change:  # fmt: skip
    """A change that has a place."""
    return Change(layer, kind, says, doc_id, id, span.start, span.end, before, after)


@dataclass(frozen=True)
class Changes:
    """Everything that changed between two states, by layer and in text order."""

    a: str
    b: str
    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def of(self, layer: str) -> list[Change]:
        """The changes of one layer."""
        return [c for c in self.changes if c.layer == layer]

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """How many changes of each kind, by layer; layers without any are left out."""
        out = {}
        for layer in LAYERS:
            counts = Counter(c.kind for c in self.of(layer))
            if counts:
                out[layer] = {k: counts[k] for k in [*KINDS, *(x for x in counts if x not in KINDS)] if counts[k]}
        return out

    def summary(self) -> list[str]:
        """One line a layer: ``entities: 2 added, 1 boundary``."""
        return [
            f"{layer}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}"
            for layer, counts in self.totals.items()
        ]

    def as_text(self) -> str:
        """For a terminal."""
        if not self:
            return f"nothing changed between {self.a} and {self.b}\n"
        lines = [f"{self.a} → {self.b}"]
        for layer in self.totals:
            found = self.of(layer)
            width = max(len(c.place) for c in found)
            lines += ["", layer, *(f"  {c.place:<{width}}  {c.says}" for c in found)]
        return "\n".join([*lines, "", *self.summary()]) + "\n"

    def as_markdown(self) -> str:
        """For a page or a comment on a change."""
        if not self:
            return f"Nothing changed between `{self.a}` and `{self.b}`.\n"
        lines = [f"## `{self.a}` → `{self.b}`", "", *(f"- {line}" for line in self.summary())]
        for layer in self.totals:
            lines += ["", f"### {layer}", ""]
            lines += [f"- {f'`{c.place}` ' if c.place else ''}{_escaped(c.says)}" for c in self.of(layer)]
        return "\n".join(lines) + "\n"

    def as_json(self) -> str:
        """For a program: totals by layer, and every change."""
        rows = {"a": self.a, "b": self.b, "totals": self.totals, "changes": [asdict(c) for c in self.changes]}
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _escaped(words: str) -> str:
    for mark in "\\`*_[]<>":
        words = words.replace(mark, "\\" + mark)
    return words
