"""Annotate in a text editor: articles to sentence lines, and annotated lines to Label Studio tasks.

    python -m scripts notation skeleton 003              the article as S lines, to be annotated
    python -m scripts notation tasks DIR OUT             DIR/<doc_id>.txt → OUT/<doc_id>.json, to be imported
    python -m scripts notation show 003 > 003.txt        the gold of an article as lines, to be corrected
    python -m scripts notation take 003.txt              the corrected lines → annotations/gold, and what changed

The notation is described in benchmark/vostochny/formats/notation.py.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts import exchange, store
from scripts.files import ANNOTATIONS, GOLD, display_path, read_json, read_text, write_atomically
from scripts.history import differences, revisions
from scripts.segmentation import sentences_of
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio, notation
from vostochny.formats.label_studio.regions import read_values
from vostochny.model import Span
from vostochny.text.layout import paragraphs_of

_SHOWN = re.compile(r"^-- article (\S+), gold ([0-9a-f]{12})$", re.M)


def full_id(prefix: str) -> str:
    """The doc_id that begins so. Raises InputError where none or several do."""
    known = [d for d in store.read_manifest()["documents"] if d.startswith(prefix)]
    if len(known) != 1:
        raise InputError([Problem("annotations/documents.yaml", None, None, f"{prefix!r} fits {known or 'no doc_id'}")])
    return known[0]


def skeleton(doc_id: str) -> str:
    """The article as S lines, a blank line between paragraphs."""
    text = store.read_seed(doc_id)
    blocks = []
    for paragraph in paragraphs_of(text):
        blocks.append("\n".join(f"S {s.of(text)}" for s in sentences_of(text, paragraph)))
    return "\n\n".join(blocks) + "\n"


def tasks(folder: Path) -> dict[str, str]:
    """Label Studio tasks, as file content by doc_id, from every ``<doc_id>.txt`` of a folder."""
    out, problems = {}, []
    ontology = store.read_ontology()
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise InputError([Problem(str(folder), None, None, "holds no <doc_id>.txt")])
    for path in paths:
        try:
            doc_id = full_id(path.stem)
            source = read_text(path)
            document = notation.read(source, doc_id, store.read_seed(doc_id), ontology, str(path))
            out[doc_id] = label_studio.dumps(label_studio.canonicalize(label_studio.write(document)))
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return out


def _digest(stored: str) -> str:
    return hashlib.sha256(stored.encode()).hexdigest()[:12]


def _gold(doc_id: str, annotations: Path) -> tuple[Path, str]:
    path = annotations / "gold" / f"{doc_id}.json"
    return path, read_text(path)


def show(doc_id: str, annotations: Path = ANNOTATIONS) -> str:
    """The gold of an article in the notation, headed by the article and the state that it shows."""
    path, stored = _gold(doc_id, annotations)
    ontology = store.read_ontology(annotations)
    document = label_studio.read(read_json(path), ontology, display_path(path))
    sentences = (s for p in paragraphs_of(document.text) for s in sentences_of(document.text, p))
    document = replace(document, sentences=tuple(sentences))
    return f"-- article {doc_id}, gold {_digest(stored)}\n\n{notation.write(document, ontology)}"


def take(source: str, name: str, annotations: Path = ANNOTATIONS) -> tuple[Path, str]:
    """The gold file that corrected lines make, and its content; regions that stay keep their ids and notes.

    Raises InputError with every problem of the lines, and where the gold is no longer the one that was shown: taking
    them would undo what changed since.
    """
    shown = _SHOWN.search(source)
    doc_id = shown.group(1) if shown else full_id(Path(name).stem)
    path, stored = _gold(doc_id, annotations)
    if shown and shown.group(2) != _digest(stored):
        message = f"the gold of {doc_id} has changed since it was shown; show it again and make the correction there"
        raise InputError([Problem(name, None, None, message)])
    ontology, before = store.read_ontology(annotations), read_json(path)
    known = label_studio.read(before, ontology, display_path(path))
    document = notation.read(source, doc_id, known.text, ontology, name)
    task = label_studio.write(document)
    author = before["annotations"][0].get("completed_by")
    kept = keep_ids(task, label_studio.canonicalize(before))
    return path, label_studio.dumps(label_studio.canonicalize(kept, completed_by=author))


def keep_ids(task: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The task with the ids of the regions of an earlier one, where a region is the same or has only changed."""
    old, new = ([r for r in t["annotations"][0]["result"] if r["type"] == "labels"] for t in (before, task))
    attributes = [_attributes(before), _attributes(task)]

    def alike(a: dict[str, Any], b: dict[str, Any]) -> tuple[int, ...] | None:
        """How much speaks for two regions being one, None where nothing does."""
        s, t = (Span(r["value"]["start"], r["value"]["end"]) for r in (a, b))
        if a["from_name"] != b["from_name"] or not s.overlaps(t):
            return None
        same, labelled = s == t, a["value"]["labels"] == b["value"]["labels"]
        shared = min(s.end, t.end) - max(s.start, t.start)
        return same + labelled, same, len(attributes[0][a["id"]] & attributes[1][b["id"]]), shared

    ids: dict[str, str] = {}
    notes: dict[str, Any] = {}
    pairs = [(score, -i, -j) for i, a in enumerate(old) for j, b in enumerate(new) if (score := alike(a, b))]
    gone: set[int] = set()
    for _, i, j in sorted(pairs, reverse=True):
        if -i not in gone and new[-j]["id"] not in ids:
            gone.add(-i)
            ids[new[-j]["id"]] = old[-i]["id"]
            if "meta" in old[-i]:
                notes[old[-i]["id"]] = old[-i]["meta"]
    taken = {r["id"] for r in old} | set(ids.values())
    for region in new:
        if region["id"] not in ids:
            fresh, n = region["id"], 1
            while fresh in taken:
                fresh, n = f"{region['id']}_{n}", n + 1
            taken.add(fresh)
            ids[region["id"]] = fresh
    result = []
    for entry in task["annotations"][0]["result"]:
        entry = {**entry, **{key: ids[entry[key]] for key in ("id", "from_id", "to_id") if key in entry}}
        if entry["type"] == "labels" and entry["id"] in notes:
            entry["meta"] = notes[entry["id"]]
        result.append(entry)
    return {**task, "annotations": [{"result": result}]}


def _attributes(task: dict[str, Any]) -> dict[str, set[str]]:
    """What is said about each region beside its label, by id."""
    out: defaultdict[str, set[str]] = defaultdict(set)
    for entry in task["annotations"][0]["result"]:
        if entry["type"] in ("choices", "textarea"):
            out[entry["id"]].add(f"{entry['from_name']} {read_values(entry)}")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    article = {"metavar": "DOC_ID", "help": "the article, or a prefix that no other has: 003"}
    commands.add_parser("skeleton", help="an article as S lines").add_argument("document", **article)
    command = commands.add_parser("tasks", help="annotated lines as Label Studio tasks")
    command.add_argument("folder", type=Path, metavar="DIR", help="holds <doc_id>.txt")
    command.add_argument("out", type=Path, metavar="OUT", help="gets <doc_id>.json")
    commands.add_parser("show", help="the gold of an article as lines").add_argument("document", **article)
    command = commands.add_parser("take", help="corrected lines into the gold")
    command.add_argument("file", type=Path, metavar="FILE", help="what show printed, corrected")
    args = parser.parse_args(arguments)
    try:
        if args.command == "skeleton":
            print(skeleton(full_id(args.document)), end="")
        elif args.command == "show":
            print(show(full_id(args.document)), end="")
        elif args.command == "take":
            with exchange.lock(GOLD):
                path, content = take(read_text(args.file), str(args.file))
                before = replace(revisions.read_side(), name="before")
                write_atomically(path, content)
            print(differences.diff(before).as_text(), end="")
        else:
            for doc_id, content in tasks(args.folder).items():
                write_atomically(args.out / f"{doc_id}.json", content)
                print(args.out / f"{doc_id}.json")
    except BrokenPipeError:
        raise
    except (InputError, exchange.FolderLocked, OSError) as e:
        print(e, file=sys.stderr)
        return 2
    return 0
