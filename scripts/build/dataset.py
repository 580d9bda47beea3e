"""Build corpus/ and the data files of the package from seeds/ and annotations/.

The functions return the content of files by path; scripts.build.artefacts writes or compares them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.build import card, croissant, dataset_fields, dataset_rows
from scripts.files import ANNOTATIONS, CORPUS, PACKAGE_DATA, ROOT, raise_problems
from scripts.segmentation import segment
from scripts.store import LIST_FIELDS, Store, registry_path
from vostochny import version
from vostochny.corpus import shorten_hash
from vostochny.errors import Problem, Problems
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
    problems: Problems[Problem] = Problems()
    for kind, entries in store.read_registries().items():
        file = store.display_name(registry_path(kind))
        for cluster, fields in entries.items():
            if not isinstance(fields, dict):
                problems.append(Problem(file, None, str(cluster), "is not a mapping of fields"))
                continue
            registry[cluster] = fields
            for field, value in fields.items():
                words = value if field in LIST_FIELDS and isinstance(value, list) else [value]
                if not all(x is None or isinstance(x, str) for x in words):
                    message = f"is {value}; write words, in quotes where YAML takes them for something else"
                    problems.append(Problem(file, None, f"{cluster}.{field}", message))
    raise_problems(problems)
    return registry


def build(annotations: Path = ANNOTATIONS, corpus: Path = CORPUS) -> dict[Path, str]:
    """Return every generated file of the corpus with its content.

    Raises InputError where annotations cannot be read or published.
    """
    return _build(Store(annotations), corpus)


def _build(store: Store, corpus: Path) -> dict[Path, str]:
    """Do the work of :func:`build`."""
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
    contents = {name: _to_json_lines(body) for name, body in rows.items() if body}
    # The gold's hash is that of the documents alone, as in a score's signature; other configs may change without it.
    edition = _make_edition(_hash(contents["documents"]), contents, dataset_fields.list_features(store.ontology))
    return _place(contents, corpus) | {
        corpus / "README.md": card.render_card(edition, documents, store.read_agreement()),
        corpus / "croissant.json": croissant.render_metadata(edition, contents),
    }


def _make_edition(
    gold: str, contents: Mapping[str, str], fields: Mapping[str, list[dataset_fields.Field]]
) -> card.Edition:
    """Return the edition of this gold that has the given content of test.jsonl in each config."""
    rows = {name: content.count("\n") for name, content in contents.items()}
    return card.Edition(version.__version__, read_release_date(), gold, _hash("".join(contents.values())), rows, fields)


def _place(contents: Mapping[str, str], folder: Path) -> dict[Path, str]:
    return {folder / name / "test.jsonl": content for name, content in contents.items()}


def _hash(content: str) -> str:
    return shorten_hash(hashlib.sha256(content.encode()).hexdigest())


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
    rows = {path.parent.name: _read_rows(body) for path, body in complete.items() if path.name == "test.jsonl"}
    contents = {name: standoff.dump_rows(map(standoff.remove_text, body)) for name, body in rows.items()}
    about = standoff.describe_articles(_hash(complete[target / standoff.DOCUMENTS_FILE]), rows["documents"])
    features = dataset_fields.list_features(Store(annotations).ontology)
    fields = {name: dataset_fields.drop_text_fields(columns) for name, columns in features.items()}
    edition = _make_edition(about["gold"], contents, fields)
    return (
        _place(contents, target)
        | {
            target / standoff.ABOUT_FILE: json.dumps(about, indent=1) + "\n",
            target / "README.md": card.render_standoff_card(edition),
        }
        | {
            target / standoff.COMPLETE_FOLDER / name: complete[target / name]
            for name in ("README.md", "croissant.json")
        }
    )


def _read_rows(content: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.split("\n") if line]


def build_package_data(store: Store, documents: str) -> dict[Path, str]:
    """Return the data files of the package: ontology, agreement by metric, and the gold without article text.

    ``documents`` is the content of documents/test.jsonl, built from the same annotations.
    """
    scores = store.read_agreement().get("f1", {})
    agreement = {s["measure"]: s["f1"] for s in scores.values() if "measure" in s}
    rows = _read_rows(documents)
    contents = {
        "ontology.json": store.read_ontology_source(),
        "agreement.json": agreement,
        standoff.ABOUT_FILE: standoff.describe_articles(_hash(documents), rows),
    }
    files = {name: json.dumps(content, ensure_ascii=False, indent=1) + "\n" for name, content in contents.items()}
    files["gold.jsonl"] = standoff.dump_rows(map(standoff.remove_text, rows))
    return {PACKAGE_DATA / name: content for name, content in files.items()}


def build_files(annotations: Path = ANNOTATIONS, corpus: Path = CORPUS) -> dict[Path, str]:
    """Return every file of the corpus by path; and of the package's data, where the corpus is that of the repository.

    Raises InputError as :func:`build`.
    """
    store = Store(annotations)
    files = _build(store, corpus)
    documents = files[corpus / standoff.DOCUMENTS_FILE]
    return files | (build_package_data(store, documents) if os.path.realpath(corpus) == str(CORPUS) else {})
