"""Stand-off: the corpus without the words of its articles, and the way back for who holds the articles.

A stand-off row keeps every offset, label and id and leaves out what is copied from the article: ``text``, ``title``,
``paragraph`` and the words of spans and tokens. ``about.json`` beside the rows says of each article its sha256 and its
length, and has a short hash of each sentence, so that of an article that is not the same one can be told where it
differs. No hash is of less than a sentence: of a word or two it could be guessed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.text import copies

Row = dict[str, Any]
ABOUT_FILE = "about.json"
DOCUMENTS_FILE = "documents/test.jsonl"
COMPLETE_FOLDER = "complete"  # folder of a stand-off corpus: the files beside the rows as the complete corpus has them
MAX_ARTICLE_BYTES = 16 << 20  # bytes of an article; a larger file is none of ours


# -- rows ----------------------------------------------------------------------------------------------------------


def remove_text(row: Row) -> Row:
    """A row of any config without the words of its article."""
    kept = {k: v for k, v in row.items() if k not in ("text", "title", "paragraph")}
    if "token_offsets" in row:
        del kept["tokens"]
    return {k: _remove_words(v) for k, v in kept.items()}


def _remove_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_remove_words(v) for v in value]
    if not isinstance(value, dict):
        return value
    span = "start" in value
    return {k: _remove_words(v) for k, v in value.items() if not (span and k == "text")}


# Spans that never have their words beside them.
_KEYS_WITHOUT_WORDS = ("zones", "paragraphs", "sentences", "tokens", "token_offsets")


def restore_text(row: Row, documents: Mapping[str, Row]) -> Row:
    """The complete row again, its keys in the published order; ``documents`` are the complete rows of the articles."""
    text: str
    if "sha256" in row:
        filled: Row = _restore_words(row, row["text"], documents)
        return filled
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
    filled = _restore_words(row, text, documents)
    return filled


def restore_document(row: Row, text: str) -> Row:
    """The complete row of an article: with its text, and the words of the title zone as its title."""
    zone = next((z for z in row["zones"] if z["zone"] == "title"), None)
    title = text[zone["start"] : zone["end"]].strip() if zone else None
    rest = {k: v for k, v in row.items() if k != "doc_id"}
    return restore_text({"doc_id": row["doc_id"], "title": title, "text": text, **rest}, {})


def _insert_before(row: Row, key: str, name: str, value: Any) -> Row:
    out: Row = {}
    for k, v in row.items():
        if k == key:
            out[name] = value
        out[k] = v
    return out


def _restore_words(value: Any, text: str, documents: Mapping[str, Row]) -> Any:
    """The value with the words of every span in it, right behind its end."""
    if isinstance(value, list):
        return [_restore_words(v, text, documents) for v in value]
    if not isinstance(value, dict):
        return value
    if "doc_id" in value and "sha256" not in value:
        text = documents[value["doc_id"]]["text"]
    out: Row = {}
    for k, v in value.items():
        out[k] = v if k in _KEYS_WITHOUT_WORDS else _restore_words(v, text, documents)
        if k == "end":
            out["text"] = text[value["start"] : v]
    return out


# -- what is known of an article without its words -----------------------------------------------------------------


def describe_articles(gold: str, documents: Iterable[Row]) -> Row:
    """The content of ``about.json``: the gold's hash, and of each complete article length and hashes."""
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
    """The stand-off rows of the articles, and what ``about.json`` says of them."""

    rows: Mapping[str, Row]
    about: Row

    @property
    def gold(self) -> str:
        """The hash of the complete gold, as signatures name it."""
        return str(self.about["gold"])


def read(documents: Path, about_file: Path) -> StandOff:
    """Stand-off rows and what is known of them. Raises InputError where the two are not there or not of one corpus."""
    try:
        known = json.loads(about_file.read_text(encoding="utf-8"))
        rows = {row["doc_id"]: row for row in _read_rows(documents)}
        if rows.keys() == known["articles"].keys():
            return StandOff(rows, known)
        message = "names other articles than the rows"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        message = f"cannot be read with {documents.name} ({type(e).__name__}); expected a corpus without text"
    raise InputError([Problem(str(about_file), None, None, message)])


def _read_rows(path: Path) -> Iterator[Row]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.loads(line)


# -- joining -------------------------------------------------------------------------------------------------------


def find_texts(standoff: StandOff, given: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """The text of every article from the files and folders a user holds.

    An article is known by its hash, whatever its file is called; a file that is named as one and differs is a problem
    that says where. Raises InputError with all problems, those of missing articles among them.
    """
    known: Mapping[str, Row] = standoff.about["articles"]
    by_hash = {a["sha256"]: doc_id for doc_id, a in known.items()}
    found: dict[str, str] = {}
    problems: list[Problem] = []
    differing: dict[str, list[Path]] = {}
    for path, named in _list_files(given, problems):
        data = path.read_bytes()
        doc_id = by_hash.get(hashlib.sha256(data).hexdigest())
        if doc_id:
            found[doc_id] = data.decode("utf-8")
        elif meant := _guess_article(path, data, standoff):
            differing.setdefault(meant, []).append(path)
        elif named:
            shown = ", ".join(f"{i[:3]}… (sha256 {a['sha256'][:12]}…)" for i, a in known.items())
            problems.append(Problem(str(path), None, None, f"is none of the articles {shown}, by its hash or its name"))
    for doc_id in known:
        if doc_id in found:
            continue
        for path in differing.get(doc_id, []):
            difference = copies.explain_difference(path.read_bytes(), known[doc_id], standoff.rows[doc_id]["sentences"])
            problems.append(Problem(str(path), difference.line, difference.column, f"{difference.message} ({doc_id})"))
        if doc_id not in differing:
            message = f"is not there; expected a file whose sha256 is {known[doc_id]['sha256']}, under any name"
            problems.append(Problem(doc_id, None, None, message))
    if problems:
        raise InputError(problems)
    return {doc_id: found[doc_id] for doc_id in known}


def _list_files(given: Iterable[str | os.PathLike[str]], problems: list[Problem]) -> Iterator[tuple[Path, bool]]:
    """The files to look at, and whether the user named each; a folder's other files are passed over."""
    for name in given:
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
            yield from ((p, False) for p in inside if p.stat().st_size <= MAX_ARTICLE_BYTES)
        elif path.is_file():
            yield path, True
        else:
            problems.append(Problem(str(path), None, None, "is not there; expected a file or folder of articles"))


def _guess_article(path: Path, data: bytes, standoff: StandOff) -> str | None:
    """The article that a file of another hash is meant to be: by its name, else by its sentences."""
    stem = path.name.split(".")[0]
    fitting = [i for i in standoff.rows if i == stem or (len(stem) > 2 and i.startswith(stem))]
    if len(fitting) == 1:
        return fitting[0]
    return copies.find_nearest_article(data, standoff.about["articles"])


def rehydrate(source: Path, given: Iterable[str | os.PathLike[str]]) -> dict[str, str]:
    """The files of the complete corpus, by their path in it, from a stand-off corpus and the articles.

    ``source`` is the folder that ``python -m scripts corpus --without-text`` wrote. Raises InputError.
    """
    standoff = read(source / DOCUMENTS_FILE, source / ABOUT_FILE)
    texts = find_texts(standoff, given)
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


def restore_gold(standoff: StandOff, given: Iterable[str | os.PathLike[str]]) -> str:
    """The complete gold, one article a line, from the stand-off gold of the package and the articles."""
    texts = find_texts(standoff, given)
    content = dump_rows(restore_document(row, texts[i]) for i, row in standoff.rows.items())
    check_gold(content, standoff.gold, "the package")
    return content


def check_gold(content: str, gold: str, source: str) -> None:
    """Raise InputError where the joined gold is not, byte for byte, the one that was taken apart."""
    if hashlib.sha256(content.encode()).hexdigest()[:12] != gold:
        message = f"the stand-off rows and the articles do not make gold {gold}; the rows were changed"
        raise InputError([Problem(source, None, None, message)])


def dump_rows(rows: Iterable[Row]) -> str:
    """Rows as published: one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
