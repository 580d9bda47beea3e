"""Make a release: validate, rebuild, score stored outputs on the old gold and the new, write changelog and version.

    python -m scripts release major|minor|patch [--dry-run]

Which digit a change calls for, so that a version says which scores may stand side by side:

- major: ontology, texts, zones or segmentation changed, or an article came or went; scores are not comparable
- minor: labels of the gold changed (entities, events, arguments, quotes, clusters, registry, discrepancies)
- patch: code or documents only

Refused are a bump smaller than that, a tree with uncommitted changes, a generated file that is not current, a gold that
breaks a rule. Changes are those since the last tag v*, or else since the version was last set. Nothing is committed:
the last lines say how.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from scripts import store
from scripts.build import dataset
from scripts.files import ROOT, write_atomically, write_or_check
from scripts.history import differences
from scripts.history.release_notes import BUMPS, CALLS_FOR, Gold, Notes, bumped, calls_for, into_changelog
from scripts.history.revisions import git, is_revision
from scripts.rules import validate
from scripts.rules.folder import read_folder
from vostochny import version as package_version
from vostochny.errors import InputError, Problem
from vostochny.ontology import parse_ontology

VERSION_FILE = ROOT / "benchmark" / "vostochny" / "version.py"
CITATION = ROOT / "CITATION.cff"
CHANGELOG = ROOT / "CHANGELOG.md"
DOCUMENTS = "corpus/documents/test.jsonl"
_VERSION = re.compile(r'^__version__ = "(\d+\.\d+\.\d+)"$', re.M)

# What is generated beside the corpus: command → a file that it makes. The leaderboard names the version.
GENERATED = {
    "label-config": "annotations/label_studio.xml",
    "agreement": "annotations/agreement.json",
    "leaderboard": "benchmark/leaderboard/leaderboard.json",
    "datasheet": "DATASHEET.md",
}
NAMES_VERSION = ("leaderboard",)


def generators() -> list[str]:
    """Return the commands whose files exist here."""
    return [command for command, made in GENERATED.items() if (ROOT / made).is_file()]


def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands in a process of its own, so that it sees the files as they are now."""
    call = [sys.executable, "-m", "scripts", command, *arguments]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True)


def built(check: bool) -> list[Path]:
    """Build the corpus, or with ``check`` only compare; the files that were not current."""
    return write_or_check(dataset.build_package_data() | dataset.build(), check)


def current_version() -> str:
    """The version that the package says."""
    found = _VERSION.search(VERSION_FILE.read_text(encoding="utf-8"))
    if not found:
        raise InputError([Problem(str(VERSION_FILE), None, "__version__", 'is not of the form "1.2.3"')])
    return found.group(1)


def last_release() -> str:
    """The last tag v*, or else the commit that set the current version."""
    tags = git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname").decode().split()
    if tags:
        return tags[0]
    line = f'__version__ = "{current_version()}"'
    # The whole package is searched: the line has stood in another file before.
    found = git("log", "--reverse", "--format=%h", f"-S{line}", "--", "benchmark/vostochny").decode().split()
    if not found:
        raise InputError([Problem("--since", None, None, "no release is known; name the revision to compare with")])
    return found[0]


def obstacles() -> list[str]:
    """Why no release can be made of this tree, whatever changed."""
    out = []
    dirty = git("status", "--porcelain").decode().splitlines()
    if dirty:
        shown = ", ".join(line[3:] for line in dirty[:5]) + (" …" if len(dirty) > 5 else "")
        out.append(f"the tree has {len(dirty)} uncommitted changes ({shown}); commit or stash them")
    stale = [str(path.relative_to(ROOT)) for path in built(check=True)]
    if stale:
        out.append(f"a generated file is not current: {', '.join(stale)}; run make corpus and commit")
    for command in generators():
        done = run(command, "--check")
        said = " ".join((done.stdout + done.stderr).split())[:200]
        if done.returncode == 1:
            out.append(f"a generated file is not current: {said}; run python -m scripts {command} and commit")
        elif done.returncode:
            out.append(f"python -m scripts {command} --check cannot tell: {said}")
    folder = read_folder()
    broken = validate.check(folder)
    if broken or folder.unreadable:
        first = str(broken[0] if broken else folder.unreadable[0])
        out.append(f"{len(broken) + len(folder.unreadable)} problems (python -m scripts validate), the first: {first}")
    return out


def gold_of(revision: str) -> Gold | None:
    """The gold as it was published at a revision; None where it was not."""
    try:
        content = git("show", f"{revision}:{DOCUMENTS}")
        source = yaml.safe_load(git("show", f"{revision}:annotations/ontology.yaml"))
    except InputError:
        return None
    return Gold(content, parse_ontology(source))


def versioned(version: str, date: str) -> dict[Path, str]:
    """The files that a version stands in, with the new one."""
    files = {VERSION_FILE: _VERSION.sub(f'__version__ = "{version}"', VERSION_FILE.read_text(encoding="utf-8"))}
    if CITATION.is_file():
        text = CITATION.read_text(encoding="utf-8")
        text = re.sub(r"^version:.*$", f"version: {version}", text, flags=re.M)
        files[CITATION] = re.sub(r"^date-released:.*$", f"date-released: {date}", text, flags=re.M)
    return files


def write(files: dict[Path, str], version: str) -> list[Path]:
    """Write the files and make anew what names the version; where that fails everything is put back.

    Returns the generated files that were written, the leaderboard's left out.
    """
    made = [command for command in generators() if command in NAMES_VERSION]
    kept = {path: path.read_text(encoding="utf-8") if path.is_file() else None for path in files}
    before = package_version.__version__
    try:
        for path, content in files.items():
            write_atomically(path, content)
        package_version.__version__ = version
        written = built(check=False)
        for command in made:
            done = run(command)
            if done.returncode:
                raise InputError([Problem(command, None, None, (done.stdout + done.stderr).strip())])
    except BaseException:
        for path, old in kept.items():
            if old is None:
                path.unlink(missing_ok=True)
            else:
                write_atomically(path, old)
        package_version.__version__ = before
        built(check=False)
        for command in made:
            run(command)
        raise
    return written


def release(part: str, dry: bool, since: str | None) -> int:
    """Make the release, or say why not."""
    old, since = current_version(), since or last_release()
    if not is_revision(since):
        raise InputError([Problem("--since", None, None, f"{since} is no git revision")])
    wrong = obstacles()
    if wrong and not dry:
        return refused(wrong)
    before = gold_of(since)
    after = Gold((ROOT / DOCUMENTS).read_bytes(), store.read_ontology())
    found = differences.diff(since)
    least, why = calls_for(found, before, after)
    if BUMPS.index(part) < BUMPS.index(least):
        wrong.append(f"{part} is too small; {least} it must be, because {CALLS_FOR[least]}: {why}")
    if not found and not git("diff", "--name-only", since).strip():
        wrong.append(f"nothing changed since {since}")
    if wrong and not dry:
        return refused(wrong)
    version, date = bumped(old, part), datetime.date.today().isoformat()
    scores = {}
    for path in sorted((ROOT / "benchmark" / "baselines").glob("*/predictions.jsonl")):
        scores[path.parent.name] = (before.scores(path) if before else "no earlier corpus", after.scores(path))
    notes = Notes(version, date, part, since, found, before.hash if before else None, after.hash, scores)
    changelog = CHANGELOG.read_text(encoding="utf-8") if CHANGELOG.is_file() else ""
    files = {CHANGELOG: into_changelog(changelog, notes.entry())} | versioned(version, date)
    print(f"{old} → {version}\n\n{notes.entry()}")
    if dry:
        names = ", ".join(str(p.relative_to(ROOT)) for p in files)
        print(f"dry run: nothing was written; would write {names} and make anew what names the version")
        return refused(wrong) if wrong else 0
    for path in [*files, *write(files, version)]:
        print(f"{path.relative_to(ROOT)}: written")
    print(f'\nnext: git commit --all --message "Release {version}" && git tag v{version}')
    return 0


def refused(why: list[str]) -> int:
    """Say all that stands in the way."""
    sys.stdout.flush()
    for line in why:
        print(f"refused: {line}", file=sys.stderr)
    return 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="Exit code: 0 done, 1 refused, 2 unreadable."
    )
    parser.add_argument("part", choices=BUMPS[::-1], help="the digit to bump")
    parser.add_argument("--dry-run", action="store_true", help="print everything, write nothing")
    parser.add_argument("--since", metavar="REVISION", help="the last release (default: the last tag v*)")
    args = parser.parse_args(arguments)
    return release(args.part, args.dry_run, args.since)
