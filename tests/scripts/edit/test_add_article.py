"""A new article is added whole or not at all, and everything downstream works with it."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from pathlib import Path

import datasets
import pytest
import yaml

from scripts.edit import add_article
from scripts.files import write_file
from scripts.store import Store
from tests.support.project_copy import ProjectCopy
from vostochny.errors import InputError
from vostochny.model import Span

TEXT = (
    "Leaders shake hands again\n\nA second day of talks\n\n"
    "SEOUL, Sept 14 (Wire) — Kim Jong Un met Vladimir Putin on Thursday.\n\n"
    "What comes next?\n\n“It was a good talk,” Putin said. They will meet again in Moscow soon.\n\n"
    "Follow us on all channels\n"
)


@pytest.fixture
def root(tmp_path):
    """A project with one article."""
    known = {"sha256": "0" * 64, "language": "en"}
    (tmp_path / "annotations" / "gold").mkdir(parents=True)
    (tmp_path / "seeds").mkdir()
    manifest = "# kept\ncanary: c\ndocuments:\n" + add_article.format_entry("000_a", known["sha256"], "en")
    (tmp_path / "annotations" / "documents.yaml").write_text(manifest, encoding="utf-8")
    return tmp_path


def article(root, data: bytes | str = TEXT, name: str = "005_new.txt"):
    path = root / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def tree_of(root) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_seed_manifest_and_task_are_written(root):
    said = add_article.add(article(root), root=root)
    assert (root / "seeds" / "005_new.txt").read_bytes() == TEXT.encode()
    source = (root / "annotations" / "documents.yaml").read_text(encoding="utf-8")
    about = yaml.safe_load(source)["documents"]
    assert source.startswith("# kept\n") and list(about) == ["000_a", "005_new"]
    assert about["005_new"] == {
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest(), "language": "en", "translated": "unknown",
        "review": "unreviewed", "publisher": None, "date": None, "url": None,
    }  # fmt: skip
    task = json.loads((root / "annotations" / "gold" / "005_new.json").read_text(encoding="utf-8"))
    zones = [(r["value"]["labels"][0], r["value"]["text"]) for r in task["annotations"][0]["result"]]
    assert zones == [
        ("title", "Leaders shake hands again"),
        ("subtitle", "A second day of talks"),
        ("dateline", "SEOUL, Sept 14 (Wire) —"),
        ("heading", "What comes next?"),
        ("boilerplate", "Follow us on all channels"),
    ]
    assert "  title        'Leaders shake hands again': the first line, without a full stop" in said


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"a\nb\xffc\n", "005_x.txt", "005_x.txt:2: byte 0xff at position 3 is not UTF-8"),
        ("a\nb\r\nc\n", "005_x.txt", "005_x.txt:2: has CR line ends"),
        ("\ufeffa\n", "005_x.txt", "begins with a byte order mark"),
        (" \n", "005_x.txt", "contains no words"),
        ("", "005_x.txt", "contains no words"),
        ("a\nb\0c\n", "005_x.txt", r"005_x.txt:2: contains the control character '\x00'"),
        ("a\x1b]0;x\x07\n", "005_x.txt", r"005_x.txt:1: contains the control character '\x1b'"),
        ("a\n", "0051" + "x" * 240 + ".txt", "is longer than 100 characters"),
        ("a\n", "005_ü.txt", "cannot be a doc_id"),
        ("a\n", "000_a.txt", "000_a is an article already"),
        ("a\n", "000_b.txt", "000_b begins as 000_a does"),
        ("a\n", "a b.txt", "'a b' cannot be a doc_id"),
    ],
)
def test_what_cannot_be_an_article_is_refused(root, data, name, message):
    path = article(root, data, name)
    before = tree_of(root)
    with pytest.raises(InputError) as caught:
        add_article.add(path, root=root)
    assert message in str(caught.value)
    assert tree_of(root) == before


@pytest.mark.parametrize("name", ["../../x", "..", "/tmp/x", "000", "\x1b[2J", "a\nb", "con.txt"])
def test_a_name_that_cannot_be_one_is_refused(root, name):
    path = article(root, name="005_new.txt")
    before = tree_of(root)
    with pytest.raises(InputError, match=r"cannot be a doc_id|begins as 000_a does"):
        add_article.add(path, name, root=root)
    assert tree_of(root) == before


def test_an_article_may_be_a_title_alone(root):
    add_article.add(article(root, "A title"), root=root)
    assert (root / "seeds" / "005_new.txt").read_bytes() == b"A title"


@pytest.mark.parametrize(
    "kind", ["pipe", "socket", "folder", "large", "/dev/zero", "/dev/null", "/proc/self/mem", "gone"]
)
def test_what_is_not_a_file_is_refused(root, kind):
    path = Path(kind) if kind.startswith("/") else root / "005_new.txt"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        path.touch()
        os.truncate(path, 10 << 30)  # no byte of them on the disk
    with pytest.raises(InputError, match=r"cannot be read|is larger than 256 MB") as caught:
        add_article.add(path, "005_new", root=root)
    assert [problem.file for problem in caught.value.problems] == [str(path)]


def test_a_pipe_that_is_open_already_is_read(root):
    read, write = os.pipe()
    os.write(write, b"A title\n")
    os.close(write)
    try:
        add_article.add(Path(f"/dev/fd/{read}"), "005_new", root=root)
    finally:
        os.close(read)
    assert (root / "seeds" / "005_new.txt").read_bytes() == b"A title\n"


def test_the_same_article_twice_is_refused(root):
    add_article.add(article(root), root=root)
    with pytest.raises(InputError, match="005_new: is the same article, byte for byte"):
        add_article.add(article(root), "006_other", root=root)


def test_a_number_as_a_name_stays_a_string(root):
    add_article.add(article(root), "0051", root=root)
    about = yaml.safe_load((root / "annotations" / "documents.yaml").read_text(encoding="utf-8"))
    assert "0051" in about["documents"]


def test_a_failed_write_leaves_nothing(root, monkeypatch):
    """Whichever write fails, the tree is as it was; a process killed instead is finished by the same call."""
    path, real = article(root), write_file
    before = tree_of(root)
    for failing in range(3):
        calls = iter(range(9))

        def write(target, content, calls=calls, failing=failing):
            if next(calls) == failing:
                raise OSError(28, "No space left on device")
            real(target, content)

        monkeypatch.setattr(add_article, "write_file", write)
        with pytest.raises(OSError, match="No space left"):
            add_article.add(path, root=root)
        assert tree_of(root) == before
    monkeypatch.setattr(add_article, "write_file", real)
    (root / "seeds" / "005_new.txt").write_bytes(TEXT.encode())  # as a killed call leaves it
    add_article.add(path, root=root)


def test_guesses_on_these_articles_agree_with_most_of_the_gold():
    """Of title, heading, boilerplate and duplicate; a caption looks like a heading from outside."""
    sure = ("title", "heading", "boilerplate", "duplicate")
    hits = total = 0
    for d in Store().read_gold():
        guessed = {(z.name, z.span.start) for z, _ in add_article.guess_zones(d.text)}
        gold = {(z.name, z.span.start) for z in d.zones if z.name in sure}
        hits, total = hits + len(gold & guessed), total + len(gold)
    assert hits >= 0.7 * total


def test_text_without_a_headline_has_no_title():
    text = "Kim met Putin on Wednesday in the far east of Russia, at a site that is new and large, as was said.\nYes.\n"
    assert add_article.guess_zones(text) == []
    assert add_article.guess_zones("One line") == []
    (zone, _), *_ = add_article.guess_zones("Headline\n" + text)
    assert (zone.name, zone.span) == ("title", Span(0, 8))


def test_everything_downstream_copes_with_one_more(tmp_path, offline):
    """In a copy of the tree: add, build, load, validate, annotate, build, the baseline, score."""
    tree = ProjectCopy(tmp_path / "tree")
    n = len(Store().read_manifest()["documents"])
    said = tree.done("-m", "scripts", "add-article", str(article(tmp_path, name="905_sixth.txt")))
    assert said.startswith("seeds/905_sixth.txt\nannotations/gold/905_sixth.json\nannotations/documents.yaml\n")
    tree.done("-m", "scripts", "corpus")

    def load(config):
        return datasets.load_dataset(str(tree.root / "corpus"), config, split="test")

    rows = load("documents")
    assert (rows.num_rows, rows[n]["doc_id"], rows[n]["entities"]) == (n + 1, "905_sixth", [])
    checked = json.loads(tree.run("-m", "scripts", "validate", "--json").stdout)
    assert [v for v in checked["violations"] if v["doc_id"] == "905_sixth"] == checked["unreadable"] == []

    lines = tmp_path / "905.txt"
    shown = tree.done("-m", "scripts", "notation", "show", "905")
    marked = shown.replace("Kim Jong Un met", "[[Kim Jong Un|PER kim_jong_un]] met")
    lines.write_text(marked + "E met | Contact.Meet | actual | Participant: Kim Jong Un\n", encoding="utf-8")
    refused = tree.run("-m", "scripts", "notation", "take", str(lines))
    assert refused.returncode == 2 and "'met' is not in" in refused.stderr  # it stands under another sentence
    lines.write_text(marked, encoding="utf-8")
    taken = tree.done("-m", "scripts", "notation", "take", str(lines))
    assert "added ‹Kim Jong Un› as PER NAM, kim_jong_un" in taken
    tree.done("-m", "scripts", "corpus")
    assert [r["text"] for r in load("entities") if r["doc_id"] == "905_sixth"] == ["Kim Jong Un"]

    stored = "benchmark/baselines/lookup/predictions.jsonl"
    score = ("-m", "vostochny", "score", stored, "--json", "-", "--resamples", "200")
    result = json.loads(tree.done(*score))
    assert (len(result["documents"]), result["without_prediction"]) == (n + 1, ["905_sixth"])
    tree.done("benchmark/baselines/lookup/lookup.py")
    result = json.loads(tree.done(*score))
    assert result["without_prediction"] == [] and f"docs:{n + 1}" in result["signature"]
    assert "905_sixth" in result["metrics"]["entities.names"]["by_document"]
