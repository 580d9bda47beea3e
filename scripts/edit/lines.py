"""Annotate in a text editor: articles as lines to be annotated, and annotated lines as Label Studio tasks.

    python -m scripts notation skeleton 003              print the article as S lines, to be annotated
    python -m scripts notation tasks DIR OUT             convert DIR/<doc_id>.txt to OUT/<doc_id>.json, to be imported
    python -m scripts notation show 003 > 003.txt        print the gold of an article as lines, to be corrected
    python -m scripts notation take 003.txt              write the corrected lines into the gold; print what changed

The notation is described in benchmark/vostochny/formats/notation/.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts import exchange
from scripts.files import ANNOTATIONS, read_each, read_text, write_file
from scripts.history import differences, revisions
from scripts.segmentation import sentences_of
from scripts.store import GOLD, Store, find_doc_id, read_seed
from vostochny.corpus import shorten_hash
from vostochny.errors import InputError, Problem
from vostochny.formats import label_studio, notation
from vostochny.formats.label_studio.regions import Entry, Task, read_values
from vostochny.model import Span
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser
from vostochny.text.layout import paragraphs_of

# The first line that `show` prints; it names the state of the gold that the lines are a copy of.
_HEADER = re.compile(r"^-- article (\S+), gold ([0-9a-f]{12})$", re.M)


def write_skeleton(doc_id: str) -> str:
    """Return an article as S lines, one per sentence, with a blank line between paragraphs."""
    text = read_seed(doc_id)
    blocks = []
    for paragraph in paragraphs_of(text):
        blocks.append("\n".join(f"S {s.of(text)}" for s in sentences_of(text, paragraph)))
    return "\n\n".join(blocks) + "\n"


def convert_folder(folder: Path) -> dict[str, str]:
    """Return the content of a Label Studio task, by doc_id, for every ``<doc_id>.txt`` of a folder.

    Raises InputError with the problems of all files.
    """
    ontology, articles = Store().ontology, Store().read_manifest()["documents"]
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise InputError([Problem(str(folder), None, None, "contains no <doc_id>.txt")])

    def convert(name: str) -> tuple[str, str]:
        path = folder / name
        doc_id = find_doc_id(path.stem, articles)
        document = notation.read(read_text(path), doc_id, read_seed(doc_id), ontology, str(path))
        return doc_id, label_studio.dumps(label_studio.write(document))

    return dict(read_each([path.name for path in paths], convert).values())


def show(doc_id: str, annotations: Path = ANNOTATIONS) -> str:
    """Return the gold of an article in the notation, after a line that names the article and the gold's state."""
    store = Store(annotations)
    document = store.read_document(doc_id)
    sentences = (s for p in paragraphs_of(document.text) for s in sentences_of(document.text, p))
    document = replace(document, sentences=tuple(sentences))
    return f"-- article {doc_id}, gold {_digest(store, doc_id)}\n\n{notation.write(document, store.ontology)}"


def take(source: str, name: str, annotations: Path = ANNOTATIONS) -> tuple[Path, str]:
    """Convert corrected lines to a gold file; return its path and new content, without writing it.

    Regions that are in the gold already keep their ids and notes. Raises InputError with every problem of the lines,
    and where the gold is not the one that ``show`` printed: the lines would undo what changed since.

    Args:
        source: the lines, as ``show`` printed them, corrected.
        name: the name of their file, for messages; the article's doc_id where the lines have lost their header.
        annotations: the annotations folder.
    """
    store = Store(annotations)
    header = _HEADER.search(source)
    doc_id = header.group(1) if header else find_doc_id(Path(name).stem, store.read_manifest()["documents"])
    old_task, old_document = store.read_task(doc_id), store.read_document(doc_id)
    if header and header.group(2) != _digest(store, doc_id):
        message = f"the gold of {doc_id} has changed since it was shown; show it again and make the correction there"
        raise InputError([Problem(name, None, None, message)])
    document = notation.read(source, doc_id, old_document.text, store.ontology, name)
    old_task = label_studio.canonicalize(old_task)
    new_task = keep_ids(label_studio.write(document), old_task)
    annotator = old_task["annotations"][0].get("completed_by")
    content = label_studio.dumps(label_studio.canonicalize(new_task, completed_by=annotator))
    return annotations / store.task_path(doc_id), content


def _digest(store: Store, doc_id: str) -> str:
    return shorten_hash(hashlib.sha256(store.read_bytes(store.task_path(doc_id))).hexdigest())


def keep_ids(task: Task, before: Task) -> Task:
    """Return a task whose regions have the ids and notes of an earlier task, where they are the same or only changed.

    Without this, one region more would renumber all that follow it, and a correction would not be a small diff.
    """
    ids, notes = _match_regions(before, task)
    result = []
    for entry in task["annotations"][0]["result"]:
        entry = {**entry, **{key: ids[entry[key]] for key in ("id", "from_id", "to_id") if key in entry}}
        if entry["type"] == "labels" and entry["id"] in notes:
            entry["meta"] = notes[entry["id"]]
        result.append(entry)
    return {**task, "annotations": [{"result": result}]}


def _match_regions(before: Task, after: Task) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the final id of every later region by its present id, and the notes of earlier regions by their id."""
    old, new = ([r for r in t["annotations"][0]["result"] if r["type"] == "labels"] for t in (before, after))
    old_attributes, new_attributes = _read_attributes(before), _read_attributes(after)

    def similarity(a: Entry, b: Entry) -> tuple[int, ...] | None:
        """Return a key to sort by; None where the two cannot be the same region."""
        s, t = (Span(r["value"]["start"], r["value"]["end"]) for r in (a, b))
        if a["from_name"] != b["from_name"] or not s.overlaps(t):
            return None
        same_span, same_label = s == t, a["value"]["labels"] == b["value"]["labels"]
        common_characters = min(s.end, t.end) - max(s.start, t.start)
        common_attributes = len(old_attributes[a["id"]] & new_attributes[b["id"]])
        return same_span + same_label, same_span, common_attributes, common_characters

    ids: dict[str, str] = {}
    notes: dict[str, Any] = {}
    # The most similar pairs first; the indices are negated so that of equal ones the earlier regions come first.
    pairs = [(score, -i, -j) for i, a in enumerate(old) for j, b in enumerate(new) if (score := similarity(a, b))]
    matched: set[int] = set()
    for _, i, j in sorted(pairs, reverse=True):
        if -i not in matched and new[-j]["id"] not in ids:
            matched.add(-i)
            ids[new[-j]["id"]] = old[-i]["id"]
            if "meta" in old[-i]:
                notes[old[-i]["id"]] = old[-i]["meta"]
    # Regions without a partner keep their ids, with a number where an earlier region has had the same id.
    taken = {r["id"] for r in old} | set(ids.values())
    for region in new:
        if region["id"] not in ids:
            id_, number = region["id"], 1
            while id_ in taken:
                id_, number = f"{region['id']}_{number}", number + 1
            taken.add(id_)
            ids[region["id"]] = id_
    return ids, notes


def _read_attributes(task: Task) -> dict[str, set[str]]:
    """Return the attributes of each region (all but its label) as comparable words, by the region's id."""
    attributes: defaultdict[str, set[str]] = defaultdict(set)
    for entry in task["annotations"][0]["result"]:
        if entry["type"] in ("choices", "textarea"):
            attributes[entry["id"]].add(f"{entry['from_name']} {read_values(entry)}")
    return attributes


def _build_parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add_command(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")

    article: dict[str, Any] = {"metavar": "DOC_ID", "help": "the article, or a unique prefix of its doc_id: 003"}
    add_command("skeleton", "print an article as S lines, to be annotated").add_argument("document", **article)
    command = add_command("tasks", "convert annotated lines to Label Studio tasks")
    command.add_argument("folder", type=Path, metavar="DIR", help="the folder of <doc_id>.txt")
    command.add_argument("out", type=Path, metavar="OUT", help="the folder to write <doc_id>.json to")
    add_command("show", "print the gold of an article as lines, to be corrected").add_argument("document", **article)
    command = add_command("take", "write corrected lines into the gold and print what changed")
    command.add_argument("file", type=Path, metavar="FILE", help="the output of show, corrected")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    args = _build_parser().parse_args(arguments)
    if args.command in ("skeleton", "show"):
        doc_id = find_doc_id(args.document, Store().read_manifest()["documents"])
        console.write_data(write_skeleton(doc_id) if args.command == "skeleton" else show(doc_id))
    elif args.command == "take":
        with exchange.lock(ANNOTATIONS / GOLD):
            path, content = take(read_text(args.file), str(args.file))
            before = replace(revisions.read_side(), name="before")
            write_file(path, content)
        console.print_text(differences.diff(before).as_text())
    else:
        with exchange.lock(ANNOTATIONS / GOLD):
            for doc_id, content in convert_folder(args.folder).items():
                write_file(args.out / f"{doc_id}.json", content)
                console.print_line(args.out / f"{doc_id}.json")
    return 0
