"""Build corpus/ and the data files of the package from seeds/ and annotations/.

The functions return the content of files by path; scripts.build.artefacts writes or compares them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.build import card, croissant, dataset_fields, dataset_rows
from scripts.files import ANNOTATIONS, CORPUS, PACKAGE_DATA, ROOT, raise_problems
from scripts.segmentation import segment
from scripts.store import Store, registry_path
from vostochny import version
from vostochny.errors import Problem
from vostochny.formats import standoff
from vostochny.model import Document, Span


def check_spans(document: Document) -> list[Problem]:
    """Return a problem for every annotated span that does not begin and end with a token."""
    starts, ends = {t.start for t in document.tokens}, {t.end for t in document.tokens}
    file = f"annotations/gold/{document.doc_id}.json"
    spans: list[tuple[str, Span]] = [(e.id, e.span) for e in document.entities]
    spans += [(e.id, e.trigger) for e in document.events]
    spans += [(q.id, s) for q in document.quotes for s in (*q.content, *([q.cue] if q.cue else []))]
    return [
        Problem(file, None, id_, f"{s.of(document.text)!r} ({s.start}–{s.end}) does not begin and end with a token")
        for id_, s in spans
        if s.start not in starts or s.end not in ends
    ]


def _to_json_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def collect_registry(store: Store) -> dict[str, dict[str, Any]]:
    """Return the registered fields of each cluster; empty where there are no registries.

    Raises InputError with every entry that cannot be published.
    """
    registry: dict[str, dict[str, Any]] = {}
    problems = []
    for kind, entries in store.read_registries().items():
        file = store.display_name(registry_path(kind))
        for cluster, fields in entries.items():
            if not isinstance(fields, dict):
                problems.append(Problem(file, None, str(cluster), "is not a mapping of fields"))
                continue
            registry[cluster] = fields
            for field, value in fields.items():
                words = value if field in dataset_rows.LIST_FIELDS and isinstance(value, list) else [value]
                if not all(x is None or isinstance(x, str) for x in words):
                    message = f"is {value}; write words, in quotes where YAML takes them for something else"
                    problems.append(Problem(file, None, f"{cluster}.{field}", message))
    raise_problems(problems)
    return registry


def build(annotations: Path = ANNOTATIONS, corpus: Path = CORPUS) -> dict[Path, str]:
    """Return every generated file of the corpus with its content.

    Raises InputError where annotations cannot be read or published.
    """
    store = Store(annotations)
    manifest = store.read_manifest(dataset_rows.MANIFEST_FIELDS)
    documents = [segment(d) for d in store.read_gold()]
    raise_problems([problem for d in documents for problem in check_spans(d)])
    canary = manifest["canary"]
    registry = collect_registry(store)
    names = {cluster: fields["name"] for cluster, fields in registry.items() if fields.get("name")}
    rows = {
        "documents": [dataset_rows.make_document_row(d, manifest["documents"][d.doc_id], canary) for d in documents],
        "ner": dataset_rows.make_ner_rows(documents, store.ontology, canary),
        "entities": dataset_rows.make_entity_rows(documents, names, canary),
        "events": dataset_rows.make_event_rows(documents, names, canary),
        "quotes": dataset_rows.make_quote_rows(documents, names, canary),
        "clusters": dataset_rows.make_cluster_rows(documents, registry, canary),
        "discrepancies": dataset_rows.make_discrepancy_rows(store.read_discrepancies(), canary),
    }
    # A config without rows is not published.
    rows = {name: body for name, body in rows.items() if body}
    files = {corpus / name / "test.jsonl": _to_json_lines(body) for name, body in rows.items()}
    # The gold's hash is that of the documents alone, as in a score's signature; other configs may change without it.
    contents = [files[corpus / "documents" / "test.jsonl"], "".join(files.values())]
    gold_hash, build_hash = (hashlib.sha256(x.encode()).hexdigest()[:12] for x in contents)
    counts = {name: len(body) for name, body in rows.items()}
    released = read_release_date()
    files[corpus / "README.md"] = card.render_card(
        documents,
        store.ontology,
        (gold_hash, build_hash),
        counts,
        version.__version__,
        store.read_agreement(),
        released,
    )
    files[corpus / "croissant.json"] = croissant.render_metadata(
        {name: files[corpus / name / "test.jsonl"] for name in rows},
        dataset_fields.list_features(store.ontology),
        version.__version__,
        f"English news articles about the meeting of Kim Jong Un and Vladimir Putin at the Vostochny cosmodrome, "
        f"annotated by language models for entities, events, quotes and identity across articles; gold {gold_hash}.",
        card.render_citation(version.__version__, released),
        released,
    )
    return files


def read_release_date() -> str | None:
    """Return the date of the last release in CITATION.cff; None where there is none."""
    path = ROOT / "CITATION.cff"
    if not path.is_file():
        return None
    match = re.search(r"^date-released: *(\S+)$", path.read_text(encoding="utf-8"), re.M)
    return match.group(1).strip("'\"") if match else None


def build_without_text(target: Path, annotations: Path = ANNOTATIONS) -> dict[Path, str]:
    """Return every file of the stand-off corpus with its content, for a folder ``target``.

    ``vostochny rehydrate --from`` turns it into the complete corpus again. Raises InputError as :func:`build`.
    """
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
    files[target / "README.md"] = card.render_standoff_card(
        Store(annotations).ontology, (about["gold"], build_hash), counts, version.__version__
    )
    for name in ("README.md", "croissant.json"):
        files[target / standoff.COMPLETE_FOLDER / name] = complete[target / name]
    return files


def _gold_hash(files: Mapping[Path, str], corpus: Path) -> str:
    return hashlib.sha256(files[corpus / standoff.DOCUMENTS_FILE].encode()).hexdigest()[:12]


def build_package_data(annotations: Path = ANNOTATIONS) -> dict[Path, str]:
    """Return the data files of the package: ontology, agreement by metric, and the gold without article text."""
    store = Store(annotations)
    scores = store.read_agreement().get("f1", {})
    agreement = {s["measure"]: s["f1"] for s in scores.values() if "measure" in s}
    standoff_files = build_without_text(Path(), annotations)
    return {
        PACKAGE_DATA / name: json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        for name, content in (("ontology.json", store.read_ontology_source()), ("agreement.json", agreement))
    } | {
        PACKAGE_DATA / "gold.jsonl": standoff_files[Path(standoff.DOCUMENTS_FILE)],
        PACKAGE_DATA / standoff.ABOUT_FILE: standoff_files[Path(standoff.ABOUT_FILE)],
    }


def build_files() -> dict[Path, str]:
    """Return every file of the corpus and of the package's data, by path."""
    return build_package_data() | build()
