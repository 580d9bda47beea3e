"""Score every stored system and build benchmark/leaderboard: one JSON result per system, and one table of all.

A stored system is a folder of benchmark/baselines with system.json and predictions.jsonl.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.agreement import two_passes
from scripts.files import ANNOTATIONS, ROOT, display_path
from scripts.store import PASSES
from vostochny import corpus, scoring
from vostochny.errors import InputError, Problem
from vostochny.formats import jsonl
from vostochny.formats.input import Gold, Input
from vostochny.model import Document
from vostochny.report import board, result_json

BASELINES = ROOT / "benchmark" / "baselines"


def build_files() -> dict[Path, str | None]:
    """Return every file of the leaderboard by its path, from the predictions and the gold as they are now.

    A stored file that differs in the last digits of numbers only keeps its content, and one that should not be there
    has None.
    """
    gold = Input().read_gold()
    about = board.read_systems(BASELINES)

    def score(name: str) -> scoring.Result:
        predicted, _ = Input(BASELINES / name / "predictions.jsonl", "jsonl").read_predictions(gold, "wrong")
        # The ceiling is one annotator scored against the other: the gold, made of both, would favour either.
        ceiling = about[name]["kind"] == "ceiling"
        reference = Gold(_read_first_pass(gold.documents), gold.ontology, "annotator-a") if ceiling else gold
        options = scoring.Options(unknown="wrong")
        return scoring.score(reference.documents, predicted, gold.ontology, options, reference.hash)

    results = {name: score(name) for name in about}
    table = board.build(about, results, corpus.load_agreement(), gold.hash)
    files = {f"{name}.json": result_json.render(result) for name, result in results.items()}
    # The table goes through JSON, so that the page shows what is stored.
    files["leaderboard.json"] = json.dumps(table, ensure_ascii=False, indent=2) + "\n"
    files["README.md"] = board.render_markdown(json.loads(files["leaderboard.json"]))
    folder = board.find_folder()
    unknown = {path: None for path in sorted(folder.glob("*")) if path.name not in files}
    return {folder / name: _keep_if_close(folder / name, content) for name, content in files.items()} | unknown


def _read_first_pass(gold: list[Document]) -> list[Document]:
    """Return the gold's articles with the annotation of annotator A."""
    folder = ANNOTATIONS / PASSES / "a"
    passes = two_passes.read_pass(folder)
    missing = [f"{d.doc_id}.json" for d in gold if d.doc_id not in passes]
    if missing:
        raise InputError([Problem(display_path(folder), None, None, f"lacks {', '.join(missing)}")])
    return [replace(passes[d.doc_id], zones=d.zones) for d in gold]


def is_close(a: Any, b: Any) -> bool:
    """Return True where two JSON values are equal except for the last digits of numbers, in which machines differ."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_close(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(is_close(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _keep_if_close(path: Path, content: str) -> str:
    """Return the content of the stored file where that is JSON and close to ``content``, and else ``content``."""
    if path.suffix != ".json" or not path.is_file():
        return content
    raw = path.read_bytes()
    stored, problems = jsonl.parse_json(path.name, None, raw)
    return raw.decode("utf-8") if not problems and is_close(stored, json.loads(content)) else content
