"""Detect the scheme of a column of tags, and read the chunks that its tags mark.

IOB1 (Ramshaw & Marcus 1995) begins a chunk with I-, and with B- only right after one of its type; IOB2 (Tjong Kim Sang
& Veenstra 1999) begins each with B-; BIOES, also called BILOU or BMEWO, marks ends and single tokens too. Read by the
wrong scheme, a file gets another score, so the scheme is detected and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vostochny.text.alignment import iob2_to_spans

# Each letter of BIOES, BILOU and BMEWO → the letter of BIOES with the same meaning.
_BIOES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}


def is_tag(tag: str) -> bool:
    """Return whether a string is a tag: O, or a letter and a label joined by a hyphen."""
    return tag == "O" or (len(tag) > 2 and tag[1] == "-" and tag[0] in _BIOES)


def detect_tag_scheme(rows: Iterable[Sequence[str]]) -> str:
    """Return the scheme of a file's rows of tags: IOB1, IOB2 or BIOES.

    A mixture that is valid in neither IOB1 nor IOB2 (an I- that continues nothing, and a B- after O) is read as IOB2.
    """
    has_lone_i = has_b_after_other = False
    for row in rows:
        before = "O"
        for tag in row:
            letter = tag[0] if is_tag(tag) else "O"
            if letter not in "BIO":
                return "BIOES"
            continues = before[2:] == tag[2:] and before != "O"
            has_lone_i = has_lone_i or (letter == "I" and not continues)
            has_b_after_other = has_b_after_other or (letter == "B" and not continues)
            before = tag if is_tag(tag) else "O"
    return "IOB1" if has_lone_i and not has_b_after_other else "IOB2"


def read_chunks(tags: Sequence[str], scheme: str) -> tuple[list[tuple[int, int, str]], int]:
    """Return (first token, one past the last, label) of each chunk, in order, and the number of tags outside of chunks.

    IOB2 and BIOES are read strictly: an I- (or E-) that continues nothing begins nothing, and in BIOES a chunk without
    a last E- or S- is not a chunk.
    """
    if scheme == "IOB1":
        as_iob2 = []
        before = "O"
        for tag in tags:
            begins = tag[0] == "I" and before[2:] != tag[2:]
            as_iob2.append("B" + tag[1:] if begins else tag)
            before = tag
        return iob2_to_spans(as_iob2), 0
    if scheme == "IOB2":
        chunks = iob2_to_spans(tags)
    else:
        chunks = _read_bioes([tag if tag == "O" else _BIOES[tag[0]] + tag[1:] for tag in tags])
    inside = sum(last - first for first, last, _ in chunks)
    return chunks, sum(tag != "O" for tag in tags) - inside


def _read_bioes(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return (first token, one past the last, label) of each chunk of strict BIOES tags."""
    out: list[tuple[int, int, str]] = []
    first, label = -1, ""
    for i, tag in enumerate(tags):
        letter, name = tag[0], tag[2:]
        if letter == "S":
            out.append((i, i + 1, name))
        # Here the tag continues an open chunk; any other tag drops one that has no end yet.
        if letter in "IE" and first >= 0 and name == label:
            if letter == "E":
                out.append((first, i + 1, label))
                first = -1
            continue
        first, label = (i, name) if letter == "B" else (-1, "")
    return out
