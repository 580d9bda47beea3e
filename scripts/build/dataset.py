"""Build what people load from what people edit: seeds + annotations → corpus/ and the package's data.

python -m scripts corpus                       write what is not current
python -m scripts corpus --check               write nothing; exit 1 if anything is not current
python -m scripts corpus --without-text DIR    the corpus without the words of its articles, into DIR
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts import store
from scripts.build import card, croissant, dataset_fields, dataset_rows
from scripts.files import ANNOTATIONS, CORPUS, PACKAGE_DATA, ROOT, display_path, read_json, read_yaml, write_or_check
from scripts.segmentation import segment
from vostochny import version
from vostochny.errors import InputError, Problem
from vostochny.formats import standoff
from vostochny.model import Document, Span


def span_faults(document: Document) -> list[Problem]:
    """Every annotated span must begin and end with a token."""
    starts, ends = {t.start for t in document.tokens}, {t.end for t in document.tokens}
    where = f"annotations/gold/{document.doc_id}.json"
    spans: list[tuple[str, Span]] = [(e.id, e.span) for e in document.entities]
    spans += [(e.id, e.trigger) for e in document.events]
    spans += [(q.id, s) for q in document.quotes for s in (*q.content, *([q.cue] if q.cue else []))]
    return [
        Problem(where, None, id_, f"{s.of(document.text)!r} ({s.start}–{s.end}) does not begin and end with a token")
        for id_, s in spans
        if s.start not in starts or s.end not in ends
    ]


def _lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_registry(annotations: Path) -> dict[str, dict[str, Any]]:
    """What ``annotations/clusters/*.yaml`` says of each cluster; empty while there are none.

    Raises InputError with every entry that could not be published.
    """
    merged: dict[str, dict[str, Any]] = {}
    problems = []
    lists = dataset_rows.LISTS
    for path in sorted((annotations / "clusters").glob("*.yaml")):
        entries = read_yaml(path) or {}
        if not isinstance(entries, dict):
            problems.append(
                Problem(display_path(path), None, None, "is no mapping of clusters to what is known of each")
            )
            continue
        for cluster, known in entries.items():
            if not isinstance(known, dict):
                problems.append(Problem(display_path(path), None, str(cluster), "is no mapping of fields"))
                continue
            merged[cluster] = known
            for field, value in known.items():
                words = value if field in lists and isinstance(value, list) else [value]
                if not all(x is None or isinstance(x, str) for x in words):
                    message = f"is {value}; write words, in quotes where YAML takes them for something else"
                    problems.append(Problem(display_path(path), None, f"{cluster}.{field}", message))
    if problems:
        raise InputError(problems)
    return merged


def build(annotations: Path = ANNOTATIONS, corpus: Path = CORPUS) -> dict[Path, str]:
    """Every generated file of the corpus with its content. Raises InputError on a gold that cannot be published."""
    ontology = store.read_ontology(annotations)
    manifest = store.read_manifest(annotations, dataset_rows.KNOWN)
    documents = [segment(d) for d in store.read_gold(annotations)]
    problems = [problem for d in documents for problem in span_faults(d)]
    if problems:
        raise InputError(problems)
    canary = manifest["canary"]
    registry = read_registry(annotations)
    names = {cluster: known["name"] for cluster, known in registry.items() if known.get("name")}
    rows = {
        "documents": [dataset_rows.document_row(d, manifest["documents"][d.doc_id], canary) for d in documents],
        "ner": dataset_rows.ner_rows(documents, ontology, canary),
        "entities": dataset_rows.entity_rows(documents, names, canary),
        "events": dataset_rows.event_rows(documents, names, canary),
        "quotes": dataset_rows.quote_rows(documents, names, canary),
        "clusters": dataset_rows.cluster_rows(documents, registry, canary),
        "discrepancies": dataset_rows.discrepancy_rows(store.read_discrepancies(annotations), canary),
    }
    rows = {name: body for name, body in rows.items() if body}
    files = {corpus / name / "test.jsonl": _lines(body) for name, body in rows.items()}
    # The gold's hash is that of the documents, as in a score's signature; the other configs can change beside it.
    contents = [files[corpus / "documents" / "test.jsonl"], "".join(files.values())]
    gold_hash, build_hash = (hashlib.sha256(x.encode()).hexdigest()[:12] for x in contents)
    counts = {name: len(body) for name, body in rows.items()}
    released = release_date()
    files[corpus / "README.md"] = card.card(
        documents, ontology, (gold_hash, build_hash), counts, version.__version__, read_agreement(annotations), released
    )
    files[corpus / "croissant.json"] = croissant.metadata(
        {name: files[corpus / name / "test.jsonl"] for name in rows},
        dataset_fields.features(ontology),
        version.__version__,
        f"English news articles about the meeting of Kim Jong Un and Vladimir Putin at the Vostochny cosmodrome, "
        f"annotated by language models for entities, events, quotes and identity across articles; gold {gold_hash}.",
        card.bibtex(version.__version__, released),
        released,
    )
    return files


def read_agreement(annotations: Path) -> dict[str, Any]:
    """The content of ``annotations/agreement.json``; empty while the gold has not been annotated twice."""
    path = annotations / "agreement.json"
    return read_json(path) if path.is_file() else {}


def release_date() -> str | None:
    """The day of the last release, as CITATION.cff says it."""
    path = ROOT / "CITATION.cff"
    found = re.search(r"^date-released: *(\S+)$", path.read_text(encoding="utf-8"), re.M) if path.is_file() else None
    return found.group(1).strip("'\"") if found else None


def without_text(target: Path, annotations: Path = ANNOTATIONS) -> dict[Path, str]:
    """The files of the stand-off corpus: what ``vostochny rehydrate --from`` turns into the complete one again."""
    complete = build(annotations, target)
    rows = {
        path.parent.name: [json.loads(line) for line in body.split("\n") if line]
        for path, body in complete.items()
        if path.name == "test.jsonl"
    }
    files = {
        target / name / "test.jsonl": standoff.dump_rows(map(standoff.remove_text, body)) for name, body in rows.items()
    }
    build_hash = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:12]
    about = standoff.describe_articles(_gold_hash(complete, target), rows["documents"])
    counts = {name: len(body) for name, body in rows.items()}
    files[target / standoff.ABOUT_FILE] = json.dumps(about, indent=1) + "\n"
    files[target / "README.md"] = card.standoff_card(
        store.read_ontology(annotations), (about["gold"], build_hash), counts, version.__version__
    )
    for name in ("README.md", "croissant.json"):
        files[target / standoff.COMPLETE_FOLDER / name] = complete[target / name]
    return files


def _gold_hash(files: Mapping[Path, str], corpus: Path) -> str:
    return hashlib.sha256(files[corpus / standoff.DOCUMENTS_FILE].encode()).hexdigest()[:12]


def package_data(annotations: Path = ANNOTATIONS) -> dict[Path, str]:
    """What the package carries besides code: ontology, agreement by measure, and the gold without article text."""
    source = read_yaml(annotations / "ontology.yaml")
    store.read_ontology(annotations)  # raises where the ontology contradicts itself
    figures = read_agreement(annotations).get("f1", {})
    agreement = {f["measure"]: f["f1"] for f in figures.values() if "measure" in f}
    bare = without_text(Path(), annotations)
    return {
        PACKAGE_DATA / name: json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        for name, content in (("ontology.json", source), ("agreement.json", agreement))
    } | {
        PACKAGE_DATA / "gold.jsonl": bare[Path(standoff.DOCUMENTS_FILE)],
        PACKAGE_DATA / standoff.ABOUT_FILE: bare[Path(standoff.ABOUT_FILE)],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    form.add_argument("--without-text", type=Path, metavar="DIR", help="write the corpus without article text to DIR")
    args = parser.parse_args(arguments)
    check = args.check
    if args.without_text:
        for path in write_or_check(without_text(args.without_text), check=False):
            print(f"{path}: written")
        return 0
    stale = write_or_check(package_data() | build(), check)
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {'not current; run make corpus' if check else 'written'}")
    if not stale:
        print("corpus: current")
    return 1 if check and stale else 0
