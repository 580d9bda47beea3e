"""Edit the discrepancies as lines of text, whose words are checked against the articles (guideline N6).

    python -m scripts discrepancies show > lines.txt    print the discrepancies as lines, to be corrected
    python -m scripts discrepancies check lines.txt     show every span of lines in its context, and what is wrong
    python -m scripts discrepancies take lines.txt      write corrected lines into annotations/discrepancies.yaml

An entry without a number gets the next free one. The first line names the state of the file that the lines are a copy
of: ``take`` refuses lines that would undo what has changed since.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scripts import exchange
from scripts.discrepancy_lines import Row, read_lines, write_lines
from scripts.files import ANNOTATIONS, read_text, write_file
from scripts.history import differences, revisions
from scripts.store import DISCREPANCIES, GOLD, Store
from vostochny.corpus import shorten_hash
from vostochny.errors import InputError, Problem
from vostochny.model import Document, shorten_id
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

_STATE = re.compile(r"-- discrepancies, ([0-9a-f]{12})$", re.M)
_AROUND = 40  # characters that are shown before and after a span
_HEADER = """\
# The questions that the five articles answer differently (GUIDELINES, D1–D8), edited with python -m scripts
# discrepancies. Two independent readings, adjudicated; what became of each of their entries is in
# discrepancy_readings.jsonl.
"""


def render(rows: Iterable[Row]) -> str:
    """Return the content of discrepancies.yaml, with one span per line."""

    def quote(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    entries = []
    for row in rows:
        lines = [f"- id: {row['id']}", f"  relation: {row['relation']}", f"  salience: {row['salience']}"]
        lines += ["  optional: true"] if row.get("optional") else []
        lines += [f"  reason: {quote(row['reason'])}", "  spans:"]
        for span in row["spans"]:
            place = f"doc_id: {span['doc_id']}, start: {span['start']}, end: {span['end']}"
            lines.append(f"  - {{{place}, text: {quote(span['text'])}}}")
        lines += [f"  silent: [{', '.join(row['silent'])}]"] if row.get("silent") else []
        entries.append("\n".join(lines) + "\n")
    return _HEADER + "".join(entries)


def show(store: Store, articles: Mapping[str, Document]) -> str:
    """Return the discrepancies as lines, after one that names their state."""
    return f"-- discrepancies, {_digest(store)}\n\n{write_lines(store.read_discrepancies(), articles, store.ontology)}"


def _digest(store: Store) -> str:
    return shorten_hash(hashlib.sha256(store.read_bytes(DISCREPANCIES)).hexdigest())


def refuse_old_copy(source: str, name: str, store: Store) -> None:
    """Raise InputError where lines are a copy of another state of the discrepancies."""
    header = _STATE.match(source)
    if header and header[1] != _digest(store):
        message = "the discrepancies have changed since they were shown; show them again and make the correction there"
        raise InputError([Problem(name, 1, None, message)])


def show_context(rows: Iterable[Row], articles: Mapping[str, Document]) -> str:
    """Return each entry with its spans between the words around them, for proofreading."""
    lines = []
    for row in rows:
        optional = " optional" if row.get("optional") else ""
        lines.append(f"\n{row['id']} {row['relation']} {row['salience']}{optional} | {row['reason']}")
        for span in row["spans"]:
            text, start, end = articles[span["doc_id"]].text, span["start"], span["end"]
            around = f"…{text[max(0, start - _AROUND) : start]}[{text[start:end]}]{text[end : end + _AROUND]}…"
            lines.append(f"  {shorten_id(span['doc_id'])} {' '.join(around.split())}")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("show", "check", "take"))
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the lines, for check and take")
    args = parser.parse_args(arguments)
    if (args.file is None) != (args.command == "show"):
        parser.error("show takes no file" if args.file else f"{args.command} needs a file of lines")
    store = Store()
    articles = {document.doc_id: document for document in store.read_gold()}
    if args.command == "show":
        console.write_data(show(store, articles))
        return 0
    source = read_text(args.file)
    rows = read_lines(source, str(args.file), articles, store.ontology)
    if args.command == "check":
        console.print_text(show_context(rows, articles))
        return 0
    with exchange.lock(ANNOTATIONS / GOLD):
        refuse_old_copy(source, str(args.file), store)
        before = replace(revisions.read_side(), name="before")
        write_file(ANNOTATIONS / DISCREPANCIES, render(rows))
    console.print_text(differences.diff(before).as_text())
    return 0
