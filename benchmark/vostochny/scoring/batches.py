"""A batch: gold documents joined with their predictions, in the two forms that metrics are computed from.

Third step of a score of files, after :mod:`vostochny.scoring.joining`. Entities become columns without becoming objects
(:attr:`Batch.table`). All else, and rows that the columns cannot represent, goes through the checked reader
(:attr:`Batch.pairs`), which reports every problem with file, line and field.
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
from vostochny.scoring.chunks import LinePosition
from vostochny.scoring.options import Options, find_unscored_zones
from vostochny.text.layout import paragraphs_of


class GoldTypesNeeded(Exception):
    """A prediction has a type that the ontology lacks, and only the whole gold shows whether the gold has it.

    The types of the whole gold must then be collected, and the batch counted again with them.
    """


@dataclass(eq=False)
class Batch:
    """Some gold documents and the predictions for them, each read and parsed only when a metric asks for it.

    Attributes:
        gold: The lines of the gold documents.
        predicted: The line of each prediction, by doc_id.
        ontology: The ontology as it is published.
        options: What to compute.
        own_types: Returns the ontology with the types of the whole gold, or raises GoldTypesNeeded. Called only where
            the ontology itself does not suffice, because collecting those types takes a pass over the gold.
    """

    gold: list[LinePosition]
    predicted: dict[str, LinePosition]
    ontology: Ontology
    options: Options
    own_types: Callable[[], Ontology]

    @property
    def ids(self) -> list[str]:
        """The documents of the batch, in the order of the gold."""
        return [str(chunk.ids[at]) for chunk, at in self.gold]

    @cached_property
    def _rows(self) -> tuple[list[tuple[int, dict[str, Any]]], dict[str, tuple[int, dict[str, Any]]]]:
        """Line number and parsed row of each gold document, and of each prediction by doc_id."""
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
        """The batch as paired documents, in the labels of the view if there is one.

        Raises InputError with every problem of its rows.
        """
        problems: list[Problem] = []
        gold: list[Document] = []
        predicted: dict[str, Document] = {}
        gold_rows, predicted_rows = self._rows
        view = self.options.view

        def read(
            path: str, line: int, row: dict[str, Any], text: str | None, unknown: str, layout: Document | None = None
        ) -> Document:
            """Read a gold row, or a prediction where ``layout`` (its gold document) is given."""
            # A type that the ontology alone refuses, or would leave out, may still be a type of this gold. So the row
            # is read with the ontology first (usually enough) and again with the gold's types where that has problems.
            # "ignore" reports no problem for an unknown type: there the gold's types are needed at once.
            ontologies = [lambda: self.ontology] if unknown != "ignore" else []
            for ontology in (*ontologies, self.own_types):
                offsets, labels = (self.options.offsets, view) if layout else (None, None)
                reader = RowReader(path, line, row, text, ontology(), unknown, labels, layout, offsets)
                document = reader.read(row["doc_id"], with_text=layout is None)
                if not reader.problems:
                    return document
            problems.extend(reader.problems)
            return document

        for (chunk, _), (line, row) in zip(self.gold, gold_rows, strict=True):
            text = row.get("text")
            text = text if isinstance(text, str) and text else None
            document = read(chunk.path, line, row, text, "wrong")  # a gold may have types of its own
            if text and not document.paragraphs:
                document = replace(document, paragraphs=tuple(paragraphs_of(text)))
            gold.append(document)
        for document in gold:
            if document.doc_id in predicted_rows:
                line, row = predicted_rows[document.doc_id]
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
            gold, predicted, frozenset(self.ontology.values), find_unscored_zones(self.ontology, self.options)
        )

    @property
    def placement(self) -> Placement:
        """What became of predicted words without offsets; nothing to report if no row was read in full."""
        # Not self.pairs: asking must not read the rows where columns were enough.
        pairs = self.__dict__.get("pairs", ())
        return sum((pair.predicted.placement for pair in pairs), Placement())

    @cached_property
    def table(self) -> EntityTable:
        """The entities of the batch as columns. Raises InputError with every problem of its rows."""
        # Offset units, views and zones change items one by one; the column reader knows none of them.
        if self.options.offsets or self.options.view or self.options.zones:
            return build_entity_table(self.pairs)
        try:
            return columnar.read_table(self.gold, self.predicted, self.ontology, self.options.unknown)
        except columnar.IrregularRows:
            return build_entity_table(self.pairs)
