"""Annotate in a text editor: articles to sentence lines, and annotated lines to Label Studio tasks.

    python scripts/notation.py skeleton 003              the article as S lines, to be annotated
    python scripts/notation.py tasks DIR OUT             DIR/<doc_id>.txt → OUT/<doc_id>.json, to be imported

The notation is described in benchmark/vostochny/formats/notation.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vostochny.formats import Fault, FormatError, label_studio, notation

import project
from segmentation import sentences_of


def full_id(prefix: str) -> str:
    """The doc_id that begins so. Raises FormatError where none or several do."""
    known = [d for d in project.manifest()["documents"] if d.startswith(prefix)]
    if len(known) != 1:
        raise FormatError([Fault("annotations/documents.yaml", None, None, f"{prefix!r} fits {known or 'no doc_id'}")])
    return known[0]


def skeleton(doc_id: str) -> str:
    """The article as S lines, a blank line between paragraphs."""
    text = project.seed_text(doc_id)
    blocks = []
    for paragraph in notation.paragraphs_of(text):
        blocks.append("\n".join(f"S {s.of(text)}" for s in sentences_of(text, paragraph)))
    return "\n\n".join(blocks) + "\n"


def tasks(folder: Path) -> dict[str, str]:
    """Label Studio tasks, as file content by doc_id, from every ``<doc_id>.txt`` of a folder."""
    out, faults = {}, []
    scheme = project.scheme()
    for path in sorted(folder.glob("*.txt")):
        try:
            doc_id = full_id(path.stem)
            source = path.read_text(encoding="utf-8")
            document = notation.read(source, doc_id, project.seed_text(doc_id), scheme, str(path))
            out[doc_id] = label_studio.dumps(label_studio.canonical(label_studio.write(document)))
        except FormatError as e:
            faults += e.faults
    if faults:
        raise FormatError(faults)
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("skeleton", help="an article as S lines").add_argument("document")
    command = commands.add_parser("tasks", help="annotated lines as Label Studio tasks")
    command.add_argument("folder", type=Path)
    command.add_argument("out", type=Path)
    args = parser.parse_args()
    try:
        if args.command == "skeleton":
            print(skeleton(full_id(args.document)), end="")
        else:
            for doc_id, content in tasks(args.folder).items():
                project.write_atomically(args.out / f"{doc_id}.json", content)
                print(args.out / f"{doc_id}.json")
    except FormatError as e:
        print(e, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
