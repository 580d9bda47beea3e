"""Hold annotations to the numbered rules, and look for what is treated differently in like places.

    python -m scripts validate [ANNOTATIONS_DIR]          every violation at once
    python -m scripts validate --rules                    the rules
    python -m scripts validate --consistency              what is not the same in like places, to be cleared one by one

Exit code 0 where all is well, 1 where a rule is broken (or a row not cleared), 2 where something cannot be read. The
gold, the registries and the records are held to every rule; the annotators' passes, which are kept as they were made,
to those that look at one article.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scripts.files import ANNOTATIONS
from scripts.rules import (
    book,
    cluster_rules,
    consistency,
    consistency_kinds,
    entity_rules,
    event_rules,
    quote_rules,
    record_rules,
    span_rules,
)
from scripts.rules.folder import Folder, read_folder

# These fill the book of rules and the kinds of rows.
FILLED_BY = (
    span_rules, entity_rules, event_rules, quote_rules, cluster_rules, record_rules, consistency_kinds
)  # fmt: skip


def check(folder: Folder) -> list[book.Violation]:
    """Every violation of a folder, file by file in text order."""
    out = [*folder.broken, *book.check_articles(folder.gold)]
    for passed in folder.passes.values():
        out += book.check_articles(passed)
    out += book.check_together(book.GOLD, folder.gold)
    out += book.check_together(book.FOLDER, folder)
    return sorted(out, key=lambda v: (v.file, -1 if v.start is None else v.start, book.order(v.rule), v.id or ""))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Exit code: 0 clean, 1 violations or open rows, 2 unreadable."
    )
    parser.add_argument("annotations", nargs="?", type=Path, default=ANNOTATIONS, help="default: annotations/")
    parser.add_argument("--consistency", action="store_true", help="report what differs in like places of the gold")
    parser.add_argument("--rules", action="store_true", help="print the rules")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    args = parser.parse_args(arguments)
    if args.rules:
        return _print_rules(args.json)
    folder = read_folder(args.annotations)
    if args.consistency:
        return consistency.report(folder, args.json)
    found = check(folder)
    if args.json:
        rows = {"violations": [v.as_row() for v in found], "unreadable": [asdict(f) for f in folder.problems]}
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for line in [*found, *(f"{problem} (unreadable)" for problem in folder.problems)]:
            print(line)
        read = len(folder.gold) + sum(map(len, folder.passes.values()))
        print(f"{read} articles, {len(book.BOOK)} rules: {len(found)} violations, {len(folder.problems)} unreadable")
    return 2 if folder.problems else 1 if found else 0


def _print_rules(as_json: bool) -> int:
    rules = sorted(book.BOOK.values(), key=lambda r: book.order(r.id))
    rows = [{"id": r.id, "statement": r.statement, "right": r.right, "guideline": r.guideline} for r in rules]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for r in rows:
            print(f"{r['id']:<5}{r['statement']} {r['right']}" + (f" ({r['guideline']})" if r["guideline"] else ""))
    return 0
