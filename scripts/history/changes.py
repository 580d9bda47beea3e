"""The difference between two states of the annotation as a list of changes, printable in three forms."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from scripts.store import ARTICLE_LAYERS
from vostochny.model import Span, shorten_id
from vostochny.report.markdown_writer import escape_text, format_list

# Every layer that can change, in the order of a report.
CHANGED_LAYERS = ("ontology", "articles", *ARTICLE_LAYERS, "registry", "discrepancies")
ADDED_OR_REMOVED = ("added", "removed")  # every other kind is the aspect that changed: boundary, type, role …
MAX_QUOTED_CHARACTERS = 64


def quote_words(words: str) -> str:
    """Return words of an article as a report prints them; of long ones only the two ends."""
    words = " ".join(words.split())
    if len(words) > MAX_QUOTED_CHARACTERS:
        half = MAX_QUOTED_CHARACTERS // 2
        words = f"{words[:half].rstrip()} … {words[-half + 4 :].lstrip()}"
    return f"‹{words}›"


@dataclass(frozen=True)
class Change:
    """One thing that changed; without ``doc_id`` it concerns the whole corpus, without ``start`` a whole article.

    ``kind`` is added, removed, or the aspect that changed. ``description`` is the change in words, ``before`` and
    ``after`` are the old and the new value in words where there are any.
    """

    layer: str
    kind: str
    description: str
    doc_id: str | None = None
    id: str | None = None
    start: int | None = None
    end: int | None = None
    before: str | None = None
    after: str | None = None

    @property
    def place(self) -> str:
        """Article and offsets, as far as there are any: ``003 12–20``."""
        if self.doc_id is None:
            return ""
        short = shorten_id(self.doc_id)
        return short if self.start is None else f"{short} {self.start}–{self.end}"

    def as_row(self) -> dict[str, Any]:
        """Return the fields by their names in the JSON output, where the description is called ``says``."""
        return {"says" if name == "description" else name: value for name, value in asdict(self).items()}


def change_at(
    layer: str, kind: str, description: str, doc_id: str, id: str, span: Span, before: str | None = None,
    after: str | None = None,
) -> Change:  # fmt: skip
    """Return a change at a span of an article; the arguments are the fields of :class:`Change`."""
    return Change(layer, kind, description, doc_id, id, span.start, span.end, before, after)


@dataclass(frozen=True)
class Changes:
    """Everything that changed between two states named ``a`` and ``b``, by layer and in text order."""

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
        """Return the changes of one layer."""
        return [c for c in self.changes if c.layer == layer]

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """The numbers of changes by layer and kind; layers without changes are left out."""
        totals = {}
        for layer in CHANGED_LAYERS:
            counts = Counter(c.kind for c in self.of(layer))
            if counts:
                aspects = [kind for kind in counts if kind not in ADDED_OR_REMOVED]
                totals[layer] = {kind: counts[kind] for kind in [*ADDED_OR_REMOVED, *aspects] if counts[kind]}
        return totals

    def summary(self) -> list[str]:
        """Return one line per layer: ``entities: 2 added, 1 boundary``."""
        return [
            f"{layer}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}"
            for layer, counts in self.totals.items()
        ]

    def as_text(self) -> str:
        """Return the changes as lines for a terminal."""
        if not self:
            return f"nothing changed between {self.a} and {self.b}\n"
        lines = [f"{self.a} → {self.b}"]
        for layer in self.totals:
            changes = self.of(layer)
            width = max(len(c.place) for c in changes)
            lines += ["", layer, *(f"  {c.place:<{width}}  {c.description}" for c in changes)]
        return "\n".join([*lines, "", *self.summary()]) + "\n"

    def as_markdown(self) -> str:
        """Return the changes as Markdown, for a page or a comment on a merge request."""
        if not self:
            return f"Nothing changed between `{self.a}` and `{self.b}`.\n"
        parts = [f"## `{self.a}` → `{self.b}`", format_list(self.summary())]
        for layer in self.totals:
            items = (f"{f'`{c.place}` ' if c.place else ''}{escape_text(c.description)}" for c in self.of(layer))
            parts += [f"### {layer}", format_list(items)]
        return "\n\n".join(parts) + "\n"

    def as_json(self) -> str:
        """Return the changes as a JSON object: names of the states, totals by layer, and one row per change."""
        rows = {"a": self.a, "b": self.b, "totals": self.totals, "changes": [c.as_row() for c in self.changes]}
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
