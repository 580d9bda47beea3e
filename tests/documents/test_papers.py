"""Datasheet, dataset card, Croissant metadata and citation are complete, consistent with the corpus and current."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any

import yaml

import vostochny
from scripts.build import croissant
from scripts.files import CORPUS, ROOT
from scripts.store import Store
from tests.support.processes import run_python
from tests.support.requirements import skip_or_fail

DATASHEET = (ROOT / "DATASHEET.md").read_text(encoding="utf-8")
CARD = (CORPUS / "README.md").read_text(encoding="utf-8")
YAML = yaml.safe_load(CARD.split("---")[1])
METADATA = json.loads((CORPUS / "croissant.json").read_text(encoding="utf-8"))


def read_rows(config: str) -> list[dict[str, Any]]:
    text = (CORPUS / config / "test.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


# -- datasheet -----------------------------------------------------------------------------------------------------

# The beginning of each question of Gebru et al. (2021), by section.
QUESTIONS = {
    "Motivation": ["For what purpose was", "Who created", "Who funded", "Any other comments"],
    "Composition": [
        "What do the instances", "How many instances", "Does the dataset contain all possible", "What data does each",
        "Is there a label", "Is any information missing", "Are relationships between", "Are there recommended data",
        "Are there any errors", "Is the dataset self-contained",
        "Does the dataset contain data that might be considered confidential",
        "Does the dataset contain data that, if viewed directly", "Does the dataset identify any subpopulations",
        "Is it possible to identify individuals", "Does the dataset contain data that might be considered sensitive",
        "Any other comments",
    ],
    "Collection process": [
        "How was the data", "What mechanisms", "If the dataset is a sample", "Who was involved", "Over what timeframe",
        "Were any ethical review", "Did you collect the data from the individuals", "Were the individuals in question "
        "notified", "Did the individuals in question consent", "If consent was obtained", "Has an analysis of the "
        "potential impact", "Any other comments",
    ],
    "Preprocessing/cleaning/labeling": [
        "Was any preprocessing", "Was the \"raw\" data", "Is the software", "Any other comments"
    ],
    "Uses": [
        "Has the dataset been used", "Is there a repository", "What (other) tasks", "Is there anything about the "
        "composition", "Are there tasks for which", "Any other comments",
    ],
    "Distribution": [
        "Will the dataset be distributed to third", "How will the dataset be distributed", "When will the dataset",
        "Will the dataset be distributed under a copyright", "Have any third parties", "Do any export controls",
        "Any other comments",
    ],
    "Maintenance": [
        "Who will be supporting", "How can the owner", "Is there an erratum", "Will the dataset be updated",
        "If the dataset relates to people", "Will older versions", "If others want to extend", "Any other comments",
    ],
}  # fmt: skip


def test_the_datasheet_answers_every_question_in_order():
    sections = re.split(r"^## ", DATASHEET, flags=re.M)[1:]
    assert [s.split("\n")[0] for s in sections] == [*QUESTIONS, "References"]
    for section, asked in zip(sections, QUESTIONS.values(), strict=False):
        answers = re.split(r"^### ", section, flags=re.M)[1:]
        assert len(answers) == len(asked)
        for answer, question in zip(answers, asked, strict=True):
            heading, _, body = answer.partition("\n")
            assert heading.startswith(question) and heading.endswith("?")
            assert body.strip()
    assert sum(map(len, QUESTIONS.values())) == 57


def test_datasheet_and_card_state_who_annotated_and_that_nobody_reviewed():
    reviewed = [a["review"] for a in Store().read_manifest()["documents"].values() if a["review"] != "unreviewed"]
    for text in (DATASHEET, CARD):
        words = " ".join(text.replace("**", "").split())
        assert ("no human has reviewed" in words) is not bool(reviewed)
        assert re.search("of one model family|language models of one family", words)


# -- card ----------------------------------------------------------------------------------------------------------

# The values that the hub admits, as far as the card uses them; the hub's own validator needs the network.
ADMITTED = {
    "license": {"other", "cc-by-4.0", "apache-2.0"},
    "annotations_creators": {
        "crowdsourced",
        "found",
        "expert-generated",
        "machine-generated",
        "no-annotation",
        "other",
    },
    "language_creators": {"crowdsourced", "found", "expert-generated", "machine-generated", "other"},
    "size_categories": {"n<1K", "1K<n<10K"},
    "task_categories": {"token-classification", "text-classification", "feature-extraction", "other"},
    "task_ids": {"named-entity-recognition", "coreference-resolution", "part-of-speech", "parsing"},
}
KEYS = {
    "pretty_name", "license", "license_name", "license_link", "language", "source_datasets", "tags", "configs",
    "dataset_info", *ADMITTED,
}  # fmt: skip


def test_the_card_has_only_keys_and_values_that_the_hub_admits():
    assert YAML.keys() <= KEYS
    for key, admitted in ADMITTED.items():
        value = YAML[key]
        assert set([value] if isinstance(value, str) else value) <= admitted, key
    # For any other licence the hub requires a name in kebab case and a link.
    assert YAML["license"] == "other" and re.fullmatch(r"[a-z0-9.-]+", YAML["license_name"]) and YAML["license_link"]
    assert all(re.fullmatch("[a-z]{2}", x) for x in YAML["language"])
    assert all(re.fullmatch("[a-z0-9-]+", x) for x in YAML["tags"])
    assert [c["config_name"] for c in YAML["configs"] if c["default"]] == ["documents"]
    assert [c["config_name"] for c in YAML["configs"]] == [i["config_name"] for i in YAML["dataset_info"]]
    gold = hashlib.sha256((CORPUS / "documents" / "test.jsonl").read_bytes()).hexdigest()[:12]
    for config in YAML["configs"]:
        assert f"vostochny {vostochny.__version__}, gold {gold}, files " in config["description"]
        (split,) = config["data_files"]
        assert split["split"] == "test" and (CORPUS / split["path"]).is_file()


def nested_names(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of the card's YAML as nested names."""
    out = {}
    for f in fields:
        inner = f.get("list") or f.get("struct")
        out[f["name"]] = nested_names(inner) if isinstance(inner, list) else None
    return out


def has_shape(value: Any, shape: dict[str, Any]) -> bool:
    """Return True where a row has exactly the fields of a shape, at every depth."""
    return value.keys() == shape.keys() and all(
        inner is None or all(has_shape(v, inner) for v in (value[k] if isinstance(value[k], list) else [value[k]]) if v)
        for k, inner in shape.items()
    )


def test_every_row_has_the_fields_that_the_card_types_and_the_table_explains():
    for info in YAML["dataset_info"]:
        config, shape = info["config_name"], nested_names(info["features"])
        assert all(has_shape(row, shape) for row in read_rows(config)), config
        table = CARD.split(f"### `{config}`")[1].split("\n### ")[0].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", table, re.M) == list(shape), config
        assert f"{len(read_rows(config))} rows" in table


def test_the_first_example_of_the_card_runs():
    example = re.search(r"```python\n(.*?)```", CARD, re.S).group(1)
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = run_python("-c", example, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr
    first = read_rows("quotes")[0]
    assert first["cue"]["text"] in done.stdout and len(done.stdout.splitlines()) == 3


def test_the_recipe_for_publishing_pins_the_version():
    assert f"hf repo tag create OWNER/vostochny v{vostochny.__version__}" in CARD
    assert f'revision="v{vostochny.__version__}"' in CARD


# -- Croissant -----------------------------------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """Return a value read by mlcroissant as in JSON: it reads text as bytes, and null objects with every key null."""
    if isinstance(value, list):
        return [to_json(v) for v in value]
    if isinstance(value, dict):
        values = {k: to_json(v) for k, v in value.items()}
        return values if any(v is not None for v in values.values()) else None
    return value.decode() if isinstance(value, bytes) else value


def select(value: Any, keys: list[str]) -> Any:
    """Return the keys of a row's value that the metadata describes."""
    if isinstance(value, list):
        return [select(v, keys) for v in value]
    if value is None:
        return None
    selected = {}
    for key in keys:
        inner = value
        for part in key.split("."):
            inner = inner[part] if inner is not None else None
        selected[key] = inner
    return selected


def test_mlcroissant_reports_no_problem_and_reads_every_record():
    try:
        import mlcroissant
    except ImportError:
        skip_or_fail("no mlcroissant; install the extra dev")
    read = mlcroissant.Dataset(str(CORPUS / "croissant.json"))
    issues = read.metadata.ctx.issues
    assert not issues.errors and not issues.warnings, issues.report()
    for record_set in METADATA["recordSet"]:
        config = record_set["@id"]
        records, stored = list(read.records(config)), read_rows(config)
        assert len(records) == len(stored)
        for field in record_set["field"]:
            name = field["@id"].split("/")[1]
            keys = [f["@id"].removeprefix(f"{field['@id']}/") for f in field.get("subField", [])]
            for record, row in zip(records, stored, strict=True):
                actual = to_json(record[field["@id"]])
                if keys:
                    objects = [actual] if isinstance(actual, dict) else actual
                    cut = [{k.removeprefix(f"{field['@id']}/"): v for k, v in x.items()} for x in objects or []]
                    actual = cut if isinstance(row[name], list) else (cut[0] if cut else None)
                assert actual == (select(row[name], keys) if keys else row[name]), (config, name)


def test_the_metadata_describes_every_file_and_column():
    files = {d["contentUrl"]: d for d in METADATA["distribution"]}
    assert set(files) == {split["path"] for c in YAML["configs"] for split in c["data_files"]}
    for url, described in files.items():
        data = (CORPUS / url).read_bytes()
        assert described["sha256"] == hashlib.sha256(data).hexdigest()
        assert described["contentSize"] == f"{len(data)} B"
    for info, described in zip(YAML["dataset_info"], METADATA["recordSet"], strict=True):
        assert [f["@id"].split("/")[1] for f in described["field"]] == [f["name"] for f in info["features"]]
    assert METADATA["version"] == vostochny.__version__


def test_the_fields_of_responsible_ai_are_filled():
    about = {k.removeprefix("rai:"): v for k, v in METADATA.items() if k.startswith("rai:")}
    assert about.keys() == croissant.RAI.keys() and all(about.values())
    assert {"dataAnnotationProtocol", "annotatorDemographics", "dataLimitations", "dataBiases"} <= about.keys()
    assert any("RAI" in x for x in METADATA["conformsTo"])


# -- citation ------------------------------------------------------------------------------------------------------


def test_the_citation_is_of_this_version():
    """CFF 1.2.0 is checked by hand: cffconvert needs an older jsonschema than ours, so it is not installed."""
    known = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert known["cff-version"] == "1.2.0" and known["type"] in ("dataset", "software")
    assert known["title"] and known["message"] and all(a.get("name") or a.get("family-names") for a in known["authors"])
    assert known["version"] == vostochny.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(known["date-released"]))
    assert METADATA["datePublished"] == str(known["date-released"])
    assert set(known["license"]) == {"CC-BY-4.0", "Apache-2.0"}
    schema = {
        "cff-version", "message", "type", "title", "abstract", "authors", "version", "date-released", "license",
        "keywords", "repository-code", "url", "doi",
    }  # fmt: skip
    assert known.keys() <= schema
