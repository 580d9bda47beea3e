"""What an annotated document is: typed, immutable, without input or output.

Every offset is a Unicode code point offset into ``Document.text``, end exclusive. Gold and predictions have one
shape: a prediction is a document in which optional fields may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LAYERS = ("entities", "events", "quotes")  # of a document: what is annotated, predicted and scored


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch ``text[start:end]`` in code points; ``0 <= start < end``.

    An empty one (``start == end``) stands for words that a prediction gives and that the text does not have: it counts,
    in the paragraph where it stands, overlaps nothing and equals no gold span. See :class:`Placement`.
    """

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words this span covers in ``text``."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """True where the two share at least one character."""
        return max(self.start, other.start) < min(self.end, other.end)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the page (title, body, credit …); the zones of a document cover its text without overlap."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One mention of a person, organisation, place, thing, or one value expression.

    ``level`` is NAM, NOM or PRO; None for values, and for systems that do not say. ``cluster`` is one name space
    for all documents of a file; None where the system does not resolve identity.
    """

    id: str
    span: Span
    type: str
    level: str | None = None
    demonym: bool = False
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What an argument, a source or an addressee points at: a span, and the id of the item standing there.

    ``id`` is None where a system names a span in place instead of one of its own items.
    """

    span: Span
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """One participant of an event; ``filler`` is an entity mention or another event's trigger."""

    role: str
    filler: Reference


@dataclass(frozen=True, slots=True)
class Event:
    """One mention of an event: its trigger, type, attributes and arguments. ``outcome`` is 'failure' or None."""

    id: str
    trigger: Span
    type: str
    realis: str | None = None
    polarity: str | None = None
    outcome: str | None = None
    arguments: tuple[Argument, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """One proposition attributed to a source. ``content`` holds one span or more, in text order.

    ``unattributed`` is an annotator's word that the text names no source; a missing source without it is a gap.
    ``parent`` is the id of the quote that this one stands in; ``link`` says how its wording relates to its cluster.
    """

    id: str
    content: tuple[Span, ...]
    cue: Span | None = None
    source: Reference | None = None
    addressee: Reference | None = None
    directness: str | None = None
    attitude: str | None = None
    parent: str | None = None
    cluster: str | None = None
    link: str | None = None
    unattributed: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of spans that a prediction gave by their words alone.

    ``exact`` were found as they are, ``normalised`` with quotes, dashes and white space evened out; ``unplaced`` has
    each that was not found as the empty span that stands for it, and its words; ``untold`` is how many more there are
    than it holds.
    """

    exact: int = 0
    normalised: int = 0
    unplaced: tuple[tuple[Span, str], ...] = ()
    unlisted: int = 0

    def __add__(self, other: Placement) -> Placement:
        """The placements of two documents; the spans of the unplaced keep counting from their own document."""
        return Placement(
            self.exact + other.exact, self.normalised + other.normalised,
            self.unplaced + other.unplaced, self.unlisted + other.unlisted,
        )  # fmt: skip

    @property
    def unplaced_count(self) -> int:
        """How many were not found."""
        return len(self.unplaced) + self.unlisted

    @property
    def total(self) -> int:
        """How many spans were given by their words."""
        return self.exact + self.normalised + self.unplaced_count


@dataclass(frozen=True, slots=True)
class Document:
    """An article with its annotation.

    ``paragraphs``, ``sentences`` and ``tokens`` come from the pinned segmentation and are empty in predictions,
    which are always read beside the gold document of the same ``doc_id``. ``emitted`` names the layers a
    prediction carried at all, so that an absent layer can be told from an empty one. ``placement`` tells how spans
    without offsets were placed, and is empty in gold.
    """

    doc_id: str
    text: str
    zones: tuple[Zone, ...] = ()
    paragraphs: tuple[Span, ...] = ()
    sentences: tuple[Span, ...] = ()
    tokens: tuple[Span, ...] = ()
    entities: tuple[Entity, ...] = ()
    events: tuple[Event, ...] = ()
    quotes: tuple[Quote, ...] = ()
    emitted: frozenset[str] = field(default=frozenset({"entities", "events", "quotes"}))
    placement: Placement = Placement()
