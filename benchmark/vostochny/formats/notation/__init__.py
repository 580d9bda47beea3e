"""A notation for writing annotations by hand, in which the text is copied and checked and offsets are not needed.

    S [[North Korean|GPE demonym north_korea]] leader [[Kim Jong Un|PER kim]] met [[Putin|PER]] on [[Monday|DATE]].
    E met | Contact.Meet | actual | Participant: Kim Jong Un | Participant: Putin | Time: Monday | #kim_putin_2023
    S {body}He told [[reporters|PER NOM]] that [[they|PER PRO]] agreed.
    Q that they agreed | cue: told | source: He | addressee: reporters | indirect | assertion

``S`` lines are the sentences, in order, with the words of the article unchanged; only white space between two S lines
is left out. ``[[words|TYPE LEVEL demonym cluster]]`` marks a mention and may be nested; LEVEL is NOM or PRO and is left
out for names and values, ``demonym`` and the cluster are optional. ``{zone}`` sets the zone from here to the end of the
paragraph; without it the zone is body. A backslash before ``\\ [ ] | { }`` makes the character literal.

``E`` lines, under their sentence: trigger, then fields in any order: the type, a realis, ``negative``, ``failure``,
``Role: filler`` and ``#cluster``. The filler is a mention of the same sentence; ``!word`` names another event of that
sentence by its trigger, ``!word (Type)`` one of several on that trigger. ``Q`` lines, under the sentence of their cue:
content, then ``cue:``, ``source:``, ``addressee:`` (a mention of that sentence; ``source: none`` if the text names
none), ``parent:``, ``link:``, a value of each other attribute (``indirect``), ``#cluster`` and ``=name`` (by which
another quote names this one as its parent). Content is copied whole, or as ``first words ~~ last words``; ``//``
separates the parts of an interrupted quote. Content may begin anywhere in its cue's paragraph or the next one, and end
anywhere after.

``¶Kim`` looks for a filler, source or addressee in the whole paragraph; ``¶¶Kim``, and content that begins with
``¶¶``, in the whole article. ``~2`` after any piece of text picks its second occurrence; if the text occurs more than
once, one must be picked. Lines that begin with ``--`` are comments.

The notation cannot express crossing mentions, mentions across two paragraphs, or what an annotator has left open (an
event without realis; a quote without a source that is not marked as having none). Ids are renumbered in text order.
"""

from __future__ import annotations

from vostochny.formats.notation.parser import NotationReader
from vostochny.formats.notation.writer import renumber, write_notation
from vostochny.model import Document
from vostochny.ontology import Ontology, load_ontology

__all__ = ["read", "renumber", "write"]


def read(source: str, doc_id: str, text: str, ontology: Ontology, name: str = "notation") -> Document:
    """Read one article's notation, checked against its text, as a document.

    Args:
        source: The notation.
        doc_id: The id of the document.
        text: The article's text.
        ontology: The ontology whose labels are known.
        name: The file, for problems.

    Raises:
        InputError: With every problem. After an S line that differs from the article, later lines are not read.
    """
    return NotationReader(name, doc_id, text, ontology).read(source.removesuffix("\n").split("\n"))


def write(document: Document, ontology: Ontology | None = None) -> str:
    """Return a document in the notation; :func:`read` gives the same document, its ids renumbered in text order.

    S lines are the document's sentences; sentences that share a mention, trigger or cue are one line. ``ontology`` is
    needed to read the result back; None is the corpus's own. Raises InputError with everything that the notation
    cannot express: nothing is left out silently.
    """
    return write_notation(document, ontology or load_ontology())
