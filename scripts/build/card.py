"""Render the dataset card, corpus/README.md: YAML for ``datasets`` (the types of every config), and text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import yaml

from scripts.build.dataset_fields import MEANING, ROWS, Field, drop_text_fields, list_features
from vostochny.model import Document, shorten_id
from vostochny.ontology import Ontology
from vostochny.report.markdown_writer import format_table


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

    def percent(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f}"

    for label, score in report["f1"].items():
        if "measure" not in score:
            continue
        by = score.get("by_article") or {}
        worst = min(by, key=lambda i: by[i]) if by and min(by.values()) < 1 else None
        low = f"{percent(by[worst])} ({shorten_id(worst)})" if worst else "–"
        items = f"{score['a']:.0f}, {score['b']:.0f}" if "a" in score else "–"
        outside = score.get("outside_examples") or {}
        unshown = percent(outside.get("f1")) if outside else "–"
        rows.append((label, percent(score["f1"]), low, items, unshown, f"{outside.get('support', 0):.0f}"))
    return format_table(head, rows)


def render_citation(version: str, released: str | None) -> str:
    """Return the BibTeX entry of the corpus; ``released`` is a date, YYYY-MM-DD."""
    year = f"\n  year = {{{released[:4]}}}," if released else ""
    return f"""@misc{{vostochny,
  title = {{Vostochny: one summit, five newsrooms}},
  author = {{{{The Vostochny contributors}}}},{year}
  note = {{Version {version}, corpus and benchmark}}
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


def _render_yaml(shapes: Mapping[str, list[Field]], rows: Mapping[str, int], about: str) -> str:
    """Return the YAML of the card; ``about`` is the description of every config."""
    # The loader's cache key ignores the content of local files. The hash of all files in each description is part of
    # the config, and so of the key: a changed corpus can never load from an old cache.
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
            for name in rows
        ],
        "dataset_info": [{"config_name": name, "features": shapes[name]} for name in rows],
    }  # fmt: skip
    return str(yaml.dump(head, Dumper=_NoAliasDumper, sort_keys=False, allow_unicode=True, width=1000)).rstrip()


def _render_fields(shapes: Mapping[str, list[Field]], rows: Mapping[str, int]) -> str:
    parts = []
    for name, count in rows.items():
        fields = [(f"`{f['name']}`", _describe_type(f), MEANING[name][f["name"]]) for f in shapes[name]]
        table = format_table(("field", "type", ""), fields, right=())
        parts.append(f"### `{name}`\n\n{count} rows, each {ROWS[name]}.\n\n{table}")
    return "\n\n".join(parts)


def render_card(
    documents: list[Document],
    ontology: Ontology,
    hashes: tuple[str, str],
    rows: Mapping[str, int],
    version: str,
    report: Mapping[str, Any],
    released: str | None,
) -> str:
    """Return the card of the corpus.

    Args:
        documents: the gold, segmented
        ontology: the ontology of the gold
        hashes: of the gold and of all files
        rows: the number of rows of each config
        version: of the corpus and the package
        report: the content of agreement.json, empty where there is none
        released: the date of the last release, YYYY-MM-DD; None where there is none
    """
    gold_hash, build_hash = hashes
    shapes = list_features(ontology)
    configs = [(f"`{name}`", count, ROWS[name]) for name, count in rows.items()]
    table = render_agreement(report)
    agreement = f"\nAgreement of A and B, in per cent:\n\n{table}\n" if table else ""
    return f"""---
{_render_yaml(shapes, rows, f"vostochny {version}, gold {gold_hash}, files {build_hash}")}
---

# Vostochny: one summit, five newsrooms

{_in_words(len(documents))} English news articles about one event, the meeting of Kim Jong Un and Vladimir Putin at the
Vostochny cosmodrome in September 2023, annotated for entities, events and quotes. What is the same across the articles
(a person, an event, an utterance) has one identity, and the claims on which the articles differ are listed. It is a
test set: for measuring extractors, not for training them.

**The labels were made by language models and no human has reviewed them.** What that means for a score is said
[below](#how-the-labels-were-made).

## Load it

```python
from datasets import load_dataset

quotes = load_dataset("./corpus", "quotes", split="test")
for quote in quotes.select(range(3)):
    speaker = quote["source"]["cluster_name"] if quote["source"] else "nobody named"
    print(speaker, quote["cue"]["text"], [part["text"] for part in quote["content"]])
```

No loading script, no network. `./corpus` is the folder of this card; without a name the config is `documents`. Offsets
are Unicode code points into the article's `text`, end exclusive: `text[start:end]` is the words of every span. To score
an extractor against the gold: `vostochny score predictions.jsonl`.

## Configs

{format_table(("config", "rows", "a row is"), configs, right=(1,))}

All have one split, `test`. Version {version}, gold `{gold_hash}`: the hash names the content of `documents` and
stands in every config's description and in every score's signature.

{_render_fields(shapes, rows)}

## Statistics

{render_statistics(documents)}

Generated from the repository's `seeds/` and `annotations/` by `python -m scripts corpus`.

## Uses

Meant for: scoring extractors of named entities, events with arguments, attributed quotes, and of identity within and
across articles; comparing two systems on the same articles; studying how articles about one event differ in wording,
claims and attribution.

Not meant for:

- training or tuning: these articles are a test set, and a model that has seen them measures nothing (`canary`);
- ranking systems whose difference lies inside the intervals, or inside what the annotators disagree on;
- claims about news at large, other events, other languages, or English that is nobody's translation;
- facts about the persons and states named: the annotation says who claims what, not what is true;
- conclusions about outlets: which outlets these are is not known.

## How the labels were made

A language model wrote a pilot annotation and a first draft of the guidelines. Two language-model annotators tried the
draft on one article; the guidelines were rewritten with far fewer examples. Then language-model annotators A and B
each annotated all articles, independently, from guidelines, ontology and texts alone; every disagreement was
adjudicated, with its rule and reason, by a language model too. A, B, the author of the guidelines and the adjudicator
are of **one model family**. So the agreement of A and B is the consistency of a model under detailed rules. It is not
agreement of humans, and says little about whether the labels are right: what both overlook or misread in the same way
shows in no figure. Both report that they worked sentence by sentence with all layers together, and that their second
look was quick and led to no correction, so shared omissions may remain. Figures for what stands outside the places
that the guidelines show as examples are given beside.
{agreement}
The whole account, and what may not be concluded, is in the datasheet (`DATASHEET.md` of the repository).

## Limits

- One event, five articles. Intervals for *new articles* mean other articles of this kind; neither interval covers other
  events.
- Several articles are translated or reworded, one visibly by a machine (`translated`).
- Publisher, date and address of the articles are not known.
- The articles name living persons and report contested claims about them.
- Errors in the labels are to be expected. Report one by an issue that names article, words and the rule of the
  guidelines that decides; corrections are released as a new minor version.

## Licence

Annotations: [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). The texts belong to their publishers, who have
not been asked; their licence is not known. Who must not hold or pass on the texts can use the corpus without them:

```sh
python -m scripts corpus --without-text standoff      # offsets, labels and hashes, no words of the articles
vostochny rehydrate ARTICLES --from standoff -o corpus      # joined again by who holds the articles
```

## Published copies

A copy on the hub is a version of this folder under a tag, so that a result can name what it was measured on:

```sh
hf upload OWNER/vostochny corpus . --repo-type dataset --commit-message "{version}, gold {gold_hash}"
hf repo tag create OWNER/vostochny v{version} --repo-type dataset
```

```py
load_dataset("OWNER/vostochny", "quotes", split="test", revision="v{version}")
```

Publish the stand-off folder instead where the rights in the texts are in doubt. Cite the gold of the signature too.

## Citation

```bibtex
{render_citation(version, released)}
```
"""


def render_standoff_card(ontology: Ontology, hashes: tuple[str, str], rows: Mapping[str, int], version: str) -> str:
    """Return the card of the corpus without text, which explains how to complete it.

    The dataset loads from it as from the complete one; see :func:`render_card` for the arguments.
    """
    shapes = {name: drop_text_fields(fields) for name, fields in list_features(ontology).items()}
    about = f"vostochny {version} without text, gold {hashes[0]}, files {hashes[1]}"
    return f"""---
{_render_yaml(shapes, rows, about)}
---

# Vostochny, without the articles

Offsets, labels, identities and hashes of the corpus Vostochny {version}, gold `{hashes[0]}`; every word copied from the
articles is left out. Names in the registry of clusters and the reasons of discrepancies are the annotators' own words,
which may repeat a phrase.

Who holds the articles, as files under any name, joins them:

```sh
vostochny rehydrate ARTICLES --from . -o ../corpus
```

A file is taken for an article by its sha256 (`about.json`). One that differs is refused, and where it differs is said.
The result is, byte for byte, the complete corpus. Annotations: CC BY 4.0. The labels were made by language models and
no human has reviewed them.
"""
