"""Render corpus/croissant.json, the Croissant metadata: the typed fields of every file, and the responsible-AI fields.

It is written without mlcroissant; the tests validate it with mlcroissant and read every record through it. Croissant
1.0 cannot express a list inside a list of objects, so the record set of ``documents`` leaves out the arguments of
events and the contents of quotes, which ``events`` and ``quotes`` have.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from scripts.build.card import Edition, render_citation
from scripts.build.dataset_fields import MEANING, ROWS, Field

CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty", "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract", "field": "cr:field", "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated",
    "replace": "cr:replace", "samplingRate": "cr:samplingRate", "sc": "https://schema.org/",
    "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform",
}  # fmt: skip
TYPES = {"string": "sc:Text", "int32": "sc:Integer", "bool": "sc:Boolean"}
DESCRIPTION = (
    "English news articles about the meeting of Kim Jong Un and Vladimir Putin at the Vostochny cosmodrome, annotated "
    "by language models for entities, events, quotes and identity across articles"
)

# The fields of the RAI vocabulary: DATASHEET.md in short. Numbers are in the files, not here.
RAI: Mapping[str, Any] = {
    "dataCollection": "Five English news articles about one event were received as plain text files, without "
    "publisher, date or address, and are kept byte for byte. How and when they were collected is not known.",
    "dataCollectionType": ["Others"],
    "dataCollectionMissingData": "Publisher, date and address of each article are not known and null.",
    "dataCollectionRawData": "The articles as plain text (the column text of documents), with what a web page left in "
    "them: captions, credits, boilerplate, a lead printed twice.",
    "dataPreprocessingProtocol": [
        "None of the text. Paragraphs, sentences and tokens are offsets from a pinned tokenizer at build time."
    ],
    "dataAnnotationProtocol": [
        "Guidelines with numbered rules (annotations/GUIDELINES.md). Two passes over all five articles by version 1.0, "
        "each made from guidelines, ontology and texts alone; every disagreement adjudicated with its rule and reason."
    ],
    "dataAnnotationPlatform": ["Label Studio"],
    "dataAnnotationAnalysis": [
        "Agreement for every layer with intervals, and outside the places that the guidelines show, in "
        "annotations/agreement.json. Both annotators, the author of the guidelines and the adjudicator are language "
        "models of one family: it is consistency of a model under detailed rules, not human agreement."
    ],
    "annotationsPerItem": "Two, and an adjudication where they differ. Discrepancies: two readings, adjudicated.",
    "annotatorDemographics": ["Language-model annotators A and B, of one model family. No human annotators."],
    "machineAnnotationTools": ["Language models; no human has reviewed a label (column review of documents)."],
    "dataBiases": [
        "One event, five articles, state media of two countries cited at second hand; several articles are translated "
        "or reworded into English, one visibly by a machine.",
        "Labels may share the errors of one model family.",
    ],
    "dataLimitations": [
        "No training set and no sample of news: scores hold for these articles, and intervals for articles of this "
        "kind about this event at most. Not to be used as a source of facts about the persons and states in it."
    ],
    "dataUseCases": [
        "Evaluation of extractors of entities, events and quotes, with identity across articles; study of how articles "
        "about one event differ. Unsuitable for training, for ranking systems whose difference is inside the "
        "intervals, and for conclusions about outlets."
    ],
    "dataSocialImpact": "The articles report contested claims about living public persons, war and sanctions. The "
    "annotation says who claims what in which article, never what is true.",
    "personalSensitiveInformation": [
        "Names of public persons in office, as printed in the articles, and claims about them; a researcher and "
        "spokespersons are named in their function. No other private persons."
    ],
    "dataReleaseMaintenancePlan": "Semantic versions: major where scores are not comparable, minor where labels "
    "change. Errors are reported by an issue with the rule that decides; every released version stays under its tag.",
}  # fmt: skip


def _leaf(field: Field, path: str, source: Any) -> dict[str, Any]:
    """Return a field without parts: a column, or, if ``source`` has a transform, one key of the objects in a column."""
    labelled = isinstance(field.get("list"), dict)  # a list of class labels, stored as their names
    dtype = field.get("dtype") or ("string" if labelled else field["list"])
    return {"@type": "cr:Field", "@id": path, "name": path, "dataType": TYPES[dtype], "source": source}


def _field(config: str, field: Field) -> dict[str, Any]:
    """Return a column as a Croissant field; objects have one sub-field per key, except keys that are lists."""
    name = field["name"]
    path = f"{config}/{name}"
    source: dict[str, Any] = {"fileObject": {"@id": f"{config}-file"}, "extract": {"column": name}}
    about = {"description": MEANING[config][name]}
    inner = field.get("struct") or (field["list"] if isinstance(field.get("list"), list) else None)
    repeated = {"repeated": True} if "list" in field else {}
    if inner is None:
        return _leaf(field, path, source) | about | repeated
    leaves = []
    for part in inner:
        keys = [(part["name"], part)] if "dtype" in part else []
        keys += [(f"{part['name']}.{p['name']}", p) for p in part.get("struct", [])]
        leaves += [_leaf(p, f"{path}/{k}", source | {"transform": {"jsonPath": k}}) for k, p in keys]
    return {"@type": "cr:Field", "@id": path, "name": path} | about | repeated | {"subField": leaves}


def render_metadata(edition: Edition, files: Mapping[str, str]) -> str:
    """Return the content of croissant.json; ``files`` is the content of each config's test.jsonl."""
    distribution = [
        {
            "@type": "cr:FileObject", "@id": f"{config}-file", "name": f"{config}-file",
            "contentUrl": f"{config}/test.jsonl", "contentSize": f"{len(body.encode())} B",
            "encodingFormat": "application/jsonlines", "sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        for config, body in files.items()
    ]  # fmt: skip
    record_sets = [
        {
            "@type": "cr:RecordSet", "@id": config, "name": config, "description": f"One record is {ROWS[config]}.",
            "key": {"@id": f"{config}/{edition.fields[config][0]['name']}"} if config in ("documents", "ner") else None,
            "field": [_field(config, field) for field in edition.fields[config]],
        }
        for config in files
    ]  # fmt: skip
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "vostochny",
        "alternateName": "Vostochny: one summit, five newsrooms",
        "description": f"{DESCRIPTION}; gold {edition.gold}.",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "usageInfo": "The licence is that of the annotations; the texts of the articles belong to their publishers.",
        "inLanguage": ["en"],
        "isLiveDataset": False,
        "keywords": ["news", "named entities", "events", "quotations", "coreference", "evaluation"],
        "citeAs": render_citation(edition),
        "datePublished": edition.released,
        "version": edition.version,
        **{f"rai:{name}": value for name, value in RAI.items()},
        "distribution": distribution,
        "recordSet": [{k: v for k, v in r.items() if v is not None} for r in record_sets],
    }
    return json.dumps({k: v for k, v in content.items() if v is not None}, ensure_ascii=False, indent=1) + "\n"
