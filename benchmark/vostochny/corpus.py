"""Where the corpus is: in a checkout, joined by ``vostochny rehydrate``, or in this package without article text."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.resources import files
from pathlib import Path

DOCUMENTS = Path("corpus") / "documents" / "test.jsonl"
_NO_TEXT = (
    "the installed package has the annotation without the articles. Run `vostochny rehydrate FOLDER` on the folder of "
    "articles that you hold, or work in a checkout of the repository"
)


class NoTextError(FileNotFoundError):
    """The articles themselves are not here."""


def load_agreement() -> dict[str, float]:
    """Mutual F1 of the corpus's two annotators by measure; empty where the gold has not been annotated twice."""
    path = files("vostochny").joinpath("data/agreement.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def standoff_paths() -> tuple[Path, Path]:
    """The gold without article text that the package carries, and what is known of the articles beside it."""
    data = Path(__file__).resolve().parent / "data"
    return data / "gold.jsonl", data / "about.json"


def packaged_gold_hash() -> str | None:
    """The hash of the complete gold that the package carries without text; None before it was built."""
    about = standoff_paths()[1]
    return str(json.loads(about.read_text(encoding="utf-8"))["gold"]) if about.is_file() else None


def rehydrated_gold_path() -> Path:
    """Where ``vostochny rehydrate`` puts the complete gold of this package: a folder of the user's, one file a gold."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".local" / "share"
    return Path(base) / "vostochny" / f"gold-{packaged_gold_hash()}.jsonl"


def documents_path() -> Path:
    """The gold with article text: ``corpus/documents/test.jsonl`` of a checkout, or the one that was joined.

    The checkout is the one that the package runs from, or, where it was installed otherwise, the one around the working
    folder. Raises FileNotFoundError where there is none, or where that checkout has another gold than the package.
    """
    beside = Path(__file__).resolve().parents[2] / DOCUMENTS
    if beside.is_file():
        return beside
    found = _find_checkout_documents()
    if found:
        gold, there = packaged_gold_hash(), file_hash(str(found))
        if there == gold:
            return found
        raise FileNotFoundError(
            f"{found}: is gold {there}, and the installed package carries {gold}; install the package again from this "
            "checkout (pip install .), or work in another folder"
        )
    if rehydrated_gold_path().is_file():
        return rehydrated_gold_path()
    raise NoTextError(_NO_TEXT)


def gold_path() -> Path:
    """The gold to score against: with article text where there is any, else the package's own without."""
    try:
        return documents_path()
    except NoTextError:
        if standoff_paths()[0].is_file():
            return standoff_paths()[0]
        raise


def file_hash(path: str) -> str:
    """The first 12 hexadecimal digits of a file's sha256: what a signature and the card call the corpus's gold."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def gold_hash(path: str | os.PathLike[str]) -> str:
    """The hash that names a gold in signatures; without text it has the name of the gold that it was made from."""
    if Path(path) == standoff_paths()[0]:
        return str(packaged_gold_hash())
    return file_hash(os.fspath(path))


def _find_checkout_documents() -> Path | None:
    """The corpus of the checkout that the working folder is in, if any."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DOCUMENTS).is_file() and (folder / "annotations" / "documents.yaml").is_file():
            return folder / DOCUMENTS
    return None
