"""Bring a new article in: its bytes into seeds/, an entry in the manifest, and an empty gold with guessed zones.

    python -m scripts add-article FILE [--id NAME]

The zones are guesses from how the lines look, for a person to confirm in Label Studio or with ``notation show``.
Nothing is written unless all of it can be; an interrupted call is finished by the same call again.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts import exchange, store
from scripts.files import ROOT, write_atomically
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio
from vostochny.model import Document, Span, Zone
from vostochny.text.layout import cover_with_zones, paragraphs_of

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_CAPITALS = r"[A-Z][A-Z’'.-]+"
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
_HEADLINE = 160  # characters; a longer first line is a sentence that lost its stop
_CROSSHEAD = 80


def read_article(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and its text. Raises InputError where it could not be an article, with what to do."""
    data = path.read_bytes()
    problems = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} at position {error.start} is not UTF-8; save the file as UTF-8"
        raise InputError([Problem(str(path), data[: error.start].count(b"\n") + 1, None, message)]) from None
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        message = "has CR line ends, which Label Studio shows as double breaks; save the file with LF line ends"
        problems.append(Problem(str(path), line, None, message))
    if text.startswith("\ufeff"):
        problems.append(
            Problem(str(path), 1, None, "begins with a byte order mark; save the file as UTF-8 without one")
        )
    if "\0" in text:
        problems.append(Problem(str(path), text[: text.index("\0")].count("\n") + 1, None, "has a NUL; is it a text?"))
    if not text.strip():
        problems.append(Problem(str(path), None, None, "holds no words"))
    if problems:
        raise InputError(problems)
    return data, text


def check_new(doc_id: str, data: bytes, known: dict[str, Any], seeds: Path, gold: Path) -> None:
    """Raises InputError where the name cannot be a doc_id or the article is there already."""
    problems = []
    digest = hashlib.sha256(data).hexdigest()
    if not _ID.fullmatch(doc_id):
        message = f"{doc_id!r} cannot be a doc_id: letters, digits, _ and - only; choose one with --id"
        problems.append(Problem("--id", None, None, message))
    elif doc_id in known:
        problems.append(Problem("--id", None, None, f"{doc_id} is an article already; choose another name with --id"))
    else:
        # People type 003 for an article, and reports name it so: what stands before the first _ is its own.
        near = [k for k in known if k.partition("_")[0] == doc_id.partition("_")[0]]
        near += [k for k in known if (k.startswith(doc_id) or doc_id.startswith(k)) and k not in near]
        if near:
            message = f"{doc_id} begins as {near[0]} does; choose a name that a prefix tells apart with --id"
            problems.append(Problem("--id", None, None, message))
    problems += [
        Problem("annotations/documents.yaml", None, k, "is the same article, byte for byte")
        for k, about in known.items()
        if about["sha256"] == digest and k != doc_id
    ]
    seed, task = seeds / f"{doc_id}.txt", gold / f"{doc_id}.json"
    if doc_id not in known and seed.is_file() and seed.read_bytes() != data:
        problems.append(Problem(str(seed), None, None, "is there already with other content; move it away"))
    if doc_id not in known and task.is_file() and '"from_name": "entity"' in task.read_text(encoding="utf-8"):
        problems.append(Problem(str(task), None, None, "is there already, with annotation; move it away"))
    if problems:
        raise InputError(problems)


def guessed_zones(text: str) -> list[tuple[Zone, str]]:
    """What the lines of a page look like, each with the reason. What is not guessed is body."""
    lines = paragraphs_of(text)
    words = [line.of(text) for line in lines]
    out: list[tuple[Zone, str]] = []
    stops = [bool(re.search(r"[.!?…:;,][”’\"')\]]*$", w)) for w in words]
    prose = next((n for n, w in enumerate(words) if stops[n] and (len(w) > _CROSSHEAD or w[-1] in ".”")), len(words))
    for n, (line, w) in enumerate(zip(lines, words, strict=True)):
        if _BOILERPLATE.match(w) and len(w) <= _HEADLINE:
            out.append((Zone(line, "boilerplate"), "what a site adds around an article"))
        elif _CREDIT.match(w) and len(w) <= _HEADLINE:
            out.append((Zone(line, "credit"), "names who made a picture"))
        elif any(len(w) > 40 and later.startswith(w[: max(40, min(len(w) - 10, 120))]) for later in words[n + 1 :]):
            out.append((Zone(line, "duplicate"), "stands again further down"))
        elif n == 0 and not stops[n] and len(w) <= _HEADLINE and len(lines) > 1:
            out.append((Zone(line, "title"), "the first line, without a full stop"))
        elif n == 1 and n < prose and out and out[0][0].name == "title" and not stops[n] and len(w) <= _HEADLINE:
            out.append((Zone(line, "subtitle"), "the line under the title, without a full stop"))
        elif (
            prose < n < len(lines) - 1 and len(w) <= _CROSSHEAD and (not stops[n] or re.fullmatch(r"[A-Z][^.“]+\?", w))
        ):
            out.append((Zone(line, "heading"), "a short line inside the article, without a full stop"))
        elif n <= prose and (m := _DATELINE.match(w)):
            end = line.start + len(m.group().rstrip())
            out.append((Zone(Span(line.start, end), "dateline"), "a place or date before the first sentence"))
    return out


def entry(doc_id: str, digest: str, language: str) -> str:
    """The manifest's lines for a new article; what is not known about it is null."""
    name = yaml.safe_dump(doc_id).splitlines()[0]  # 005 has to be quoted, or it is a number
    about = {"sha256": digest, "language": language, "translated": "unknown", "review": "unreviewed"}
    rows = {**about, "publisher": None, "date": None, "url": None}
    body = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True)
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in body.splitlines())


def add(path: Path, doc_id: str | None = None, language: str = "en", root: Path = ROOT) -> list[str]:
    """Bring an article in; what was written and guessed, in lines for a person. Raises InputError with all problems."""
    with exchange.lock(root / "annotations" / "gold"):
        return _add(path, doc_id or path.stem, language, root)


def _add(path: Path, doc_id: str, language: str, root: Path) -> list[str]:
    data, text = read_article(path)
    seeds, annotations = root / "seeds", root / "annotations"
    manifest = annotations / "documents.yaml"
    before = manifest.read_text(encoding="utf-8")
    known = store.read_manifest(annotations)
    check_new(doc_id, data, known["documents"], seeds, annotations / "gold")
    guesses = guessed_zones(text)
    document = Document(doc_id, text, zones=cover_with_zones(text, [z for z, _ in guesses]))
    task = label_studio.dumps(label_studio.write(document))
    digest = hashlib.sha256(data).hexdigest()
    after = before.rstrip("\n") + "\n" + entry(doc_id, digest, language)
    expected = {**known["documents"], doc_id: yaml.safe_load(entry(doc_id, digest, language))[doc_id]}
    if yaml.safe_load(after) != {**known, "documents": expected}:
        message = "does not end with its documents; put them last"
        raise InputError([Problem(str(manifest), None, None, message)])
    files = {
        seeds / f"{doc_id}.txt": text,
        annotations / "gold" / f"{doc_id}.json": task,
        manifest: after,  # last: what it does not name is no article yet
    }
    made: list[Path] = []
    try:
        for target, content in files.items():
            new = not target.exists()
            write_atomically(target, content)
            if new:
                made.append(target)
    except BaseException:
        for target in made:
            target.unlink(missing_ok=True)
        raise
    lines = [str(target.relative_to(root)) for target in files]
    lines += ["", "zones as guessed, to be confirmed (the rest is body):"]
    for zone, why in guesses:
        lines.append(f"  {zone.name:<12} {' '.join(zone.span.of(text).split())[:60]!r}: {why}")
    if not guesses:
        lines.append("  none")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the article as plain text, UTF-8 with LF line ends")
    parser.add_argument("--id", help="its doc_id (default: the file's name without its ending)")
    parser.add_argument("--language", default="en", help="default: en")
    args = parser.parse_args(arguments)
    try:
        print("\n".join(add(args.file, args.id, args.language)))
    except (InputError, exchange.FolderLocked, OSError) as error:
        print(error, file=sys.stderr)
        print("nothing was added", file=sys.stderr)
        return 2
    print("\nnext: confirm the zones and annotate (CONTRIBUTING.md), then make corpus")
    return 0
