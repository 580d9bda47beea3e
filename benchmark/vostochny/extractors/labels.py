"""Map a model's labels to those of a view, and report labels that have no counterpart there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vostochny.model import Document, Entity, Span
from vostochny.ontology import Ontology, View


class LabelMapper:
    """Maps a model's labels to the labels of a view, and counts those that have no counterpart.

    A label is looked up among the view's own labels first, then among the types of the ontology that the view maps.
    Without a view, the types of the ontology are the counterparts. Case is ignored for a label that is not found as it
    is written.

    Attributes:
        missing: Labels without a counterpart, with the number of items left out because of them.
    """

    def __init__(self, ontology: Ontology, view: View | None):
        self.ontology, self.view = ontology, view
        names = {t: t for t in ontology.entity_types} if view is None else {**view.types, **{x: x for x in view.labels}}
        self._names = {**{k.lower(): v for k, v in names.items()}, **names}
        self.missing: Counter[str] = Counter()

    @property
    def targets(self) -> tuple[str, ...]:
        """The labels that a prediction may use."""
        return self.ontology.entity_types if self.view is None else self.view.labels

    def declare(self, labels: Iterable[str]) -> None:
        """Register the labels that a model can give: those without a counterpart are reported even if none occurs."""
        for label in labels:
            if self._find(label) is None:
                self.missing[label] += 0  # an entry without an item

    def __call__(self, label: str) -> str | None:
        """Return the counterpart of an item's label; None, and the item is counted, where there is none."""
        counterpart = self._find(label)
        if counterpart is None:
            self.missing[label] += 1
        return counterpart

    def _find(self, label: str) -> str | None:
        return self._names.get(label) or self._names.get(label.lower())

    @property
    def notes(self) -> list[str]:
        """A line on the labels left out, and on the view that has most of them; none if there are no such labels."""
        if not self.missing:
            return []
        where = f"view {self.view.name}" if self.view else "the ontology"
        labels = ", ".join(f"{label} ({count})" for label, count in sorted(self.missing.items()))
        line = f"labels without a counterpart in {where}, their items left out: {labels}"
        if self.view is None:
            shared = {name: len(set(view.labels) & set(self.missing)) for name, view in self.ontology.views.items()}
            best = max(shared, key=lambda name: shared[name], default="")
            if best and shared[best]:
                line += f"; --view {best} has {shared[best]} of them"
        return [line]


def to_entity_prediction(document: Document, spans: list[tuple[Span, str]], labels: LabelMapper) -> Document:
    """Return labelled spans as a prediction of entities; spans without a counterpart are left out and counted."""
    mapped = [(span, labels(label)) for span, label in spans]
    entities = tuple(Entity(f"e{i}", span, label) for i, (span, label) in enumerate(mapped, 1) if label)
    return Document(document.doc_id, document.text, entities=entities, emitted=frozenset({"entities"}))
