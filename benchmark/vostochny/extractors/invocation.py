"""``vostochny run``: options in, a file of predictions and an exit code out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import vostochny
from vostochny import extractors, options
from vostochny.errors import InputError, Problem
from vostochny.extractors import Extract, ExtractorError, Settings, runner
from vostochny.formats.input import read_articles

SHOWN = 5  # failures that are told on the terminal


def main(args: argparse.Namespace) -> int:
    """Run an extractor over the articles. 0: every one has a prediction, 1: some failed, 2: it could not begin."""
    spec = args.extractor if args.argument is None else f"{args.extractor}:{args.argument}"
    if not args.timeout > 0:
        raise InputError([Problem("--timeout", None, None, f"{args.timeout:g} is no time; expected seconds above 0")])
    documents, scheme, articles_hash = read_articles(args.gold)
    view = options.view(args.view, scheme) if args.view else None
    output = None if args.output == "-" else Path(args.output)
    made_by = {"extractor": spec, "view": args.view, "articles": articles_hash, "vostochny": vostochny.__version__}
    extract: Extract | None = None
    try:
        extract = extractors.load(spec, Settings(scheme, view, args.download, args.timeout))
        progress = runner.Progress(sys.stderr)
        report = runner.run(extract, documents, output, scheme, made_by, args.unknown, view, args.restart, progress)
    except ExtractorError as e:
        print(f"vostochny: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        more = "; the same command goes on where it stopped" if output else ""
        print(f"\nvostochny: interrupted{more}", file=sys.stderr)
        return 130
    finally:
        if extract is not None:
            extractors.close(extract)
    _tell(report, output, extractors.notes_of(extract), args.view)
    return 1 if report.failed else 0


def _tell(report: runner.Report, output: Path | None, notes: list[str], view: str | None) -> None:
    """What was done, on standard error."""
    lines = [f"{f.doc_id}: {f.error}" for f in report.failed[:SHOWN]]
    if len(report.failed) > SHOWN:
        lines.append(f"… and {len(report.failed) - SHOWN} more")
    lines += [*report.notes, *notes]
    parts = [f"{len(report.written)} written to {output or 'standard output'}"]
    if report.skipped:
        parts.append(f"{len(report.skipped)} there already")
    if report.failed:
        where = f" ({runner.errors_path(output)})" if output else ""
        parts.append(f"{len(report.failed)} failed{where}; the same command tries them again")
    total = len(report.written) + len(report.skipped) + len(report.failed)
    lines.append(f"{total} articles: {', '.join(parts)}")
    if output and not report.failed:
        lines.append(f"score them: vostochny score {output}{f' --view {view}' if view else ''}")
    for line in lines:
        print(line, file=sys.stderr)
