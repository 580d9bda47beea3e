"""Find the corpus: in a checkout, in a file written by ``vostochny rehydrate``, or in this package without text."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from vostochny.ontology import DATA

DOCUMENTS = Path("corpus") / "documents" / "test.jsonl"
_NO_TEXT = (
    "the installed package has the annotation without the articles. Run `vostochny rehydrate FOLDER` on a folder with "
    "the articles, or work in a checkout of the repository"
)


class NoTextError(FileNotFoundError):
    """The article text is neither in a checkout nor in a rehydrated file."""


def load_agreement() -> dict[str, float]:
    """Return the mutual F1 of the corpus's two annotators by measure; empty where the gold was annotated once."""
    path = DATA / "agreement.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def find_documents(folder: str | os.PathLike[str]) -> Path | None:
    """Return the articles of a folder that is a corpus as it is published; None for any other folder."""
    documents = Path(folder) / DOCUMENTS.relative_to("corpus")
    return documents if documents.is_file() else None


def packaged_ids() -> frozenset[str]:
    """Return the ids of the articles in the package's gold; none before it was built."""
    about = standoff_paths()[1]
    return frozenset(json.loads(about.read_text(encoding="utf-8"))["articles"]) if about.is_file() else frozenset()


def standoff_paths() -> tuple[Path, Path]:
    """Return the paths of the package's gold without article text, and of the facts about the articles beside it."""
    return DATA / "gold.jsonl", DATA / "about.json"


def packaged_gold_hash() -> str | None:
    """Return the hash of the complete gold that the package's gold was made from; None before it was built."""
    about = standoff_paths()[1]
    return str(json.loads(about.read_text(encoding="utf-8"))["gold"]) if about.is_file() else None


def rehydrated_gold_path() -> Path:
    """Return where ``vostochny rehydrate`` writes this package's complete gold: in a user folder, one file per gold."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".local" / "share"
    return Path(base) / "vostochny" / f"gold-{packaged_gold_hash()}.jsonl"


def documents_path() -> Path:
    """Return the path of the gold with article text: ``corpus/documents/test.jsonl``, or the rehydrated file.

    The checkout is the one that the package runs from, or, for an installed package, the one around the working
    folder. Raises FileNotFoundError where that checkout has another gold than the package, and NoTextError where there
    is neither a checkout nor a rehydrated file.
    """
    own_checkout = Path(__file__).resolve().parents[2] / DOCUMENTS
    if own_checkout.is_file():
        return own_checkout
    documents = _find_checkout_documents()
    if documents:
        # A checkout of another version has another gold than the package that scores: its scores would be mixed up.
        packaged, present = packaged_gold_hash(), file_hash(str(documents))
        if present == packaged:
            return documents
        raise FileNotFoundError(
            f"{documents}: is gold {present}, but the installed package has gold {packaged}; install the package again "
            "from this checkout (pip install .), or work in another folder"
        )
    if rehydrated_gold_path().is_file():
        return rehydrated_gold_path()
    raise NoTextError(_NO_TEXT)


def gold_path() -> Path:
    """Return the path of the gold to score against: with article text where there is any, else the package's own."""
    try:
        return documents_path()
    except NoTextError:
        if standoff_paths()[0].is_file():
            return standoff_paths()[0]
        raise


def shorten_hash(digits: str) -> str:
    """Return the first 12 of a hash's hexadecimal digits, by which signatures and the card name a gold."""
    return digits[:12]


def file_hash(path: str) -> str:
    """Return the hash by which a file's content is named as a gold."""
    return shorten_hash(hashlib.sha256(Path(path).read_bytes()).hexdigest())


def gold_hash(path: str | os.PathLike[str], content_hash: str) -> str:
    """Return the hash that names a gold in signatures: that of the file's content.

    The gold without text has that of the gold it was made from.
    """
    return str(packaged_gold_hash()) if Path(path) == standoff_paths()[0] else content_hash


def _find_checkout_documents() -> Path | None:
    """Return the documents of the checkout that the working folder is in; None where it is in none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        # Both files, so that another project's corpus/ folder is not taken for this one.
        if (folder / DOCUMENTS).is_file() and (folder / "annotations" / "documents.yaml").is_file():
            return folder / DOCUMENTS
    return None
