"""The published corpus is typed, consistent with the articles, and never loaded from a stale cache."""

from __future__ import annotations

import hashlib
import json
import shutil
from itertools import pairwise
from pathlib import Path

import datasets
import pytest
import yaml

from scripts import files
from scripts.build import dataset
from scripts.files import ANNOTATIONS, CORPUS, write_or_check
from scripts.store import Store
from vostochny.errors import InputError
from vostochny.formats import label_studio

CARD = yaml.safe_load((CORPUS / "README.md").read_text(encoding="utf-8").split("---")[1])
CONFIGS = [c["config_name"] for c in CARD["configs"]]


pytestmark = pytest.mark.usefixtures("offline")


def load(config: str | None = None, corpus: Path = CORPUS, **options):
    return datasets.load_dataset(str(corpus), config, split="test", **options)


def test_default_config_has_the_articles_byte_for_byte():
    rows = load()
    assert rows.num_rows == len(list(files.SEEDS.iterdir())) == len(Store().read_manifest()["documents"])
    for row in rows:
        data = (files.SEEDS / f"{row['doc_id']}.txt").read_bytes()
        assert row["text"].encode() == data
        assert row["sha256"] == hashlib.sha256(data).hexdigest()


def find_spans(value):
    """Yield every {start, end, text} anywhere in a row."""
    if isinstance(value, dict):
        if {"start", "end", "text"} <= value.keys():
            yield value
        for inner in value.values():
            yield from find_spans(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_spans(inner)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_loads_streams_and_has_the_words_of_the_articles(config):
    texts = {r["doc_id"]: r["text"] for r in load()}
    rows = load(config)
    stored = [json.loads(x) for x in (CORPUS / config / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows.num_rows == len(stored) > 0
    assert [len(r) for r in rows] == [len(s) for s in stored]
    assert next(iter(load(config, streaming=True))).keys() == rows[0].keys()
    checked = 0
    for row in rows:
        for item in find_spans({k: v for k, v in row.items() if k != "text"} | {"self": row if "start" in row else {}}):
            doc_id = item.get("doc_id", row.get("doc_id"))
            assert texts[doc_id][item["start"] : item["end"]] == item["text"]
            checked += 1
        if config == "ner":
            for token, offsets in zip(row["tokens"], row["token_offsets"], strict=True):
                assert texts[row["doc_id"]][offsets["start"] : offsets["end"]] == token
                checked += 1
    assert checked >= rows.num_rows


def test_zones_cover_the_text_and_units_lie_in_order():
    for row in load():
        zones = row["zones"]
        assert [zones[0]["start"], zones[-1]["end"]] == [0, len(row["text"])]
        assert all(a["end"] == b["start"] for a, b in pairwise(zones))
        for key in ("paragraphs", "sentences", "tokens"):
            spans = row[key]
            assert all(a["end"] <= b["start"] for a, b in pairwise(spans))
            covered = "".join(row["text"][s["start"] : s["end"]] for s in spans)
            assert "".join(covered.split()) == "".join(row["text"].split())


def test_class_labels_decode_to_the_stored_tags():
    rows = load("ner")
    stored = [json.loads(x) for x in (CORPUS / "ner" / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    for column in ("ner_tags", "ner_tags_ontonotes", "ner_tags_conll"):
        names = rows.features[column].feature
        assert [[names.int2str(t) for t in r[column]] for r in rows] == [s[column] for s in stored]


def test_an_edit_is_seen_after_a_rebuild(tmp_path):
    """The loader's cache key ignores the content of files, so the card contains the gold's hash."""
    annotations, corpus = tmp_path / "annotations", tmp_path / "corpus"
    shutil.copytree(ANNOTATIONS, annotations)
    write_or_check(dataset.build(annotations, corpus), check=False)
    before = load("entities", corpus)
    path = next((annotations / "gold").glob("003*.json"))
    task = json.loads(path.read_text(encoding="utf-8"))
    changed = next(r for r in task["annotations"][0]["result"] if r.get("value", {}).get("labels") == ["PER"])
    changed["value"]["labels"] = ["ORG"]
    path.write_text(label_studio.dumps(label_studio.canonicalize(task)), encoding="utf-8")
    stale = write_or_check(dataset.build(annotations, corpus), check=True)
    assert corpus / "entities" / "test.jsonl" in stale and corpus / "README.md" in stale
    write_or_check(dataset.build(annotations, corpus), check=False)
    after = load("entities", corpus)
    assert [r["type"] for r in before].count("PER") == [r["type"] for r in after].count("PER") + 1


def test_a_gold_that_differs_from_its_article_is_refused(tmp_path):
    annotations = tmp_path / "annotations"
    shutil.copytree(ANNOTATIONS, annotations)
    path = next((annotations / "gold").glob("003*.json"))
    path.write_text(path.read_text(encoding="utf-8").replace("Kim Jong Un met", "Kim Jong-Un met"), encoding="utf-8")
    with pytest.raises(InputError, match=r"data\.text: differs from seeds/003"):
        dataset.build(annotations, tmp_path / "corpus")


def test_only_the_corpus_of_the_repository_has_the_data_of_the_package(tmp_path, monkeypatch):
    """An update of another folder must not overwrite the gold that the package scores with."""
    monkeypatch.chdir(files.ROOT)
    made = dataset.build_files(corpus=Path("corpus"))
    assert {path.name for path in made if path.is_relative_to(files.PACKAGE_DATA)} == {
        "about.json", "agreement.json", "gold.jsonl", "ontology.json"
    }  # fmt: skip
    assert all(path.is_relative_to(tmp_path) for path in dataset.build_files(corpus=tmp_path))
