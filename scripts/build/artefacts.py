"""Build every generated file of the repository, or check that they are current.

    python -m scripts build [NAME…]                      write the files of these artefacts that are not current
    python -m scripts build [NAME…] --check              write nothing; print which are not, and the command for each
    python -m scripts build corpus --without-text DIR    write the corpus without the words of its articles to DIR

ARTEFACTS is the table. Not in it is what no check can compare, because another run or machine gives other numbers:
benchmark/speed.json (``python -m scripts speed``) and benchmark/test-all.json (``make test-all``). The predictions of
the baselines (``make baselines``) are not in it either: they are input, stored like those of any other system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from scripts import exchange
from scripts.files import ANNOTATIONS, CORPUS, PACKAGE_DATA, ROOT, SEEDS, print_stale, write_or_check
from scripts.store import GOLD
from vostochny.errors import InputError, suggest_name
from vostochny.system import console, outputs
from vostochny.system.arguments import ArgumentParser


@dataclass(frozen=True)
class Artefact:
    """Files that a function computes from other files.

    Attributes:
        place: the file, or one folder of those, that is written; relative to the root
        build: returns the content of every file by its path, None for a file that must not exist
        check_content: returns what is wrong with a content that is about to be written
        slow: takes minutes, so it is built only where it is named
    """

    place: str
    build: Callable[[], Mapping[Path, str | None]]
    check_content: Callable[[str], list[str]] = lambda content: []
    slow: bool = False

    def find_stale(self) -> list[Path]:
        """Return the files that are not current. Raises InputError where what they come from cannot be read."""
        return write_or_check(self.build(), check=True)


def _import_later(module: str, function: str) -> Callable[..., Any]:
    """Return a function of a module of the scripts that is imported when it is called: most are not needed."""
    return lambda *arguments: getattr(import_module(f"scripts.{module}"), function)(*arguments)


# Name → artefact, in the order of building: one may read those above it.
ARTEFACTS = {
    "label-config": Artefact(
        "annotations/label_studio.xml",
        _import_later("build.label_config", "build_files"),
        _import_later("build.label_config", "check_config"),
    ),
    "agreement": Artefact("annotations/agreement.json", _import_later("agreement.two_passes", "build_files")),
    "corpus": Artefact("corpus", _import_later("build.dataset", "build_files")),
    "coverage": Artefact("benchmark/coverage.json", _import_later("bench.coverage", "build_files"), slow=True),
    "leaderboard": Artefact("benchmark/leaderboard", _import_later("build.leaderboard", "build_files")),
    "datasheet": Artefact("DATASHEET.md", _import_later("build.datasheet", "build_files")),
}


def list_present() -> list[str]:
    """Return the names of the artefacts that exist in this tree and are not slow."""
    return [name for name, artefact in ARTEFACTS.items() if not artefact.slow and (ROOT / artefact.place).exists()]


def update(names: Iterable[str], check: bool) -> int:
    """Write the files of artefacts that are not current, or with ``check`` only print them; return the exit code.

    A check takes the other files as they are: what depends on a file that is not current may become stale with it.
    Raises InputError where an artefact cannot be built; a check prints that and goes on to the next artefact.
    """
    with nullcontext() if check else exchange.lock(ANNOTATIONS / GOLD):
        return _update(names, check)


def _update(names: Iterable[str], check: bool) -> int:
    """Do the work of :func:`update`, while the annotations are locked if files are written."""
    code = 0
    for name in names:
        artefact = ARTEFACTS[name]
        try:
            files = artefact.build()
            stale = write_or_check(files, check, artefact.check_content)
            code = max(code, print_stale(name, files, stale, check))
        except InputError as error:
            if not check:
                raise
            console.print_error(error)
            code = 2
    return code


def rebuild() -> None:
    """Write and print every file that is not current, but for what is slow; the caller has locked the annotations.

    Raises InputError where an artefact cannot be built.
    """
    for name in list_present():
        files = ARTEFACTS[name].build()
        if stale := write_or_check(files, False, ARTEFACTS[name].check_content):
            print_stale(name, files, stale, check=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Exit code: 0 done, 1 with --check if a file is not current, 2 unreadable input.",
    )
    slow = ", ".join(name for name, artefact in ARTEFACTS.items() if artefact.slow)
    help_ = f"{', '.join(ARTEFACTS)} (default: all, except for what takes minutes: {slow})"
    parser.add_argument("names", nargs="*", metavar="NAME", help=help_)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    form.add_argument(
        "--without-text", type=Path, metavar="DIR", help="write the corpus without the words of its articles to DIR"
    )
    args = parser.parse_args(arguments)
    for name in args.names:
        if name not in ARTEFACTS:
            parser.error(f"unknown name {name!r}; {suggest_name(name, ARTEFACTS)}")
    if args.without_text:
        if args.names != ["corpus"]:
            parser.error("--without-text is for corpus alone")
        outputs.refuse_overlap(map(str, (ANNOTATIONS, SEEDS, CORPUS, PACKAGE_DATA)), [str(args.without_text)])
        from scripts.build import dataset

        with exchange.lock(ANNOTATIONS / GOLD):
            for path in write_or_check(dataset.build_without_text(args.without_text), check=False):
                console.print_line(f"{path}: written")
        return 0
    names = [name for name in ARTEFACTS if name in args.names] or [n for n, a in ARTEFACTS.items() if not a.slow]
    return update(names, args.check)
