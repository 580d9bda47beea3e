"""Make a release: validate, rebuild, score stored outputs on the old and the new gold, write changelog and version.

    python -m scripts release major|minor|patch [--dry-run]

The digit to bump follows from the changes, so that versions show which scores can be compared:

- major: ontology, texts, zones or segmentation changed, or an article was added or removed; scores are not comparable
- minor: labels of the gold changed (entities, events, arguments, quotes, clusters, registry, discrepancies)
- patch: only code or documents changed

A release is refused where the bump is too small, the tree has uncommitted changes, a generated file is out of date, or
the gold breaks a rule. Changes are those since the last tag v*, or else since the commit that set the current version.
Nothing is committed: the last line printed is the command that does.

Exit code: 0 done, 1 refused, 2 something cannot be read.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from scripts import exchange
from scripts.build import artefacts
from scripts.files import ANNOTATIONS, ROOT, display_path, write_file
from scripts.history import differences
from scripts.history.changes import Changes
from scripts.history.release_notes import (
    BUMPS,
    MEANINGS,
    Gold,
    Notes,
    add_to_changelog,
    bump_version,
    find_smallest_bump,
)
from scripts.history.revisions import git, is_revision, open_revision
from scripts.rules import validate
from scripts.rules.folder import read_folder
from scripts.store import GOLD, Store
from vostochny.corpus import DOCUMENTS
from vostochny.errors import InputError, Problem
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser

VERSION_FILE = ROOT / "benchmark" / "vostochny" / "version.py"
CITATION = ROOT / "CITATION.cff"
CHANGELOG = ROOT / "CHANGELOG.md"
_VERSION = re.compile(r'^__version__ = "(\d+\.\d+\.\d+)"$', re.M)


def rebuild(lock: int) -> list[str]:
    """Rebuild every artefact of this tree; return the lines that name the files that were written.

    A process of its own reads the version as it is now; ``lock`` is the handle of this one's lock on the gold. Raises
    InputError where it fails.
    """
    call = [sys.executable, "-m", "scripts", "build", *artefacts.list_present()]
    done = exchange.run_under_lock(lock, call, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise InputError([Problem("build", None, None, (done.stdout + done.stderr).strip())])
    return [line for line in done.stdout.splitlines() if not line.endswith(": current")]


def current_version() -> str:
    """Return the version in the package. Raises InputError where it is not of the form 1.2.3."""
    match = _VERSION.search(VERSION_FILE.read_text(encoding="utf-8"))
    if not match:
        raise InputError([Problem(str(VERSION_FILE), None, "__version__", 'is not of the form "1.2.3"')])
    return match.group(1)


def last_release() -> str:
    """Return the last tag v*, or else the commit that set the current version. Raises InputError without either."""
    tags = git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").decode().split()
    if tags:
        return tags[0]
    line = f'__version__ = "{current_version()}"'
    # The whole package is searched, because the line was in another file before.
    commits = git("log", "--reverse", "--format=%h", f"-S{line}", "--", "benchmark/vostochny").decode().split()
    if not commits:
        raise InputError([Problem("--since", None, None, "no release is known; name the revision to compare with")])
    return commits[0]


def find_obstacles() -> list[str]:
    """Return the reasons why no release can be made of this tree, whatever changed."""
    obstacles = []
    dirty = git("status", "--porcelain").decode().splitlines()
    if dirty:
        files = ", ".join(line[3:] for line in dirty[:5]) + (" …" if len(dirty) > 5 else "")
        obstacles.append(f"the tree has {len(dirty)} uncommitted changes ({files}); commit or stash them")
        obstacles += _explain_interruption({line[3:] for line in dirty})
    for name in artefacts.list_present():
        try:
            stale = artefacts.ARTEFACTS[name].find_stale()
        except InputError as error:
            obstacles.append(f"{name} cannot be built: {error}")
            continue
        if stale:
            files = ", ".join(map(display_path, stale))
            obstacles.append(f"a generated file is out of date: {files}; run python -m scripts build {name} and commit")
    folder = read_folder()
    problems = [*validate.check(folder), *folder.unreadable]
    if problems:
        obstacles.append(f"{len(problems)} problems (python -m scripts validate), the first: {problems[0]}")
    return obstacles


def _explain_interruption(changed: set[str]) -> list[str]:
    """Return how to undo a release that was interrupted, if that is what changed these files; it names the files.

    The changelog is written first: its newest version is then not yet released.
    """
    ours = [name for name in (display_path(p) for p in (CHANGELOG, VERSION_FILE, CITATION)) if name in changed]
    newest = re.search(r"^## (\d+\.\d+\.\d+)", CHANGELOG.read_text(encoding="utf-8") if ours else "", re.M)
    if CHANGELOG.name not in ours or not newest:
        return []
    known = git("ls-tree", "--name-only", "HEAD", "--", *ours).decode("utf-8").split("\n")
    before = git("show", f"HEAD:{CHANGELOG.name}").decode("utf-8") if CHANGELOG.name in known else ""
    if f"\n## {newest[1]}" in "\n" + before:
        return []
    # The first release creates its changelog.
    steps = [f"rm {name}" for name in ours if name not in known]
    restored = [name for name in ours if name in known]
    steps += [f"git restore {' '.join(restored)}"] if restored else []
    undo = " && ".join([*steps, "python -m scripts build"])
    return [f"{newest[1]} seems to be a release that was interrupted; undo what it wrote: {undo}"]


def read_published_gold(revision: str) -> Gold | None:
    """Return the gold as it was published at a revision; None where there was none."""
    try:
        content = git("show", f"{revision}:{DOCUMENTS.as_posix()}")
    except InputError:
        return None
    return Gold(content, open_revision(revision).ontology)


def set_version(version: str, date: str) -> dict[Path, str]:
    """Return the new content of the files that state the version, by path; nothing is written."""
    files = {VERSION_FILE: _VERSION.sub(f'__version__ = "{version}"', VERSION_FILE.read_text(encoding="utf-8"))}
    if CITATION.is_file():
        text = CITATION.read_text(encoding="utf-8")
        text = re.sub(r"^version:.*$", f"version: {version}", text, flags=re.M)
        files[CITATION] = re.sub(r"^date-released:.*$", f"date-released: {date}", text, flags=re.M)
    return files


def write(files: dict[Path, str], lock: int) -> list[str]:
    """Write the files and rebuild what contains the version; where that fails, everything is restored.

    Returns a line per file that was rebuilt; ``lock`` as in :func:`rebuild`.
    """
    old_contents = {path: path.read_text(encoding="utf-8") if path.is_file() else None for path in files}
    try:
        for path, content in files.items():
            write_file(path, content)
        return rebuild(lock)
    except BaseException:
        for path, old_content in old_contents.items():
            if old_content is None:
                path.unlink(missing_ok=True)
            elif path.read_text(encoding="utf-8") != old_content:
                write_file(path, old_content)
        with suppress(InputError):  # what failed above may fail again
            rebuild(lock)
        raise


def release(part: str, lock: int | None, since: str | None) -> int:
    """Make the release, or print why it is refused; return the exit code.

    Args:
        part: the digit to bump, one of BUMPS.
        lock: the handle of the lock on the gold; None: print everything and write nothing.
        since: the revision of the last release; None: find it.
    """
    old_version, since = current_version(), since or last_release()
    if not is_revision(since):
        raise InputError([Problem("--since", None, None, f"{since} is not a git revision")])
    obstacles = find_obstacles()
    if obstacles and lock is not None:
        return refuse(obstacles)
    before = read_published_gold(since)
    after = Gold((ROOT / DOCUMENTS).read_bytes(), Store().ontology)
    changes = differences.diff(since)
    smallest, reason = find_smallest_bump(changes, before, after)
    if BUMPS.index(part) < BUMPS.index(smallest):
        obstacles.append(f"{part} is too small; it must be {smallest}, because {MEANINGS[smallest]}: {reason}")
    if not changes and not git("diff", "--name-only", since).strip():
        obstacles.append(f"nothing changed since {since}")
    if obstacles and lock is not None:
        return refuse(obstacles)
    version, date = bump_version(old_version, part), datetime.date.today().isoformat()
    entry = _write_entry(version, date, part, since, changes, before, after)
    changelog = CHANGELOG.read_text(encoding="utf-8") if CHANGELOG.is_file() else ""
    files = {CHANGELOG: add_to_changelog(changelog, entry)} | set_version(version, date)
    console.print_text(f"{old_version} → {version}\n\n{entry}")
    if lock is None:
        names = ", ".join(str(p.relative_to(ROOT)) for p in files)
        console.print_line(
            f"dry run: nothing was written; would write {names} and rebuild the files that contain the version"
        )
        return refuse(obstacles) if obstacles else 0
    rebuilt = write(files, lock)
    console.print_text("\n".join([*(f"{display_path(path)}: written" for path in files), *rebuilt]))
    console.print_text(f'\nnext: git commit --all --message "Release {version}" && git tag v{version}')
    return 0


def _write_entry(
    version: str, date: str, part: str, since: str, changes: Changes, before: Gold | None, after: Gold
) -> str:
    """Score the stored outputs on both golds and return the changelog entry; the arguments are those of Notes."""
    scores = {}
    for path in sorted((ROOT / "benchmark" / "baselines").glob("*/predictions.jsonl")):
        scores[path.parent.name] = (before.score(path) if before else "no earlier corpus", after.score(path))
    old_hash = before.hash if before else None
    return Notes(version, date, part, since, changes, old_hash, after.hash, scores).entry()


def refuse(reasons: list[str]) -> int:
    """Print every reason why the release is refused; return the exit code."""
    console.flush()  # a dry run has printed the notes, which come first
    for line in reasons:
        console.print_error(f"refused: {line}")
    return 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=BUMPS[::-1], help="the digit to bump")
    parser.add_argument("--dry-run", action="store_true", help="print everything, write nothing")
    parser.add_argument("--since", metavar="REVISION", help="the last release (default: the last tag v*)")
    args = parser.parse_args(arguments)
    with nullcontext() if args.dry_run else exchange.lock(ANNOTATIONS / GOLD) as lock:
        return release(args.part, lock, args.since)
