"""Find the columns of tagged text: which has the token, and which the tag.

Columns are found from all lines of all files of a side, or named by the user: ``token=2,tag=4``. A column is named by
its number, from 1, or by what a line of names calls it (``TOKEN``, ``NE-COARSE-LIT``); a tag in a column of
``key=value`` pairs, such as MISC of CoNLL-U, by both (``tag=10:NER``). Where more than one column can be meant, it is a
problem that names the option.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vostochny.errors import InputError, Problem
from vostochny.formats.reader import Reading
from vostochny.text.tags import is_label, is_tag, repair_tag, split_prefix

# What a line of names calls the column of tokens.
TOKEN_NAMES = frozenset(("token", "tokens", "word", "words", "form"))
# Labels of syntactic chunks (CoNLL-2000, and the German ones of CoNLL-2003), which stand beside names in CoNLL-2003.
CHUNK_LABELS = frozenset(
    ("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "NC", "VC", "PC")
)
ENTITY_KEYS = frozenset(("ner", "ne", "name"))  # of Stanza and UNER, spaCy, DaNE and NorNE, in any case
BLANK_TAGS = frozenset(("", "_", "-"))
MIN_COLUMNS_OF_CONLLU = 8
MAX_BARE_LABELS = 200  # that a column of labels without B- and I- may have
MAX_SHOWN_LABELS = 4
_RANGE = re.compile(r"(\d+)-(\d+)")
_EMPTY_NODE = re.compile(r"\d+\.\d+")


@dataclass(slots=True)
class Line:
    """A line with a token: its number in the file, its cells, and whether tabs part them."""

    number: int
    cells: Sequence[str]
    has_tabs: bool


@dataclass
class Sentence:
    """The lines of a sentence, and its text where a comment has it."""

    lines: list[Line] = field(default_factory=list)
    text: str | None = None


@dataclass
class ColumnFile:
    """The sentences of a file, document by document, and the names that a line of it gives the columns."""

    path: str
    documents: list[tuple[str | None, int, list[Sentence]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def sentences(self) -> Iterator[Sentence]:
        """All sentences."""
        return (sentence for _, _, sentences in self.documents for sentence in sentences)


@dataclass(frozen=True)
class Columns:
    """Where a token's line has the token, its tag (under a key, if the column has pairs) and its number; from 0."""

    token: int
    tag: int
    key: str | None
    index: int | None


@dataclass
class _Candidate:
    """A column, or a key in a column of pairs, that may be the tag."""

    column: int
    key: str | None
    labels: Sequence[str]
    values: tuple[str, ...]  # of all lines

    @property
    def is_chunks(self) -> bool:
        """Whether all labels are of syntactic chunks."""
        return bool(self.labels) and CHUNK_LABELS.issuperset(self.labels)

    def name(self) -> str:
        """Return the column as ``tag=`` names it."""
        return f"{self.column + 1}:{self.key}" if self.key else str(self.column + 1)

    def describe(self, names: Sequence[str]) -> str:
        """Return the column and some of its labels, for a message."""
        title = f" ({names[self.column]})" if self.column < len(names) else ""
        labels = ", ".join(self.labels[:MAX_SHOWN_LABELS]) or "only O"
        return f"{self.name()}{title} has {labels}"


def parse_choice(value: str, option: str) -> dict[str, str]:
    """Return the columns that the user names, by ``token`` and ``tag``. Raises InputError."""
    choice: dict[str, str] = {}
    for part in value.split(","):
        role, _, column = (x.strip() for x in part.partition("="))
        if role not in ("token", "tag") or not column or role in choice:
            message = f"{value!r} does not name columns; expected token=N, tag=N or both, e.g. token=2,tag=4"
            raise InputError([Problem(option, None, None, message)])
        choice[role] = column
    return choice


def find_columns(reading: Reading, files: Sequence[ColumnFile], usual: int) -> Columns | None:
    """Return the columns of all files of a side, and note them; None, with a problem, where they are not plain.

    Lines without tabs count only if they have the ``usual`` number of cells: one more may be a blank inside a token.
    Raises InputError where the user names a column that is not there.
    """
    option = reading.names.columns
    choice = parse_choice(reading.columns, option) if reading.columns else {}
    names = next((file.names for file in files if file.names), [])
    lines = [line for file in files for s in file.sentences for line in s.lines if is_regular(line, usual)]
    if not lines:
        return None
    width = max(len(line.cells) for line in lines)
    widths = Counter(len(line.cells) for line in lines)
    usual_width = max(widths, key=lambda size: (widths[size], size))
    # A line of names says how many there are; a blank last cell is cut off, so shorter lines say nothing.
    if usual_width < width and not names:
        wider = sum(count for size, count in widths.items() if size > usual_width)
        reading.add_note(f"conll: {wider} lines have more than {usual_width} columns, which most lines have")
    index = 0 if _is_numbered(files, names, usual) else None
    token = (
        _find_named(choice["token"], names, width, option) if "token" in choice else _find_token(names, lines, index)
    )
    if "tag" in choice:
        name, _, key = choice["tag"].partition(":")
        column = _find_named(name, names, width, option)
        keys = [key] if key else [c.key for c in _list_candidates(lines, column) if c.key]
        candidates = [_Candidate(column, keys[0] if len(keys) == 1 else None, (), ())]
    else:
        candidates = [c for at in range(width) if at not in (token, index) for c in _list_candidates(lines, at)]
        if not candidates and token is not None and width == 2 and "token" not in choice:
            candidates, token = _list_candidates(lines, token), 1 - token  # the tag before its token
        candidates = [c for c in candidates if not c.is_chunks] or candidates
    message = None
    if len({c.values for c in candidates}) > 1:
        listed = "; ".join(c.describe(names) for c in candidates)
        message = f"several columns have tags: {listed}; name the one to read, e.g. {option} tag={candidates[0].name()}"
    elif not candidates:
        odd = next(((x, right) for line in lines for x in line.cells if (right := repair_tag(x))), None)
        way_out = f"{odd[0]!r} is none: write {odd[1]!r}" if odd else f"name it with {option} tag=N"
        message = f"no column has tags (O, B-TYPE, I-TYPE or labels beside O); {way_out}"
    elif token is None:
        message = f"column 1 may be the token or a number; name the column of tokens, e.g. {option} token=2"
    elif token == candidates[0].column:
        message = f"column {token + 1} cannot be both token and tag; name them, e.g. {option} token=2,tag=4"
    if message or token is None:
        reading.add_problem(files[0].path, lines[0].number, None, message or "")
        return None
    tag, pair = candidates[0].column, candidates[0].key
    under = f", key {pair}" if pair else f" ({names[tag]})" if tag < len(names) else ""
    reading.add_note(f"conll: token in column {token + 1}, tag in column {tag + 1}{under}")
    return Columns(token, tag, pair, index if index != token else None)


def _find_named(name: str, names: Sequence[str], width: int, option: str) -> int:
    """Return the column that the user names. Raises InputError where there is none."""
    at = names.index(name) if name in names else int(name) - 1 if name.isascii() and name.isdigit() else -1
    if not 0 <= at < width:
        named = f" or one of {', '.join(names)}" if names else ""
        message = f"there is no column {name!r}; expected a number from 1 to {width}{named}"
        raise InputError([Problem(option, None, None, message)])
    return at


def is_regular(line: Line, usual: int) -> bool:
    """Return whether a line's cells are where those of the other lines are."""
    return line.has_tabs or len(line.cells) == usual


def _is_numbered(files: Sequence[ColumnFile], names: Sequence[str], usual: int) -> bool:
    """Return whether the first column numbers the tokens of each sentence, as CoNLL-U does."""
    if names and names[0].casefold() in TOKEN_NAMES:
        return False
    is_sure = False
    for file in files:
        for sentence in file.sentences:
            before: int | None = None
            for line in (line for line in sentence.lines if is_regular(line, usual)):
                cell, *rest = line.cells
                if _RANGE.fullmatch(cell) or _EMPTY_NODE.fullmatch(cell):
                    is_sure = is_sure or len(rest) > 1
                    continue
                if not (cell.isascii() and cell.isdigit()) or len(rest) < 2:
                    return False
                if before is not None and int(cell) != before + 1:
                    return False
                is_sure = is_sure or before is not None or len(rest) >= MIN_COLUMNS_OF_CONLLU - 1
                before = int(cell)
    return is_sure


def _find_token(names: Sequence[str], lines: Sequence[Line], index: int | None) -> int | None:
    """Return the column of tokens, or None where the first column may be something else."""
    for at, name in enumerate(names):
        if name.casefold() in TOKEN_NAMES:
            return at
    if index is not None:
        return index + 1
    if max(len(line.cells) for line in lines) < 3:
        return 0
    values = {line.cells[0] for line in lines}
    is_constant = len(values) == 1 and len(lines) > 2
    return None if is_constant or all(v.isascii() and v.isdigit() for v in values) else 0


def _list_candidates(lines: Sequence[Line], column: int) -> list[_Candidate]:
    """Return how a column can be read as tags: itself, or a key of its pairs."""
    values = tuple(line.cells[column] if column < len(line.cells) else "" for line in lines)
    counts = Counter(values)
    labels: dict[str, None] = {}
    tags = outside = 0
    others: Counter[str] = Counter()
    for value, count in counts.items():
        if value == "O":
            outside += count
        elif is_tag(value):
            tags += count
            labels[split_prefix(value)[1]] = None
        elif value not in BLANK_TAGS:
            others[value] = count
    size = tags + outside + others.total()
    # A few values that are no tags are mistakes, which the reader names.
    if (tags or outside) and (not others or (tags and 2 * (tags + outside) >= size)):
        return [_Candidate(column, None, sorted(labels), values)]
    if not tags and outside and len(others) <= MAX_BARE_LABELS and all(map(is_label, others)):
        return [_Candidate(column, None, sorted(others), values)]
    return _list_keys(column, values, counts)


def _list_keys(column: int, values: tuple[str, ...], counts: Counter[str]) -> list[_Candidate]:
    """Return the keys of a column of pairs whose values are tags, and not O alone unless it is one of ENTITY_KEYS."""
    labels: dict[str, dict[str, None]] = {}
    refused: set[str] = set()
    for cell in counts:
        for pair in cell.split("|") if "=" in cell else ():
            key, _, value = pair.partition("=")
            if not is_tag(value):
                refused.add(key)
            elif value != "O" or key.casefold() in ENTITY_KEYS:
                labels.setdefault(key, {}).update({split_prefix(value)[1]: None} if value != "O" else {})
    return [
        _Candidate(column, key, sorted(found), tuple(read_key(v, key) for v in values))
        for key, found in labels.items()
        if key not in refused
    ]


def read_key(cell: str, key: str) -> str:
    """Return the value of a key in a cell of pairs, ``A=1|B=2``; O where the cell lacks it."""
    return next((value for name, _, value in (pair.partition("=") for pair in cell.split("|")) if name == key), "O")


def read_range(cell: str) -> tuple[int, int] | None:
    """Return the first and last number of a line for several tokens (``1-2``), or None."""
    m = _RANGE.fullmatch(cell)
    return (int(m.group(1)), int(m.group(2))) if m else None


def is_empty_node(cell: str) -> bool:
    """Return whether a number is that of an empty node (``1.1``), which is no word of the text."""
    return _EMPTY_NODE.fullmatch(cell) is not None
