"""Check the annotations against the numbered rules, or list similar places that are annotated differently.

    python -m scripts validate [ANNOTATIONS_DIR]    print every problem, and how many there are
    python -m scripts validate --rules              print the rules
    python -m scripts validate --consistency        print similar places that are annotated differently, except those
                                                    cleared with a reason in annotations/consistency.yaml

The gold, the registries and the records are checked against every rule; the annotators' passes, which are never
corrected, against those that look at one article by itself.
"""

from __future__ import annotations

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
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

# Importing these modules enters their rules in book.RULES, and the kinds of rows in consistency.KINDS.
RULE_MODULES = (
    span_rules, entity_rules, event_rules, quote_rules, cluster_rules, record_rules, consistency_kinds
)  # fmt: skip


def check(folder: Folder) -> list[book.RuleProblem]:
    """Check a folder against every rule; return the problems file by file, in text order."""
    problems = [*folder.task_problems, *book.check_articles(folder.gold)]
    for articles in folder.passes.values():
        problems += book.check_articles(articles)
    problems += book.check_together(book.GOLD, folder.gold)
    problems += book.check_together(book.FOLDER, folder)
    return sorted(problems, key=lambda p: (p.file, p.span.start if p.span else -1, book.sort_key(p.rule), p.id or ""))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Exit code: 0 no problem, 1 a broken rule (with --consistency: a row not cleared), "
        "2 something that cannot be read.",
    )
    parser.add_argument(
        "annotations", nargs="?", type=Path, default=ANNOTATIONS, metavar="ANNOTATIONS_DIR",
        help="the folder to check (default: annotations/)",
    )  # fmt: skip
    parser.add_argument(
        "--consistency", action="store_true",
        help="list similar places of the gold that are annotated differently, instead of checking the rules",
    )  # fmt: skip
    parser.add_argument("--rules", action="store_true", help="print the rules and exit")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines of text")
    args = parser.parse_args(arguments)
    if args.rules:
        return _print_rules(args.json)
    folder = read_folder(args.annotations)
    if args.consistency:
        return consistency.print_report(folder, args.json)
    problems = check(folder)
    if args.json:
        rows = {"violations": [p.to_json() for p in problems], "unreadable": [asdict(p) for p in folder.unreadable]}
        console.write_data(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    else:
        for line in [*problems, *(f"{problem} (unreadable)" for problem in folder.unreadable)]:
            console.print_line(line)
        articles = len(folder.gold) + sum(map(len, folder.passes.values()))
        console.print_line(
            f"{articles} articles, {len(book.RULES)} rules: {len(problems)} problems, "
            f"{len(folder.unreadable)} unreadable"
        )
    return 2 if folder.unreadable else 1 if problems else 0


def _print_rules(as_json: bool) -> int:
    rules = sorted(book.RULES.values(), key=lambda r: book.sort_key(r.id))
    rows = [{"id": r.id, "statement": r.statement, "right": r.right, "guideline": r.guideline} for r in rules]
    if as_json:
        console.write_data(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    else:
        for r in rows:
            console.print_line(
                f"{r['id']:<5}{r['statement']} {r['right']}" + (f" ({r['guideline']})" if r["guideline"] else "")
            )
    return 0
