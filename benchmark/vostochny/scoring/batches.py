"""Some documents with the predictions for them, in the forms that metrics are counted from.

Entities go into columns without becoming objects (:attr:`Batch.table`); whatever is irregular there, and everything
else, goes through the checked reader (:attr:`Batch.pairs`), which knows what to say of a problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.prediction import RowReader
from vostochny.metrics.columns import EntityTable, build_entity_table
from vostochny.metrics.pairs import Pair, pair_documents
from vostochny.model import LAYERS, Document, Placement
from vostochny.ontology import Ontology
from vostochny.scoring import columnar
from vostochny.scoring.chunks import Place
from vostochny.scoring.options import Options, unscored_zones
from vostochny.text.layout import paragraphs_of


class TypesNeeded(Exception):
    """A prediction has a type that the ontology lacks; whether the gold has it, all of the gold must say."""


@dataclass(eq=False)
class Batch:
    """Some gold documents and the predictions for them. ``predicted`` says where each doc_id's line is.

    ``own_types`` gives the ontology with the types of the whole gold, or raises TypesNeeded. It is asked only where the
    ontology itself does not do, because it costs a pass over the gold.
    """

    gold: list[Place]
    predicted: dict[str, Place]
    ontology: Ontology
    options: Options
    own_types: Callable[[], Ontology]

    @property
    def ids(self) -> list[str]:
        """The documents of the batch, in the order of the gold."""
        return [str(chunk.ids[at]) for chunk, at in self.gold]

    @cached_property
    def _rows(self) -> tuple[list[tuple[int, dict[str, Any]]], dict[str, tuple[int, dict[str, Any]]]]:
        gold = [chunk.row(at) for chunk, at in self.gold]
        return gold, {doc_id: chunk.row(at) for doc_id, (chunk, at) in self.predicted.items()}

    @property
    def layers(self) -> frozenset[str]:
        """The layers that any prediction of the batch carries."""
        return frozenset(x for _, row in self._rows[1].values() for x in LAYERS if row.get(x) is not None)

    @property
    def has_text(self) -> bool:
        """Whether every gold document has its text."""
        return all(row.get("text") for _, row in self._rows[0])

    @property
    def has_tokens(self) -> bool:
        """Whether every gold document has stored tokens."""
        return all(row.get("tokens") for _, row in self._rows[0])

    @cached_property
    def pairs(self) -> list[Pair]:
        """The batch as paired documents, seen through the view if there is one.

        Raises InputError with every problem of its rows.
        """
        problems: list[Problem] = []
        gold: list[Document] = []
        predicted: dict[str, Document] = {}
        rows, others = self._rows
        view = self.options.view

        def read(
            path: str, line: int, row: dict[str, Any], text: str | None, unknown: str, layout: Document | None = None
        ) -> Document:
            # What the ontology alone refuses, or would leave out, may still be a type of this gold.
            ontologies = [lambda: self.ontology] if unknown != "ignore" else []
            for ontology in (*ontologies, self.own_types):
                offsets, labels = (self.options.offsets, view) if layout else (None, None)
                reader = RowReader(path, line, row, text, ontology(), unknown, labels, layout, offsets)
                document = reader.read(row["doc_id"], with_text=layout is None)
                if not reader.problems:
                    return document
            problems.extend(reader.problems)
            return document

        for (chunk, _), (line, row) in zip(self.gold, rows, strict=True):
            text = row.get("text")
            known = text if isinstance(text, str) and text else None
            document = read(chunk.path, line, row, known, "wrong")
            if known and not document.paragraphs:
                document = replace(document, paragraphs=tuple(paragraphs_of(known)))
            gold.append(document)
        for document in gold:
            if document.doc_id in others:
                line, row = others[document.doc_id]
                path = self.predicted[document.doc_id][0].path
                predicted[document.doc_id] = read(
                    path, line, row, document.text or None, self.options.unknown, document
                )  # fmt: skip
        if problems:
            raise InputError(problems)
        if view:
            gold = [view.relabel_gold(d) for d in gold]
            predicted = {i: view.relabel_prediction(d) for i, d in predicted.items()}
        return pair_documents(
            gold, predicted, frozenset(self.ontology.values), unscored_zones(self.ontology, self.options)
        )

    @property
    def placement(self) -> Placement:
        """What became of the words without offsets, if any row was read in full."""
        pairs = self.__dict__.get("pairs", ())
        return sum((pair.predicted.placement for pair in pairs), Placement())

    @cached_property
    def table(self) -> EntityTable:
        """The entities of the batch as columns. Raises InputError with every problem of its rows."""
        if self.options.offsets or self.options.view or self.options.zones:
            return build_entity_table(self.pairs)
        try:
            return columnar.table(self.gold, self.predicted, self.ontology, self.options.unknown)
        except columnar.Irregular:
            return build_entity_table(self.pairs)
