"""Score every stored system and write benchmark/leaderboard: one JSON result per system, and one table of all.

    python -m scripts leaderboard            write the files that are not current
    python -m scripts leaderboard --check    write nothing; exit 1 if a file is not current

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
from scripts.store import PASSES
from vostochny import corpus, scoring
from vostochny.errors import InputError, Problem
from vostochny.formats import jsonl
from vostochny.model import Document
from vostochny.ontology import load_ontology
from vostochny.report import board, result_json

BASELINES = ROOT / "benchmark" / "baselines"


def build_files() -> dict[str, str]:
    """Return every file of the leaderboard by its name, from the predictions and the gold as they are now."""
    ontology = load_ontology()
    path = str(corpus.documents_path())
    gold, gold_hash = jsonl.read_gold(path, ontology), corpus.file_hash(path)
    about = board.read_systems(BASELINES)

    def score(name: str) -> scoring.Result:
        predicted = jsonl.read_predictions(str(BASELINES / name / "predictions.jsonl"), gold, ontology, "wrong")
        # The ceiling is one annotator scored against the other: the gold, made of both, would favour either.
        ceiling = about[name]["kind"] == "ceiling"
        reference, name_of_gold = (_read_first_pass(gold), "annotator-a") if ceiling else (gold, gold_hash)
        return scoring.score(reference, predicted, ontology, scoring.Options(unknown="wrong"), name_of_gold)

    results = {name: score(name) for name in about}
    table = board.build(about, results, corpus.load_agreement(), gold_hash)
    files = {f"{name}.json": result_json.render(result) for name, result in results.items()}
    # The table goes through JSON, so that the page shows what is stored.
    files["leaderboard.json"] = json.dumps(table, ensure_ascii=False, indent=2) + "\n"
    files["README.md"] = board.render_markdown(json.loads(files["leaderboard.json"]))
    return files


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


def find_stale(folder: Path, files: dict[str, str]) -> list[str]:
    """Return the names of the files that are missing in a folder, differ from ``files`` or should not be there."""
    stale = []
    for name, content in files.items():
        path = folder / name
        old = path.read_bytes() if path.is_file() else b""
        if name.endswith(".json"):
            stored, problems = jsonl.parse_json(name, None, old)
            current = not problems and is_close(stored, json.loads(content))
        else:
            current = old == content.encode("utf-8")
        stale += [] if current else [name]
    return stale + sorted(p.name for p in folder.glob("*") if p.name not in files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        epilog="Exit code: 0 done, 1 with --check if a file is not current, 2 unreadable input.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not current")
    check = parser.parse_args(arguments).check
    folder, files = board.find_folder(), build_files()
    stale = find_stale(folder, files)
    if check:
        for name in stale:
            print(f"benchmark/leaderboard/{name} is not current; run python -m scripts leaderboard", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        if name in files:
            write_atomically(folder / name, files[name])
            print(f"wrote benchmark/leaderboard/{name}")
        else:
            (folder / name).unlink()
            print(f"removed benchmark/leaderboard/{name}")
    return 0
