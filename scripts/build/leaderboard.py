"""Score every stored system again and write benchmark/leaderboard: a JSON result a system, and one table of all.

    python -m scripts leaderboard            write what is out of date
    python -m scripts leaderboard --check    write nothing; say what is out of date, exit code 1

A stored system is a folder of benchmark/baselines with system.json and predictions.jsonl.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.agreement import two_passes
from scripts.files import ANNOTATIONS, ROOT, display_path, write_atomically
from vostochny import corpus, scoring
from vostochny.errors import InputError, Problem
from vostochny.formats import jsonl
from vostochny.model import Document
from vostochny.ontology import load_ontology
from vostochny.report import board, result_json

BASELINES = ROOT / "benchmark" / "baselines"


def made() -> dict[str, str]:
    """Every file of the leaderboard by its name, from the predictions and the gold as they are now."""
    ontology = load_ontology()
    path = str(corpus.documents_path())
    gold, gold_hash = jsonl.read_gold(path, ontology), corpus.file_hash(path)
    about = board.read_systems(BASELINES)

    def scored(name: str) -> scoring.Result:
        predicted = jsonl.read_predictions(str(BASELINES / name / "predictions.jsonl"), gold, ontology, "wrong")
        # The ceiling is one annotator held against the other; the gold, made of both, would flatter either.
        ceiling = about[name]["kind"] == "ceiling"
        against, known_as = (_first_pass(gold), "annotator-a") if ceiling else (gold, gold_hash)
        return scoring.score(against, predicted, ontology, scoring.Options(unknown="wrong"), known_as)

    results = {name: scored(name) for name in about}
    table = board.build(about, results, corpus.load_agreement(), gold_hash)
    out = {f"{name}.json": result_json.render(result) for name, result in results.items()}
    # Through JSON, so that what is rendered is what is stored.
    out["leaderboard.json"] = json.dumps(table, ensure_ascii=False, indent=2) + "\n"
    out["README.md"] = board.render_markdown(json.loads(out["leaderboard.json"]))
    return out


def _first_pass(gold: list[Document]) -> list[Document]:
    """The gold's articles as annotator A has them."""
    folder = ANNOTATIONS / "annotators" / "a"
    passes = two_passes.read_pass(folder)
    missing = [f"{d.doc_id}.json" for d in gold if d.doc_id not in passes]
    if missing:
        raise InputError([Problem(display_path(folder), None, None, f"lacks {', '.join(missing)}")])
    return [replace(passes[d.doc_id], zones=d.zones) for d in gold]


def same(a: Any, b: Any) -> bool:
    """Equal but for the last digits of numbers, in which machines may differ."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def outdated(folder: Path, files: dict[str, str]) -> list[str]:
    """The files of a folder that are missing, differ from these or should not be there."""
    out = []
    for name, content in files.items():
        path = folder / name
        old = path.read_bytes() if path.is_file() else b""
        if name.endswith(".json"):
            stored, problems = jsonl.parse_json(name, None, old)
            current = not problems and same(stored, json.loads(content))
        else:
            current = old == content.encode("utf-8")
        out += [] if current else [name]
    return out + sorted(p.name for p in folder.glob("*") if p.name not in files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the leaderboard, or with ``--check`` say what is out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything is out of date")
    check = parser.parse_args(arguments).check
    folder, files = board.find_folder(), made()
    stale = outdated(folder, files)
    if check:
        for name in stale:
            print(f"benchmark/leaderboard/{name} is out of date; run python -m scripts leaderboard", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        if name in files:
            write_atomically(folder / name, files[name])
            print(f"wrote benchmark/leaderboard/{name}")
        else:
            (folder / name).unlink()
            print(f"removed benchmark/leaderboard/{name}")
    return 0
