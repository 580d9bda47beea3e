"""Hold annotations to the numbered rules, and look for what is treated differently in like places.

    python scripts/validate.py [ANNOTATIONS_DIR]          every violation at once
    python scripts/validate.py --rules                    the rules
    python scripts/validate.py --consistency              what is not the same in like places, to be cleared one by one

Exit code 0 where all is well, 1 where a rule is broken (or a row not cleared), 2 where something cannot be read. The
gold, the registries and the records are held to every rule; the annotators' passes, which are kept as they were made,
to those that look at one article.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from vostochny.errors import InputError

import articles
import consistency
import consistency_kinds
import project
import rules
import rules_clusters
import rules_entities
import rules_events
import rules_quotes
import rules_records
import rules_spans

# These fill the book of rules and the kinds of rows.
FILLED_BY = (
    rules_spans, rules_entities, rules_events, rules_quotes, rules_clusters, rules_records, consistency_kinds
)  # fmt: skip


def check(folder: articles.Folder) -> list[rules.Violation]:
    """Every violation of a folder, file by file in text order."""
    out = [*folder.broken, *rules.check_articles(folder.gold)]
    for passed in folder.passes.values():
        out += rules.check_articles(passed)
    out += rules.check_together(rules.GOLD, folder.gold)
    out += rules.check_together(rules.FOLDER, folder)
    return sorted(out, key=lambda v: (v.file, -1 if v.start is None else v.start, rules.order(v.rule), v.id or ""))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Exit code: 0 clean, 1 violations or open rows, 2 unreadable."
    )
    parser.add_argument("annotations", nargs="?", type=Path, default=project.ANNOTATIONS, help="default: annotations/")
    parser.add_argument("--consistency", action="store_true", help="report what differs in like places of the gold")
    parser.add_argument("--rules", action="store_true", help="print the rules")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    args = parser.parse_args()
    if args.rules:
        return _print_rules(args.json)
    try:
        folder = articles.read_folder(args.annotations)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
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
        print(f"{read} articles, {len(rules.BOOK)} rules: {len(found)} violations, {len(folder.problems)} unreadable")
    return 2 if folder.problems else 1 if found else 0


def _print_rules(as_json: bool) -> int:
    book = sorted(rules.BOOK.values(), key=lambda r: rules.order(r.id))
    rows = [{"id": r.id, "statement": r.statement, "right": r.right, "guideline": r.guideline} for r in book]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for r in rows:
            print(f"{r['id']:<5}{r['statement']} {r['right']}" + (f" ({r['guideline']})" if r["guideline"] else ""))
    return 0


if __name__ == "__main__":
    project.end_with(main)
