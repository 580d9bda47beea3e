"""Render the dataset card, corpus/README.md: the values that its templates show.

The prose is in templates/card.md, and in templates/card_without_text.md for the corpus without text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.build.dataset_fields import MEANING, ROWS, Field
from scripts.build.marks import fill_template
from vostochny.model import Document, shorten_id
from vostochny.report.markdown_writer import format_table
from vostochny.report.percents import UNDEFINED, format_percent

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Edition:
    """One state of the corpus, with or without text, as its card and its metadata describe it.

    Attributes:
        version: of the corpus and the package
        released: the date of the last release, YYYY-MM-DD; None where there is none
        gold: the hash of the gold
        files: the hash of all files
        rows: config → the number of its rows
        fields: config → its fields
    """

    version: str
    released: str | None
    gold: str
    files: str
    rows: Mapping[str, int]
    fields: Mapping[str, list[Field]]


class _NoAliasDumper(yaml.SafeDumper):
    """Writes repeated parts out in full: the loader of ``datasets`` modifies shared YAML nodes while it reads."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def render_statistics(documents: list[Document]) -> str:
    """Return a Markdown table of the number of items per article and layer."""
    head = [
        "article", "characters", "tokens", "names", "values", "nominals", "pronouns", "events", "arguments", "quotes",
    ]  # fmt: skip
    counts = []
    for d in documents:
        levels = Counter(e.level or "value" for e in d.entities)
        counts.append(
            [len(d.text), len(d.tokens), levels["NAM"], levels["value"], levels["NOM"], levels["PRO"],
             len(d.events), sum(len(e.arguments) for e in d.events), len(d.quotes)]
        )  # fmt: skip
    rows = [[d.doc_id, *row] for d, row in zip(documents, counts, strict=True)]
    return format_table(head, [*rows, ["**all**", *map(sum, zip(*counts, strict=True))]])


def render_agreement(report: Mapping[str, Any]) -> str:
    """Return a Markdown table of the annotators' mutual F1; empty where the report (agreement.json) is empty."""
    if not report:
        return ""
    head = ("figure", "mutual F1", "lowest article", "items of A, of B", "outside the places shown", "of")
    rows = []
    for label, score in report["f1"].items():
        if "measure" not in score:
            continue
        by = {name: f1 for name, f1 in (score.get("by_article") or {}).items() if f1 is not None}
        worst = min(by, key=lambda i: by[i]) if by and min(by.values()) < 1 else None
        low = f"{format_percent(by[worst])} ({shorten_id(worst)})" if worst else UNDEFINED
        items = f"{score['a']:.0f}, {score['b']:.0f}" if "a" in score else UNDEFINED
        outside = score.get("outside_examples") or {}
        unshown = format_percent(outside.get("f1")) if outside else UNDEFINED
        rows.append((label, format_percent(score["f1"]), low, items, unshown, f"{outside.get('support', 0):.0f}"))
    return format_table(head, rows)


def render_citation(edition: Edition) -> str:
    """Return the BibTeX entry of the corpus."""
    year = f"\n  year = {{{edition.released[:4]}}}," if edition.released else ""
    return f"""@misc{{vostochny,
  title = {{Vostochny: one summit, five newsrooms}},
  author = {{{{The Vostochny contributors}}}},{year}
  note = {{Version {edition.version}, corpus and benchmark}}
}}"""


def _in_words(n: int) -> str:
    """Return a number as the first word of a sentence."""
    words = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]
    return words[n] if n < len(words) else str(n)


def _describe_type(field: Field) -> str:
    """Return the type of a field for people."""
    if "dtype" in field:
        return str(field["dtype"])
    inner = field.get("struct") or field["list"]
    if isinstance(inner, dict):
        return "list of class labels"
    if isinstance(inner, str):
        return f"list of {inner}"
    names = ", ".join(f["name"] for f in inner)
    return f"{'list of ' if 'list' in field else ''}{{{names}}}"


def _render_yaml(edition: Edition, form: str = "") -> str:
    """Return the YAML of the card; ``form`` is stated after the version in the description of every config."""
    # The loader's cache key ignores the content of local files. The hash of all files in each description is part of
    # the config, and so of the key: a changed corpus can never load from an old cache.
    about = f"vostochny {edition.version}{form}, gold {edition.gold}, files {edition.files}"
    head = {
        "pretty_name": "Vostochny: one summit, five newsrooms",
        "license": "other",
        "license_name": "annotations-cc-by-4.0-texts-of-their-publishers",
        "license_link": "https://creativecommons.org/licenses/by/4.0/",
        "language": ["en"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found"],
        "source_datasets": ["original"],
        "size_categories": ["n<1K"],
        "task_categories": ["token-classification"],
        "task_ids": ["named-entity-recognition", "coreference-resolution"],
        "tags": ["event-extraction", "quotation-attribution", "cross-document-coreference", "news", "evaluation"],
        "configs": [
            {"config_name": name, "data_files": [{"split": "test", "path": f"{name}/test.jsonl"}],
             "default": name == "documents", "description": about}
            for name in edition.rows
        ],
        "dataset_info": [{"config_name": name, "features": edition.fields[name]} for name in edition.rows],
    }  # fmt: skip
    return str(yaml.dump(head, Dumper=_NoAliasDumper, sort_keys=False, allow_unicode=True, width=1000)).rstrip()


def _render_fields(edition: Edition) -> str:
    parts = []
    for name, count in edition.rows.items():
        fields = [(f"`{f['name']}`", _describe_type(f), MEANING[name][f["name"]]) for f in edition.fields[name]]
        table = format_table(("field", "type", ""), fields, right=())
        parts.append(f"### `{name}`\n\n{count} rows, each {ROWS[name]}.\n\n{table}")
    return "\n\n".join(parts)


def render_card(edition: Edition, documents: list[Document], report: Mapping[str, Any]) -> str:
    """Return the card of the corpus.

    ``documents`` is the gold, segmented; ``report`` the content of agreement.json, empty where there is none.
    """
    configs = [(f"`{name}`", count, ROWS[name]) for name, count in edition.rows.items()]
    values = {
        "metadata": _render_yaml(edition),
        "articles": _in_words(len(documents)),
        "configs": format_table(("config", "rows", "a row is"), configs, right=(1,)),
        "version": edition.version,
        "gold": edition.gold,
        "fields": _render_fields(edition),
        "statistics": render_statistics(documents),
        "agreement": render_agreement(report) or "not measured",
        "citation": render_citation(edition),
    }
    return fill_template(TEMPLATES / "card.md", values)


def render_standoff_card(edition: Edition) -> str:
    """Return the card of the corpus without text, which explains how to complete it.

    The dataset loads from it as from the complete one.
    """
    values = {"metadata": _render_yaml(edition, " without text"), "version": edition.version, "gold": edition.gold}
    return fill_template(TEMPLATES / "card_without_text.md", values)
