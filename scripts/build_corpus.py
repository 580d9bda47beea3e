"""Build what people load from what people edit: seeds + annotations → corpus/ and the package's data.

python scripts/build_corpus.py            write what is not current
python scripts/build_corpus.py --check    write nothing; exit 1 if anything is not current
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import vostochny
from vostochny.formats import Fault, FormatError
from vostochny.model import Document, Span

import corpus_card
import corpus_rows
import project
from segmentation import segment


def span_faults(document: Document) -> list[Fault]:
    """Every annotated span must begin and end with a token."""
    starts, ends = {t.start for t in document.tokens}, {t.end for t in document.tokens}
    where = f"annotations/gold/{document.doc_id}.json"
    spans: list[tuple[str, Span]] = [(e.id, e.span) for e in document.entities]
    spans += [(e.id, e.trigger) for e in document.events]
    spans += [(q.id, s) for q in document.quotes for s in (*q.content, *([q.cue] if q.cue else []))]
    return [
        Fault(where, None, id_, f"{s.of(document.text)!r} ({s.start}–{s.end}) does not begin and end with a token")
        for id_, s in spans
        if s.start not in starts or s.end not in ends
    ]


def _lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_registry(annotations: Path) -> dict[str, dict[str, Any]]:
    """What ``annotations/clusters/*.yaml`` says of each cluster; empty while there are none."""
    merged: dict[str, dict[str, Any]] = {}
    for path in sorted((annotations / "clusters").glob("*.yaml")):
        merged |= project.read_yaml(path) or {}
    return merged


def read_discrepancies(annotations: Path) -> list[dict[str, Any]]:
    """The records of ``annotations/discrepancies.yaml``; none while the file is not there."""
    path = annotations / "discrepancies.yaml"
    return project.read_yaml(path) or [] if path.is_file() else []


def build(annotations: Path = project.ANNOTATIONS, corpus: Path = project.CORPUS) -> dict[Path, str]:
    """Every generated file of the corpus with its content. Raises FormatError on a gold that cannot be published."""
    scheme = project.scheme(annotations)
    manifest = project.manifest(annotations)
    documents = [segment(d) for d in project.read_gold(annotations)]
    faults = [fault for d in documents for fault in span_faults(d)]
    if faults:
        raise FormatError(faults)
    canary = manifest["canary"]
    registry = read_registry(annotations)
    names = {cluster: known["name"] for cluster, known in registry.items() if known.get("name")}
    rows = {
        "documents": [corpus_rows.document_row(d, manifest["documents"][d.doc_id], canary) for d in documents],
        "ner": corpus_rows.ner_rows(documents, scheme, canary),
        "entities": corpus_rows.entity_rows(documents, names, canary),
        "events": corpus_rows.event_rows(documents, names, canary),
        "quotes": corpus_rows.quote_rows(documents, names, canary),
        "clusters": corpus_rows.cluster_rows(documents, registry, canary),
        "discrepancies": corpus_rows.discrepancy_rows(read_discrepancies(annotations), canary),
    }
    rows = {name: body for name, body in rows.items() if body}
    files = {corpus / name / "test.jsonl": _lines(body) for name, body in rows.items()}
    # The gold's hash is that of the documents, as in a score's signature; the other configs can change beside it.
    contents = [files[corpus / "documents" / "test.jsonl"], "".join(files.values())]
    gold_hash, build_hash = (hashlib.sha256(x.encode()).hexdigest()[:12] for x in contents)
    counts = {name: len(body) for name, body in rows.items()}
    files[corpus / "README.md"] = corpus_card.card(
        documents, scheme, (gold_hash, build_hash), counts, vostochny.__version__
    )
    return files


def package_data(annotations: Path = project.ANNOTATIONS) -> dict[Path, str]:
    """What the package carries besides code: the scheme, and the annotators' agreement by measure."""
    source = project.read_yaml(annotations / "ontology.yaml")
    project.scheme(annotations)  # raises where the scheme contradicts itself
    path = annotations / "agreement.json"
    figures = json.loads(path.read_text(encoding="utf-8"))["f1"] if path.is_file() else {}
    agreement = {f["measure"]: f["f1"] for f in figures.values() if "measure" in f}
    return {
        project.PACKAGE_DATA / name: json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        for name, content in (("ontology.json", source), ("agreement.json", agreement))
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    check = parser.parse_args().check
    try:
        stale = project.write_or_check(package_data() | build(), check)
    except FormatError as e:
        print(e, file=sys.stderr)
        return 2
    for path in stale:
        print(f"{path.relative_to(project.ROOT)}: {'not current; run make corpus' if check else 'written'}")
    if not stale:
        print("corpus: current")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
