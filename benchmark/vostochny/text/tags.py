"""Tag schemes: what a column of tags is, and the chunks it marks.

IOB1 (Ramshaw & Marcus 1995) begins a chunk with I-, and with B- only right after one of its type; IOB2 (Tjong Kim Sang
& Veenstra 1999) begins each with B-; BIOES, also called BILOU or BMEWO, marks ends and single tokens too. Read by the
wrong one, a file scores otherwise, so which one it is gets detected and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vostochny.text.alignment import iob2_to_spans

# Every letter in use → the scheme's own.
_BIOES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
SCHEMES = ("IOB1", "IOB2", "BIOES")


def is_tag(tag: str) -> bool:
    """Whether a string is a tag: O, or a letter and a label joined by a hyphen."""
    return tag == "O" or (len(tag) > 2 and tag[1] == "-" and tag[0] in _BIOES)


def detect_tag_scheme(rows: Iterable[Sequence[str]]) -> str:
    """The scheme of a file's rows of tags. A mixture that is none (an I- on its own beside B- after O) is IOB2."""
    alone = begins = False
    for row in rows:
        before = "O"
        for tag in row:
            letter = tag[0] if is_tag(tag) else "O"
            if letter not in "BIO":
                return "BIOES"
            continues = before[2:] == tag[2:] and before != "O"
            alone = alone or (letter == "I" and not continues)
            begins = begins or (letter == "B" and not continues)
            before = tag if is_tag(tag) else "O"
    return "IOB1" if alone and not begins else "IOB2"


def read_chunks(tags: Sequence[str], scheme: str) -> tuple[list[tuple[int, int, str]], int]:
    """(first token, one past the last, label) of each chunk, in order, and how many tags belong to none.

    IOB2 and BIOES are read strictly: an I- (or E-) that continues nothing begins nothing, and a chunk of BIOES that
    does not end with E- or S- is none.
    """
    if scheme == "IOB1":
        fixed = []
        before = "O"
        for tag in tags:
            begins = tag[0] == "I" and before[2:] != tag[2:]
            fixed.append("B" + tag[1:] if begins else tag)
            before = tag
        return iob2_to_spans(fixed), 0
    if scheme == "IOB2":
        found = iob2_to_spans(tags)
    else:
        found = _bioes([tag if tag == "O" else _BIOES[tag[0]] + tag[1:] for tag in tags])
    inside = sum(last - first for first, last, _ in found)
    return found, sum(tag != "O" for tag in tags) - inside


def _bioes(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    out: list[tuple[int, int, str]] = []
    first, label = -1, ""
    for i, tag in enumerate(tags):
        letter, name = tag[0], tag[2:]
        if letter == "S":
            out.append((i, i + 1, name))
        if letter in "IE" and first >= 0 and name == label:
            if letter == "E":
                out.append((first, i + 1, label))
                first = -1
            continue
        first, label = (i, name) if letter == "B" else (-1, "")
    return out
