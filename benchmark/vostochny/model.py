"""The records of an annotated document: typed, immutable, without input or output.

Every offset is a Unicode code point offset into ``Document.text``, end exclusive. Gold and predictions have one
shape: a prediction is a document in which optional fields may be missing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from vostochny.errors import Names, suggest_name

LAYERS = ("entities", "events", "quotes")  # the layers of a document, which are annotated, predicted and scored
DEFAULT_ZONE = "body"  # the zone of what no other zone covers
MAX_LISTED_IDS = 8  # doc_ids that a message lists


def shorten_id(doc_id: str) -> str:
    """Return the number that a document's id begins with, as people type it and tables print it; else the whole id.

    For example 003 for 003_614713fa8e662b7e, but doc_1 for doc_1, which only the end tells from doc_2. ``add-article``
    refuses an id whose short form is another article's.
    """
    number, underscore, _ = doc_id.partition("_")
    return number if underscore and number.isdecimal() else doc_id


def match_ids(prefix: str, doc_ids: Collection[str]) -> list[str]:
    """Return the ids that a person may mean by ``prefix``: the id itself where there is one, or all that begin so.

    Of :class:`errors.Names`, in which many ids are looked up, at most MAX_LISTED_IDS.
    """
    if isinstance(doc_ids, Names):
        return [prefix] if prefix in doc_ids else doc_ids.list_longer(prefix, MAX_LISTED_IDS)
    return [prefix] if prefix in doc_ids else [doc_id for doc_id in doc_ids if doc_id.startswith(prefix)]


def find_id(prefix: str, doc_ids: Collection[str]) -> str:
    """Return the id that a person means by ``prefix``: the id itself, or the only one that begins so.

    Raises LookupError, with a message for the user, where there is none or more than one.
    """
    matches = match_ids(prefix, doc_ids)
    if not matches:
        raise LookupError(f"unknown document {prefix!r}; {suggest_name(prefix, doc_ids)}")
    if len(matches) > 1:
        raise LookupError(f"{prefix!r} fits {', '.join(matches[:MAX_LISTED_IDS])}; write more of the id")
    return matches[0]


def complete_id(written: str, doc_ids: Collection[str]) -> str:
    """Return the id that a file means by ``written``, as :func:`find_id` does, but no longer number: 1 is not 12.

    Raises LookupError, with a message for the user.
    """
    doc_id = find_id(written, doc_ids)
    if doc_id != written and written[-1:].isdecimal() and doc_id[len(written)].isdecimal():
        raise LookupError(f"unknown document {written!r}; did you mean {doc_id!r}?")
    return doc_id


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch ``text[start:end]`` in code points; ``0 <= start < end``.

    An empty span (``start == end``) stands for words in a prediction that the text does not have: it is scored, in the
    paragraph in which it lies, overlaps nothing and equals no gold span. See :class:`Placement`.
    """

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the words that this span covers in ``text``."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Return whether the two spans share at least one character."""
        return max(self.start, other.start) < min(self.end, other.end)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the page (title, body, credit …); the zones of a document cover its text without overlap."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Extent:
    """An extent of a name that one view accepts beside the annotated one."""

    view: str
    span: Span


@dataclass(frozen=True, slots=True)
class Entity:
    """One mention of a person, organisation, place, thing, or one value expression.

    ``level`` is NAM, NOM or PRO; None for values, and where a system does not state it. ``demonym`` marks an adjective
    or a people's noun made from a place name (Russian). ``cluster`` names whom or what is mentioned, in one name space
    for all documents of a file; None where a system does not resolve identity. ``optional`` marks an item that is right
    to predict and right to leave out; ``extents`` are other extents of a name that a view accepts.
    """

    id: str
    span: Span
    type: str
    level: str | None = None
    demonym: bool = False
    cluster: str | None = None
    optional: bool = False
    extents: tuple[Extent, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """The target of an argument, a source or an addressee: a span, and the id of the item with that span.

    ``id`` is None where a system gives a span instead of one of its own items.
    """

    span: Span
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """One participant of an event, or its time or place; ``filler`` is an entity mention or another event's trigger."""

    role: str
    filler: Reference


@dataclass(frozen=True, slots=True)
class Event:
    """One mention of an event: its trigger, type, attributes and arguments. ``outcome`` is 'failure' or None.

    ``optional`` is as in :class:`Entity`.
    """

    id: str
    trigger: Span
    type: str
    realis: str | None = None
    polarity: str | None = None
    outcome: str | None = None
    arguments: tuple[Argument, ...] = ()
    cluster: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """One proposition attributed to a source. ``content`` holds one span or more, in text order.

    ``unattributed`` states that the text names no source, by an annotator's decision; a missing source without it is a
    gap in the annotation. ``parent`` is the id of the quote that this one is nested in; ``link`` is how its wording
    relates to that of its cluster. ``optional`` is as in :class:`Entity`.
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
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """How the spans were placed that a prediction gave by their words alone.

    ``exact`` is the number found as written, ``normalised`` the number found with other quotation marks, dashes or
    white space; ``unplaced`` lists those not found, each as the empty span that stands for it, and its words;
    ``unlisted`` is the number of further ones that are not in that list.
    """

    exact: int = 0
    normalised: int = 0
    unplaced: tuple[tuple[Span, str], ...] = ()
    unlisted: int = 0

    def __add__(self, other: Placement) -> Placement:
        """Return the placements of two documents together; unplaced spans still lie in their own documents."""
        return Placement(
            self.exact + other.exact, self.normalised + other.normalised,
            self.unplaced + other.unplaced, self.unlisted + other.unlisted,
        )  # fmt: skip

    @property
    def unplaced_count(self) -> int:
        """The number of spans that were not found."""
        return len(self.unplaced) + self.unlisted

    @property
    def total(self) -> int:
        """The number of spans that were given by their words."""
        return self.exact + self.normalised + self.unplaced_count

    # The former names, kept until 3.0.
    missed = unplaced_count
    untold = property(lambda self: self.unlisted)


@dataclass(frozen=True, slots=True)
class Document:
    """An article with its annotation, or with a prediction.

    ``paragraphs``, ``sentences`` and ``tokens`` come from the pinned segmentation and are empty in predictions, which
    are always read beside the gold document of the same ``doc_id``. ``emitted`` names the layers that a prediction has,
    so that an absent layer can be distinguished from an empty one. ``placement`` describes how spans without offsets
    were placed, and is empty in gold.
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
    emitted: frozenset[str] = field(default=frozenset(LAYERS))
    placement: Placement = Placement()

    @property
    def short_id(self) -> str:
        """The short form of ``doc_id``; see :func:`shorten_id`."""
        return shorten_id(self.doc_id)
