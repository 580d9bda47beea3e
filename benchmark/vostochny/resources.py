"""Where the corpus is: in a checkout beside this package."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path


def agreement() -> dict[str, float]:
    """Mutual F1 of the corpus's two annotators by measure; empty where the gold has not been annotated twice."""
    path = files("vostochny").joinpath("data/agreement.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def documents_path() -> Path:
    """``corpus/documents/test.jsonl`` of the checkout this package runs from.

    Raises FileNotFoundError where the package was installed away from a checkout.
    """
    path = Path(__file__).resolve().parents[2] / "corpus" / "documents" / "test.jsonl"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: the corpus is not there; run from a checkout after `make corpus`")
    return path
