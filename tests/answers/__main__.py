"""``python -m tests.answers [NAME… | --all]``: renew stored answers by name or pattern; without, list what differs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path

from .cases import CASES, prepare_folder
from .stored import STORED, changed, orphans, renew


def main() -> int:
    """Renew the named answers (with --all every one, and remove those of no case); without a name list what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.answers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a case, or a pattern such as 'score-*'")
    parser.add_argument("--all", action="store_true", help="every case")
    args = parser.parse_args()
    listing = not (args.names or args.all)
    chosen = [c for c in CASES.values() if listing or args.all or any(fnmatch(c.name, n) for n in args.names)]
    if not chosen:
        print(f"no case is named; there are {', '.join(CASES)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = prepare_folder(Path(temporary).resolve())
        if listing:
            places = [f"{case.name}: {place}" for case in chosen for place in changed(case, folder)]
            print("\n".join(places) or "every answer is the stored one")
            return 1 if places else 0
        renewed = [case.name for case in chosen if renew(case, folder)]
    for name in orphans() if args.all else ():
        (STORED / name).unlink()
        renewed.append(f"{name} (removed)")
    print(*renewed, sep="\n")
    print(f"{len(renewed)} of {len(chosen)} answers are new", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
