"""``python -m tests.answers NAME… | --all``: store what the program answers now; a name may be a pattern (score-*)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path

from .cases import CASES, prepare_folder
from .stored import STORED, orphans, renew


def main() -> int:
    """Renew the named answers; with --all also remove answers of no case."""
    parser = argparse.ArgumentParser(prog="python -m tests.answers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a case, or a pattern such as 'score-*'")
    parser.add_argument("--all", action="store_true", help="every case")
    args = parser.parse_args()
    chosen = [c for c in CASES.values() if args.all or any(fnmatch(c.name, n) for n in args.names)]
    if not chosen:
        print(f"no case is named; there are {', '.join(CASES)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = prepare_folder(Path(temporary).resolve())
        renewed = [case.name for case in chosen if renew(case, folder)]
    for name in orphans() if args.all else ():
        (STORED / name).unlink()
        renewed.append(f"{name} (taken away)")
    print(*renewed, sep="\n")
    print(f"{len(renewed)} of {len(chosen)} answers are new", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
