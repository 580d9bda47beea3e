"""A notation to write annotations by hand: the text is carried along and checked, offsets are never counted.

    S [[North Korean|GPE demonym north_korea]] leader [[Kim Jong Un|PER kim]] met [[Putin|PER]] on [[Monday|DATE]].
    E met | Contact.Meet | actual | Participant: Kim Jong Un | Participant: Putin | Time: Monday | #kim_putin_2023
    S {body}He told [[reporters|PER NOM]] that [[they|PER PRO]] agreed.
    Q that they agreed | cue: told | source: He | addressee: reporters | indirect | assertion

``S`` lines hold the sentences, in order, with the words of the article untouched; only white space between two S lines
is left out. ``[[words|TYPE LEVEL demonym cluster]]`` marks a mention and may nest; LEVEL is NOM or PRO and is left out
for names and values, ``demonym`` and the cluster are optional. ``{zone}`` says that from here to the end of the
paragraph the zone is this one; what is not said is body. A backslash takes ``\\ [ ] | { }`` literally.

``E`` lines, under their sentence: trigger, then fields in any order: the type, a realis, ``negative``, ``failure``,
``Role: filler`` and ``#cluster``. The filler is a mention of the same sentence; ``!word`` names another event of that
sentence by its trigger, ``!word (Type)`` one of several on that trigger. ``Q`` lines, under the sentence of their cue:
content, then ``cue:``, ``source:``, ``addressee:`` (a mention of that sentence; ``source: none`` says that the text
names none), ``parent:``, ``link:``, a directness, an attitude, ``#cluster`` and ``=name`` (so that a parent can be
named). Content is copied whole, or as ``first words ~~ last words``; ``//`` stands between the parts of an interrupted
quote. Content may begin anywhere in its cue's paragraph or the one after and run as far as it must.

``¶Kim`` looks for a filler, source or addressee in the whole paragraph; ``¶¶Kim``, and content that begins with
``¶¶``, in the whole article. ``~2`` after any piece of text picks its second occurrence; where the text occurs more
than once, one must be picked. Lines that begin with ``--`` are comments.

Crossing mentions and mentions across two paragraphs cannot be written in it, nor what an annotator has left open (an
event without realis, a quote of which nobody has said whether it has a source). Ids are numbered anew in text order.
"""

from __future__ import annotations

from vostochny.formats.notation.parser import NotationReader
from vostochny.formats.notation.writer import renumber, write_notation
from vostochny.model import Document
from vostochny.ontology import Ontology, load_ontology

__all__ = ["read", "renumber", "write"]


def read(source: str, doc_id: str, text: str, ontology: Ontology, name: str = "notation") -> Document:
    """Read one article's notation against its ``text``. ``name`` is the file to name in problems.

    Raises InputError with every problem; after an S line that departs from the article, later S lines are not read.
    """
    return NotationReader(name, doc_id, text, ontology).read(source.removesuffix("\n").split("\n"))


def write(document: Document, ontology: Ontology | None = None) -> str:
    """The article in the notation, so that :func:`read` gives the document again, its ids numbered in text order.

    S lines are the document's sentences; sentences that a mention, trigger or cue runs across are one line. Raises
    InputError with everything that the notation cannot carry: nothing is ever left out in silence.
    """
    return write_notation(document, ontology or load_ontology())
