"""The items of both sides of a batch as columns of integers, from which every metric is computed.

A row is an item: an entity, an event, an argument, a quote. A name (of a type, a role, a cluster) is the index into a
sorted tuple that both sides share, so that no number depends on the order of the input; -1 stands for no name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

import numpy as np

from vostochny.metrics.matching import Bools, Ints, encode, number
from vostochny.metrics.places import Places

# Codes of the column ``level``. VALUE is the absent level of a value; UNSTATED is a level that a system did not state,
# which :func:`resolve_levels` replaces before anything is matched.
LEVELS = ("", "NAM", "NOM", "PRO")
VALUE, NAM, NOM, PRO = range(4)
UNSTATED = NONE = -1
NOBODY = -1  # the identity of an absent reference


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one kind of one side: columns of one length."""

    def where(self, keep: Bools | Ints) -> Self:
        """Return the rows for which ``keep`` is true, or the rows with these indices."""
        return type(self)(*(getattr(self, field.name)[keep] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Items(Rows):
    """What all items have: document, first character and one past the last, unit and zone (of their start)."""

    document: Ints
    start: Ints
    end: Ints
    unit: Ints
    zone: Ints

    def __len__(self) -> int:
        return len(self.document)

    @property
    def span(self) -> tuple[Ints, Ints, Ints]:
        """Document, start and end: what identifies the place of an item."""
        return self.document, self.start, self.end


@dataclass(frozen=True, eq=False)
class Entities(Items):
    """Mentions: their type, level (index into LEVELS, or UNSTATED) and cluster."""

    type: Ints
    level: Ints
    cluster: Ints


@dataclass(frozen=True, eq=False)
class Events(Items):
    """Events, at their triggers: their type, attributes and cluster."""

    type: Ints
    realis: Ints
    polarity: Ints
    cluster: Ints


@dataclass(frozen=True, eq=False)
class Arguments(Items):
    """Arguments, at their fillers: the row of their event, their role, and whom the filler means.

    The last is an identity (:mod:`vostochny.metrics.identity`), a code that is equal for references of one meaning.
    """

    event: Ints
    role: Ints
    filler: Ints


@dataclass(frozen=True, eq=False)
class Quotes(Items):
    """Quotes, from their first to their last character.

    ``cue_start`` and ``source_start`` are -1, and so are the ends, where there is no cue or source. ``speaker`` and
    ``addressee`` are identities.
    """

    directness: Ints
    cue_start: Ints
    cue_end: Ints
    source_start: Ints
    source_end: Ints
    speaker: Ints
    addressee: Ints
    cluster: Ints


@dataclass(frozen=True, eq=False)
class Contents(Rows):
    """The spans of the contents of quotes: the row of the quote, start and end, by quote and in text order."""

    quote: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, eq=False)
class Side:
    """All items of one side."""

    entities: Entities
    events: Events
    arguments: Arguments
    quotes: Quotes
    contents: Contents


@dataclass(frozen=True, eq=False)
class Tables:
    """Both sides of a batch, the places of its documents, and the names that the columns' codes stand for.

    The names of zones are those of ``places``. ``values`` are the codes of the entity types that have no level,
    ``stated_levels`` the levels of the predicted entities before :func:`columns.resolve_levels`. ``unplaced`` are the
    predicted words that were not found, by document and by the offset of their empty spans, in the order of the input:
    a short text has fewer offsets than there may be such words.
    """

    gold: Side
    predicted: Side
    places: Places
    types: tuple[str, ...]
    event_types: tuple[str, ...]
    roles: tuple[str, ...]
    realis: tuple[str, ...]
    polarities: tuple[str, ...]
    directness: tuple[str, ...]
    clusters: tuple[str, ...]
    values: Ints
    stated_levels: Ints
    unplaced: Mapping[tuple[int, int], Sequence[str]]

    @property
    def sides(self) -> tuple[Side, Side]:
        """Gold and predictions."""
        return self.gold, self.predicted

    @cached_property
    def entity_words(self) -> tuple[list[str], list[Ints]]:
        """The different words of all entities, and for each side the index into them of every entity's words."""
        known: dict[str, int] = {}
        sides = [
            np.array(
                [known.setdefault(words, len(known)) for words in self.places.read(*side.entities.span)], dtype=np.int64
            )
            for side in self.sides
        ]
        return list(known), sides

    @cached_property
    def contents(self) -> tuple[Ints, Ints]:
        """One code per quote of each side, equal where document and all content spans are equal."""
        sides = []
        for side in self.sides:
            first = np.searchsorted(side.contents.quote, np.arange(len(side.quotes)))
            count = np.bincount(side.contents.quote, minlength=len(side.quotes))
            sides.append((side, first, count))
        codes = encode(*((side.quotes.document, count) for side, _, count in sides))
        for part in range(max((int(count.max(initial=0)) for _, _, count in sides), default=0)):
            columns = []
            for code, (side, first, count) in zip(codes, sides, strict=True):
                there = count > part
                spans = []
                for column in (side.contents.start, side.contents.end):
                    values = np.full(len(there), -1)
                    values[there] = column[first[there] + part]
                    spans.append(values)
                columns.append((code, *spans))
            codes = number(*encode(*columns))
        return codes[0], codes[1]
