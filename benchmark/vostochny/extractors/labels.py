"""A model's labels in the label set of a view, and which of them have no counterpart there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vostochny.model import Document, Entity, Span
from vostochny.ontology import Ontology, View


class Labels:
    """Maps a model's labels; counts those that have no counterpart.

    A label counts as the view's own if the view has it, else as a type of the ontology that the view maps. Without a
    view the types of the ontology are the counterparts. Case does not matter where it tells no two labels apart.
    """

    def __init__(self, ontology: Ontology, view: View | None):
        self.ontology, self.view = ontology, view
        names = {t: t for t in ontology.entity_types} if view is None else {**view.types, **{x: x for x in view.labels}}
        self._names = {**{k.lower(): v for k, v in names.items()}, **names}
        self.missing: Counter[str] = Counter()

    @property
    def targets(self) -> tuple[str, ...]:
        """The labels that a prediction may have."""
        return self.ontology.entity_types if self.view is None else self.view.labels

    def declare(self, labels: Iterable[str]) -> None:
        """Note the labels that a model can give, so that those without a counterpart are told though none comes."""
        for label in labels:
            if self._find(label) is None:
                self.missing[label] += 0

    def __call__(self, label: str) -> str | None:
        """The counterpart of a label, None where there is none."""
        found = self._find(label)
        if found is None:
            self.missing[label] += 1
        return found

    def _find(self, label: str) -> str | None:
        return self._names.get(label) or self._names.get(label.lower())

    @property
    def notes(self) -> list[str]:
        """One line on the labels left out, and on the view that knows more of them."""
        if not self.missing:
            return []
        where = f"view {self.view.name}" if self.view else "the ontology"
        listed = ", ".join(f"{label} ({count})" for label, count in sorted(self.missing.items()))
        line = f"labels without a counterpart in {where}, their items left out: {listed}"
        if self.view is None:
            known = {name: len(set(view.labels) & set(self.missing)) for name, view in self.ontology.views.items()}
            best = max(known, key=lambda name: known[name], default="")
            if best and known[best]:
                line += f"; --view {best} has {known[best]} of them"
        return [line]


def entities_document(document: Document, spans: list[tuple[Span, str]], labels: Labels) -> Document:
    """A prediction of entities alone from labelled spans; those without a counterpart are left out and counted."""
    named = [(span, labels(label)) for span, label in spans]
    entities = tuple(Entity(f"e{i}", span, label) for i, (span, label) in enumerate(named, 1) if label)
    return Document(document.doc_id, document.text, entities=entities, emitted=frozenset({"entities"}))
