"""Detect the scheme of a column of tags, and read the chunks that its tags mark.

IOB1 (Ramshaw & Marcus 1995) begins a chunk with I-, and with B- only right after one of its type; IOB2 (Tjong Kim Sang
& Veenstra 1999) begins each with B-; BIOES, also called BILOU or BMEWO, marks ends and single tokens too. Read by the
wrong scheme, a file gets another score, so the scheme is detected and reported. IO has labels without any letter:
neighbouring tokens with the same label are one chunk. IOE1 and IOE2 (Tjong Kim Sang & Veenstra 1999) mark ends with E-,
as IOB1 and IOB2 mark beginnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from vostochny.text.alignment import iob2_to_spans

# Each letter of BIOES, BILOU and BMEWO → the letter of BIOES with the same meaning.
_BIOES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}


# A label without a letter, and what only looks like one: a tag without a label (B), with another separator (B_PER,
# b-per), or one reversed.
_LABEL = re.compile(r"[^\W\d_][\w.&/:-]*")
_ODD_TAG = re.compile(r"[bieslumw]|([bieslumw])[-_:./](.*)|(.*)[-_:./]([bieslumw])", re.IGNORECASE)
_JOINED = re.compile(r"[+|]")


def split_prefix(tag: str) -> tuple[str, str]:
    """Return the letter of BIOES that a tag begins with, and its label; no letter where it has none.

    Only the first hyphen is the scheme's: a label may have its own, as in B-person-actor.
    """
    return (_BIOES[tag[0]], tag[2:]) if len(tag) > 2 and tag[1] == "-" and tag[0] in _BIOES else ("", tag)


def is_tag(tag: str) -> bool:
    """Return whether a string is a tag: O, or a letter and a label joined by a hyphen."""
    return tag == "O" or split_prefix(tag)[0] != ""


def is_outside(tag: str) -> bool:
    """Return whether a tag marks no chunk: O, or O with a letter before it, as some programs write it (B-O)."""
    return split_prefix(tag)[1] == "O"


def is_label(value: str) -> bool:
    """Return whether a string can be a label without a letter before it."""
    return bool(_LABEL.fullmatch(value)) and not _ODD_TAG.fullmatch(value)


def repair_tag(value: str) -> str | None:
    """Return the tag that is meant by one with another separator, case or order (B_PER, b-per, PER-B), or None."""
    m = _ODD_TAG.fullmatch(value)
    if m is None or not m.lastindex:  # a letter alone has no label
        return None
    tag = f"{(m[1] or m[4]).upper()}-{m[2] or m[3]}"
    return tag if is_tag(tag) and tag != value else None


def split_tag(tag: str) -> list[str]:
    """Return the tags of a token of nested entities, which are joined by + or |; another tag alone."""
    parts = _JOINED.split(tag) if "+" in tag or "|" in tag else []
    return parts if parts and all(map(is_tag, parts)) else [tag]


def split_layers(tags: Sequence[str]) -> list[Sequence[str]]:
    """Return rows of single tags: one per label where any tag is of several, otherwise the row itself.

    Labels keep nested entities apart, so a token may have only one tag of each.
    """
    split = [split_tag(tag) for tag in tags]
    if all(len(parts) == 1 for parts in split):
        return [tags]
    labels = dict.fromkeys(part[2:] for parts in split for part in parts if part != "O")
    return [[next((x for x in parts if x[2:] == label), "O") for parts in split] for label in labels]


def detect_tag_scheme(rows: Iterable[Sequence[str]]) -> str:
    """Return the scheme of rows of tags, all that one side has: IOB1, IOB2, IOE1, IOE2 or BIOES.

    A mixture that is valid in neither IOB1 nor IOB2 (an I- that continues nothing, and a B- after O) is read as IOB2.
    """
    rows = list(rows)
    if {tag[0] for row in rows for tag in row if is_tag(tag)} - {"O", "I"} == {"E"}:
        return detect_tag_scheme(map(_turn, rows)).replace("B", "E")
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
    a last E- or S- is not a chunk. IOE1 and IOE2 are IOB1 and IOB2 from right to left, with E- for B-.
    """
    if scheme.startswith("IOE"):
        chunks, stray = read_chunks(_turn(tags), scheme.replace("E", "B"))
        size = len(tags)
        return [(size - end, size - first, label) for first, end, label in reversed(chunks)], stray
    if scheme == "IO":
        tags = [tag if tag == "O" else f"I-{tag}" for tag in tags]
    if scheme in ("IO", "IOB1"):
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


def _turn(tags: Sequence[str]) -> list[str]:
    """Return tags of IOE from right to left, as tags of IOB."""
    return ["B" + tag[1:] if tag.startswith("E-") else tag for tag in reversed(tags)]


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
