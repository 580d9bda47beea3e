"""Stand-off: remove the articles' words from the corpus, and restore them for a user who has the articles.

A stand-off row keeps every offset, label and id and leaves out what is copied from the article: ``text``, ``title``,
``paragraph`` and the words of spans and tokens. ``about.json`` beside the rows gives, for each article, its sha256, its
length and a short hash of each sentence. The sentence hashes show where an article differs that is not the same. There
is no hash of less than a sentence, because one or two words could be guessed from their hash.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vostochny.corpus import shorten_hash
from vostochny.errors import InputError, Problem, Problems
from vostochny.formats.files import read_bytes
from vostochny.model import shorten_id
from vostochny.text import copies

Row = dict[str, Any]
ABOUT_FILE = "about.json"
DOCUMENTS_FILE = "documents/test.jsonl"
COMPLETE_FOLDER = "complete"  # in a stand-off corpus: the other files, as the complete corpus has them
MAX_ARTICLE_BYTES = 16 << 20  # a larger file in a folder is not looked at: no article is near that size


# -- rows ----------------------------------------------------------------------------------------------------------


def remove_text(row: Row) -> Row:
    """Return a row of any config without the words of its article."""
    bare = {k: v for k, v in row.items() if k not in ("text", "title", "paragraph")}
    if "token_offsets" in row:  # then the tokens are words; elsewhere they are offsets
        del bare["tokens"]
    return {k: _remove_words(v) for k, v in bare.items()}


def _remove_words(value: Any) -> Any:
    """Return a value without the words of the spans in it."""
    if isinstance(value, list):
        return [_remove_words(v) for v in value]
    if not isinstance(value, dict):
        return value
    is_span = "start" in value
    return {k: _remove_words(v) for k, v in value.items() if not (is_span and k == "text")}


# Lists of spans that are published without words.
_KEYS_WITHOUT_WORDS = ("zones", "paragraphs", "sentences", "tokens", "token_offsets")


def restore_text(row: Row, documents: Mapping[str, Row]) -> Row:
    """Return the complete row, its keys in the published order.

    ``documents`` are the complete rows of the articles by doc_id; it is not needed for a row of an article itself.
    """
    text: str
    if "sha256" in row:
        article: Row = _restore_words(row, row["text"], documents)
        return article
    text = documents[row["doc_id"]]["text"] if "doc_id" in row else ""
    if "token_offsets" in row:
        row = _insert_before(
            row, "token_offsets", "tokens", [text[t["start"] : t["end"]] for t in row["token_offsets"]]
        )
    if "paragraph_start" in row:
        spans = documents[row["doc_id"]]["paragraphs"]
        ends = {s["start"]: s["end"] for s in spans}
        start = row["paragraph_start"]
        row = _insert_before(row, "paragraph_start", "paragraph", text[start : ends[start]])
    complete: Row = _restore_words(row, text, documents)
    return complete


def restore_document(row: Row, text: str) -> Row:
    """Return the complete row of an article: with its text, and the words of the title zone as its title."""
    zone = next((z for z in row["zones"] if z["zone"] == "title"), None)
    title = text[zone["start"] : zone["end"]].strip() if zone else None
    rest = {k: v for k, v in row.items() if k != "doc_id"}
    return restore_text({"doc_id": row["doc_id"], "title": title, "text": text, **rest}, {})


def _insert_before(row: Row, key: str, name: str, value: Any) -> Row:
    """Return the row with a new entry before ``key``."""
    out: Row = {}
    for k, v in row.items():
        if k == key:
            out[name] = value
        out[k] = v
    return out


def _restore_words(value: Any, text: str, documents: Mapping[str, Row]) -> Any:
    """Return a value with the words of every span in it, as the key after ``end``."""
    if isinstance(value, list):
        return [_restore_words(v, text, documents) for v in value]
    if not isinstance(value, dict):
        return value
    if "doc_id" in value and "sha256" not in value:  # a span in another article, as in clusters
        text = documents[value["doc_id"]]["text"]
    out: Row = {}
    for k, v in value.items():
        out[k] = v if k in _KEYS_WITHOUT_WORDS else _restore_words(v, text, documents)
        if k == "end":
            out["text"] = text[value["start"] : v]
    return out


# -- what is published of an article without its words -----------------------------------------------------------------


def describe_articles(gold: str, documents: Iterable[Row]) -> Row:
    """Return the content of ``about.json`` from complete rows: the gold's hash, each article's length and hashes."""
    return {
        "gold": gold,
        "articles": {
            row["doc_id"]: {
                "sha256": row["sha256"],
                "characters": len(row["text"]),
                "sentences": [copies.hash_sentence(row["text"][s["start"] : s["end"]]) for s in row["sentences"]],
            }
            for row in documents
        },
    }


@dataclass(frozen=True)
class StandOff:
    """The stand-off rows of the articles by doc_id, and the content of ``about.json``."""

    rows: Mapping[str, Row]
    about: Row

    @property
    def gold(self) -> str:
        """The hash of the complete gold, as signatures name it."""
        return str(self.about["gold"])


def read(documents: Path, about_file: Path) -> StandOff:
    """Read stand-off rows and ``about.json``. Raises InputError if one is missing or they are of different corpora."""
    try:
        about = json.loads(about_file.read_text(encoding="utf-8"))
        rows = {row["doc_id"]: row for row in _read_rows(documents)}
        if rows.keys() == about["articles"].keys():
            return StandOff(rows, about)
        message = f"names other articles than {documents.name}; expected two files of one corpus"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        message = f"cannot be read with {documents.name} ({type(e).__name__}); expected a corpus without text"
    raise InputError([Problem(str(about_file), None, None, message)])


def _read_rows(path: Path) -> Iterator[Row]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.loads(line)


# -- joining -------------------------------------------------------------------------------------------------------


def find_texts(standoff: StandOff, paths: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """Return the text of every article, by doc_id, from files and folders that a user has.

    An article is recognised by its hash, whatever its file is called. A file that is meant to be an article and differs
    is a problem that says where it differs. Raises InputError with all problems, including missing articles.
    """
    known: Mapping[str, Row] = standoff.about["articles"]
    by_hash = {a["sha256"]: doc_id for doc_id, a in known.items()}
    texts: dict[str, str] = {}
    problems: Problems[Problem] = Problems()
    differing: dict[str, list[Path]] = {}  # doc_id → files that are meant to be this article and are not the same
    for path, is_named in _list_files(paths, problems):
        data = read_bytes(str(path))
        doc_id = by_hash.get(hashlib.sha256(data).hexdigest())
        if doc_id:
            texts[doc_id] = data.decode("utf-8")
        elif guess := _guess_article(path, data, standoff):
            differing.setdefault(guess, []).append(path)
        elif is_named:
            names = ", ".join(f"{shorten_id(i)}… (sha256 {shorten_hash(a['sha256'])}…)" for i, a in known.items())
            problems.append(
                Problem(
                    str(path), None, None, f"is not one of the articles {names}, neither by its hash nor by its name"
                )
            )
    for doc_id in known:
        if doc_id in texts:
            continue
        for path in differing.get(doc_id, []):
            difference = copies.explain_difference(
                read_bytes(str(path)), known[doc_id], standoff.rows[doc_id]["sentences"]
            )
            problems.append(Problem(str(path), difference.line, difference.column, f"{difference.message} ({doc_id})"))
        if doc_id not in differing:
            message = f"is missing; expected a file whose sha256 is {known[doc_id]['sha256']}, under any name"
            problems.append(Problem(doc_id, None, None, message))
    if problems:
        raise InputError(problems)
    return {doc_id: texts[doc_id] for doc_id in known}


def _list_files(paths: Iterable[str | os.PathLike[str]], problems: list[Problem]) -> Iterator[tuple[Path, bool]]:
    """Yield the files to look at, and whether the user named each (True) or it is in a folder (False)."""
    for name in paths:
        path = Path(name)
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
            yield from ((p, False) for p in files if p.stat().st_size <= MAX_ARTICLE_BYTES)
        elif path.is_file():
            yield path, True
        else:
            problems.append(Problem(str(path), None, None, "does not exist; expected a file or folder of articles"))


def _guess_article(path: Path, data: bytes, standoff: StandOff) -> str | None:
    """Return the article that a file with another hash is meant to be: by its name, else by its sentences; or None."""
    stem = path.name.split(".")[0]
    matches = [i for i in standoff.rows if i == stem or (len(stem) > 2 and i.startswith(stem))]
    if len(matches) == 1:
        return matches[0]
    return copies.find_nearest_article(data, standoff.about["articles"])


def rehydrate(source: Path, articles: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """Return the files of the complete corpus, path in it → content, from a stand-off corpus and the articles.

    ``source`` is the folder that ``python -m scripts corpus --without-text`` wrote; ``articles`` are files and folders.
    Raises InputError with every problem.
    """
    standoff = read(source / DOCUMENTS_FILE, source / ABOUT_FILE)
    texts = find_texts(standoff, articles)
    documents = {i: restore_document(row, texts[i]) for i, row in standoff.rows.items()}
    files = {DOCUMENTS_FILE: dump_rows(documents.values())}
    for path in sorted(source.glob("*/test.jsonl")):
        name = path.relative_to(source).as_posix()
        if name != DOCUMENTS_FILE:
            files[name] = dump_rows(restore_text(row, documents) for row in _read_rows(path))
    for path in sorted((source / COMPLETE_FOLDER).iterdir()):
        files[path.name] = path.read_text(encoding="utf-8")
    check_gold(files[DOCUMENTS_FILE], standoff.gold, str(source))
    return files


def restore_gold(standoff: StandOff, articles: Iterable[str | os.PathLike[str]]) -> str:
    """Return the complete gold, one article per line, from the package's stand-off gold and the articles."""
    texts = find_texts(standoff, articles)
    content = dump_rows(restore_document(row, texts[i]) for i, row in standoff.rows.items())
    check_gold(content, standoff.gold, "the package")
    return content


def check_gold(content: str, gold: str, source: str) -> None:
    """Raise InputError if the restored gold is not, byte for byte, the one from which the words were removed."""
    if shorten_hash(hashlib.sha256(content.encode()).hexdigest()) != gold:
        message = f"the stand-off rows and the articles do not give gold {gold}; the rows were changed"
        raise InputError([Problem(source, None, None, message)])


def dump_rows(rows: Iterable[Row]) -> str:
    """Return rows as published: one JSON object per line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
