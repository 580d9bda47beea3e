"""Add an article: its text to seeds/, an entry to the manifest, and a gold that has only guessed zones.

    python -m scripts add-article FILE [--id NAME]

The zones are guessed from what the lines look like, to be confirmed in Label Studio or with `notation show`.
Either everything is written or nothing; where a call was interrupted, repeat it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts import exchange
from scripts.files import ROOT, parse_yaml, raise_problems, read_bytes, read_text, write_file
from scripts.store import GOLD, MANIFEST, Store
from vostochny.errors import InputError, Problem, decode
from vostochny.formats import label_studio
from vostochny.model import Document, Span, Zone, shorten_id
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser
from vostochny.text.layout import cover_with_zones, paragraphs_of

_DOC_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
MAX_ID_CHARACTERS = 100  # an id is the name of files, and stands in every table
_CONTROL_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # but tab and line ends
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_CAPITALS = r"[A-Z][A-Z’'.-]+"
# "SEOUL, Sept 14 (Wire) —": a place in capitals or a date, perhaps an agency, then a dash or colon.
_DATELINE = re.compile(
    rf"(?:{_CAPITALS}(?:[ ,/]+(?:[A-Z][\w’'.-]*|\d+))*|{_MONTH} \d{{1,2}}(?:, \d{{4}})?)"
    r",?\s*(?:\([^)]{2,30}\)\s*)?(?: ?[–—:]| -)(?=\s)"
)
_BOILERPLATE = re.compile(
    r"(source\b.{0,30}$|follow us|leave a (reply|comment)|more:|read (more|also)|see also|share (this|on)|subscribe|"
    r"sign up|advertisement|copyright|©|all rights reserved|tags?:|related (articles?|stories))",
    re.I,
)
_CREDIT = re.compile(
    r"\(?(photos?|image|picture|credit|video)\b.{0,80}$|.{0,60}\b(getty images|afp|reuters|ap) photo", re.I
)
MAX_HEADLINE_CHARACTERS = 160  # a longer line is a sentence that lost its full stop
MAX_CROSSHEAD_CHARACTERS = 80


def read_article(path: Path) -> tuple[bytes, str]:
    """Return the bytes of a file and its text. Raises InputError with every reason why it cannot be an article."""
    data = read_bytes(path)
    text = decode(str(path), data)
    problems = []
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        message = "has CR line ends, which Label Studio shows as double breaks; save the file with LF line ends"
        problems.append(Problem(str(path), line, None, message))
    if text.startswith("\ufeff"):
        problems.append(
            Problem(str(path), 1, None, "begins with a byte order mark; save the file as UTF-8 without one")
        )
    control = _CONTROL_CHARACTER.search(text)
    if control:
        line = text[: control.start()].count("\n") + 1
        problems.append(Problem(str(path), line, None, f"contains the control character {control[0]!r}; is it a text?"))
    if not text.strip():
        problems.append(Problem(str(path), None, None, "contains no words"))
    raise_problems(problems)
    return data, text


def check_new(doc_id: str, data: bytes, known: dict[str, Any], seeds: Path, task: Path) -> None:
    """Raise InputError where the name cannot be a doc_id, or the article is in the corpus already.

    Args:
        doc_id: the name of the new article.
        data: its bytes.
        known: the manifest's articles, by doc_id.
        seeds: the folder of texts.
        task: where its task will be.
    """
    problems = []
    digest = hashlib.sha256(data).hexdigest()
    if not _DOC_ID.fullmatch(doc_id):
        message = f"{doc_id!r} cannot be a doc_id: letters, digits, _ and - only; choose one with --id"
        problems.append(Problem("--id", None, None, message))
    elif len(doc_id) > MAX_ID_CHARACTERS:
        message = f"{doc_id[:20]}… is longer than {MAX_ID_CHARACTERS} characters; choose another name with --id"
        problems.append(Problem("--id", None, None, message))
    elif doc_id in known:
        problems.append(Problem("--id", None, None, f"{doc_id} is an article already; choose another name with --id"))
    else:
        near = [k for k in known if shorten_id(k) == shorten_id(doc_id)]
        near += [k for k in known if (k.startswith(doc_id) or doc_id.startswith(k)) and k not in near]
        if near:
            message = f"{doc_id} begins as {near[0]} does; choose a name with another beginning with --id"
            problems.append(Problem("--id", None, None, message))
    problems += [
        Problem(f"annotations/{MANIFEST}", None, k, "is the same article, byte for byte")
        for k, about in known.items()
        if about["sha256"] == digest and k != doc_id
    ]
    seed = seeds / f"{doc_id}.txt"
    if doc_id not in known and seed.is_file() and seed.read_bytes() != data:
        problems.append(Problem(str(seed), None, None, "exists already with other content; move it away"))
    # A task without entities is what an interrupted call left.
    if doc_id not in known and task.is_file() and b'"from_name": "entity"' in task.read_bytes():
        problems.append(Problem(str(task), None, None, "exists already, with annotation; move it away"))
    raise_problems(problems)


def guess_zones(text: str) -> list[tuple[Zone, str]]:
    """Return the zones that the lines of a page look like, each with the reason; the rest is body."""
    lines = paragraphs_of(text)
    words = [line.of(text) for line in lines]
    guesses: list[tuple[Zone, str]] = []
    # A headline has no full stop at its end, a sentence has one, perhaps before closing marks.
    stops = [bool(re.search(r"[.!?…:;,][”’\"')\]]*$", w)) for w in words]
    # The first line of running text: what comes before it can be a headline or dateline, what comes after a crosshead.
    prose = next(
        (n for n, w in enumerate(words) if stops[n] and (len(w) > MAX_CROSSHEAD_CHARACTERS or w[-1] in ".”")),
        len(words),
    )
    for n, (line, w) in enumerate(zip(lines, words, strict=True)):
        is_headline = not stops[n] and len(w) <= MAX_HEADLINE_CHARACTERS
        is_crosshead = len(w) <= MAX_CROSSHEAD_CHARACTERS and (not stops[n] or re.fullmatch(r"[A-Z][^.“]+\?", w))
        if _BOILERPLATE.match(w) and len(w) <= MAX_HEADLINE_CHARACTERS:
            guesses.append((Zone(line, "boilerplate"), "what a site adds around an article"))
        elif _CREDIT.match(w) and len(w) <= MAX_HEADLINE_CHARACTERS:
            guesses.append((Zone(line, "credit"), "names who made a picture"))
        elif _is_repeated(w, words[n + 1 :]):
            guesses.append((Zone(line, "duplicate"), "is repeated further down"))
        elif n == 0 and is_headline and len(lines) > 1:
            guesses.append((Zone(line, "title"), "the first line, without a full stop"))
        elif n == 1 and n < prose and guesses and guesses[0][0].name == "title" and is_headline:
            guesses.append((Zone(line, "subtitle"), "the line under the title, without a full stop"))
        elif prose < n < len(lines) - 1 and is_crosshead:
            guesses.append((Zone(line, "heading"), "a short line inside the article, without a full stop"))
        elif n <= prose and (dateline := _DATELINE.match(w)):
            end = line.start + len(dateline.group().rstrip())
            guesses.append((Zone(Span(line.start, end), "dateline"), "a place or date before the first sentence"))
    return guesses


def _is_repeated(line: str, later: Sequence[str]) -> bool:
    """Return True where a later line begins as this one does, by 40 to 120 characters.

    The last 10 characters of the line may differ: a site that prints the lead twice cuts the first copy off.
    """
    if len(line) <= 40:
        return False
    beginning = line[: max(40, min(len(line) - 10, 120))]
    return any(other.startswith(beginning) for other in later)


def format_entry(doc_id: str, digest: str, language: str) -> str:
    """Return the manifest's lines for a new article; unknown facts are null."""
    name = yaml.safe_dump(doc_id).splitlines()[0]  # quotes 005, which would be read as a number
    fields = {"sha256": digest, "language": language, "translated": "unknown", "review": "unreviewed"}
    rows = {**fields, "publisher": None, "date": None, "url": None}
    body = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True)
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in body.splitlines())


def add(path: Path, doc_id: str | None = None, language: str = "en", root: Path = ROOT) -> list[str]:
    """Add an article; return lines that state what was written and guessed. Raises InputError with all problems.

    Args:
        path: the article as plain text.
        doc_id: its name; None: the file's name without its ending.
        language: its language, as a code of two letters.
        root: the project's folder.
    """
    with exchange.lock(root / "annotations" / GOLD):
        return _add(path, doc_id or path.stem, language, root)


def _add(path: Path, doc_id: str, language: str, root: Path) -> list[str]:
    """Do the work of :func:`add` while the gold is locked."""
    data, text = read_article(path)
    seeds, annotations = root / "seeds", root / "annotations"
    manifest = annotations / MANIFEST
    store = Store(annotations)
    known, gold = store.read_manifest(["sha256"]), annotations / store.task_path(doc_id)
    check_new(doc_id, data, known["documents"], seeds, gold)
    guesses = guess_zones(text)
    document = Document(doc_id, text, zones=cover_with_zones(text, [zone for zone, _ in guesses]))
    # In this order: an article exists once the manifest names it, so the manifest is written last.
    files = {
        seeds / f"{doc_id}.txt": text,
        gold: label_studio.dumps(label_studio.write(document)),
        manifest: _add_to_manifest(manifest, known, doc_id, hashlib.sha256(data).hexdigest(), language),
    }
    _write_all(files)
    lines = [str(target.relative_to(root)) for target in files]
    lines += ["", "guessed zones, to be confirmed (the rest is body):"]
    for zone, reason in guesses:
        lines.append(f"  {zone.name:<12} {' '.join(zone.span.of(text).split())[:60]!r}: {reason}")
    if not guesses:
        lines.append("  none")
    return lines


def _add_to_manifest(path: Path, known: dict[str, Any], doc_id: str, digest: str, language: str) -> str:
    """Return the manifest with an entry at its end. Raises InputError where its end is not the list of articles.

    The entry is appended to the text, so that comments stay; the result is read again to prove that it is right.
    """
    entry = format_entry(doc_id, digest, language)
    content = read_text(path).rstrip("\n") + "\n" + entry
    expected = {**known["documents"], doc_id: parse_yaml(doc_id, entry.encode())[doc_id]}
    if parse_yaml(str(path), content.encode()) != {**known, "documents": expected}:
        message = "does not end with its documents; put them last"
        raise InputError([Problem(str(path), None, None, message)])
    return content


def _write_all(files: dict[Path, str]) -> None:
    """Write files in order; where one cannot be written, the new ones are removed again."""
    created: list[Path] = []
    try:
        for target, content in files.items():
            is_new = not target.exists()
            write_file(target, content)
            if is_new:
                created.append(target)
    except BaseException:
        for target in created:
            target.unlink(missing_ok=True)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="the article as plain text, UTF-8 with LF line ends")
    parser.add_argument("--id", metavar="NAME", help="its doc_id (default: the file's name without its ending)")
    parser.add_argument("--language", default="en", metavar="CODE", help="default: en")
    args = parser.parse_args(arguments)
    try:
        console.print_text("\n".join(add(args.file, args.id, args.language)))
    except (InputError, exchange.FolderLocked, OSError) as error:
        console.print_error(error)
        console.print_error("nothing was added")
        return 2
    console.print_text("\nnext: confirm the zones and annotate (CONTRIBUTING.md), then make corpus")
    return 0
