"""Where the corpus is: in a checkout beside this package."""

from __future__ import annotations

from pathlib import Path


def documents_path() -> Path:
    """``corpus/documents/test.jsonl`` of the checkout this package runs from.

    Raises FileNotFoundError where the package was installed away from a checkout.
    """
    path = Path(__file__).resolve().parents[2] / "corpus" / "documents" / "test.jsonl"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: the corpus is not there; run from a checkout after `make corpus`")
    return path
