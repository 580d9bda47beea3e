"""Without the articles: the stand-off corpus and its way back, and the package that carries no article text."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import datasets
import pytest

from scripts.build import dataset
from scripts.files import CORPUS, ROOT, SEEDS, write_or_check
from vostochny import cli, corpus
from vostochny.formats import standoff
from vostochny.formats.input import Input

ROOT = ROOT
WINDOW = 40  # characters in a row that, if an article has them, are article text
ARTICLES = {p.stem: p.read_text(encoding="utf-8") for p in sorted(SEEDS.glob("*.txt"))}


def even(text: str) -> str:
    return re.sub(r"\s+", " ", text)


WINDOWS = {t[i : i + WINDOW] for t in map(even, ARTICLES.values()) for i in range(len(t) - WINDOW + 1)}


def article_text(data: bytes) -> list[str]:
    """Stretches of a file that stand in an article."""
    text = even(data.decode("utf-8", "ignore"))
    return [text[i : i + WINDOW] for i in range(len(text) - WINDOW + 1) if text[i : i + WINDOW] in WINDOWS]


# -- stand-off -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """The corpus without text."""
    target = tmp_path_factory.mktemp("standoff")
    write_or_check(dataset.build_without_text(target), check=False)
    return target


def test_the_rehydrated_corpus_equals_the_original_byte_for_byte(bare, tmp_path, capsys):
    named_otherwise = tmp_path / "articles" / "deep"
    named_otherwise.mkdir(parents=True)
    for n, path in enumerate(sorted(SEEDS.glob("*.txt"))):
        shutil.copy(path, named_otherwise / f"page {n}.html")
    target = tmp_path / "corpus"
    assert cli.main(["rehydrate", str(tmp_path / "articles"), "--from", str(bare), "-o", str(target)]) == 0
    files = sorted(p.relative_to(CORPUS) for p in CORPUS.rglob("*") if p.is_file())
    assert sorted(p.relative_to(target) for p in target.rglob("*") if p.is_file()) == files
    assert all((CORPUS / f).read_bytes() == (target / f).read_bytes() for f in files)


def test_no_row_without_text_has_words_of_an_article(bare):
    words = {"text", "title", "paragraph"}

    def keys(value):
        if isinstance(value, dict):
            yield from value
            value = list(value.values())
        if isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    for path in bare.glob("*/test.jsonl"):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert not words & {k for row in lines for k in keys(row)}, path
        if path.parent.name in ("documents", "ner"):  # the others name clusters, in words of the annotators'
            assert not article_text(path.read_bytes())
        assert all("tokens" not in row or isinstance(row["tokens"][0], dict) for row in lines)


def test_the_corpus_without_text_loads(bare, offline):
    paths = sorted(bare.glob("*/test.jsonl"))
    assert [p.parent.name for p in paths] == sorted(p.parent.name for p in CORPUS.glob("*/test.jsonl"))
    for path in paths:
        name = path.parent.name
        found = datasets.load_dataset(str(bare), name, split="test")
        assert found.num_rows == len(path.read_text(encoding="utf-8").splitlines())


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def straight(text: str) -> str:
    return re.sub("[“”]", '"', re.sub("[‘’]", "'", text))


# What was done to the copy of article 003 (or another), and what is said: line, column, why.
COPIES = {
    "CRLF": ("003", crlf, 1, 303, "CRLF or CR line ends"),
    "straight quotes": ("003", straight, 1, 102, "straight quotation marks"),
    "both": ("002", lambda t: straight(crlf(t)), 1, 124, "line ends; save it with LF (git: core.autocrlf=false); it"),
    "byte order mark": ("001", lambda t: "\ufeff" + t, 1, 1, "byte order mark"),
    "a line end more": ("004", lambda t: t + "\n", 43, 103, "white space at its end that the article has not"),
    "no-break spaces": ("000", lambda t: t.replace(" ", "\xa0"), 1, 6, "no-break spaces"),
    "another word": ("003", lambda t: t.replace("lauded", "praised"), 7, 123, "the copy has 'He praised Russia"),
    "another figure": ("000", lambda t: crlf(t.replace(" 650 ", " 651 ")), 33, 77, "has 32 characters; the copy has"),
    "a cut end": ("001", lambda t: t[:-3], 8, 1, "ends within the sentence that begins here, which has 255"),
    "half of it": ("002", lambda t: t[: t.index("Will Russia help")], 7, 1, "ends where the article goes on"),
    "more white space": ("003", lambda t: t.replace("Wednesday.\n", "Wednesday.\n\n"), 1, 303, "1 character more"),
    "a paragraph less": ("001", lambda t: t.replace(t.split("\n")[4] + "\n", ""), 5, 1, "has 133 characters"),
}  # fmt: skip


@pytest.mark.parametrize("case", COPIES)
def test_a_copy_that_differs_is_refused_with_the_place(case, bare, tmp_path, capsys):
    number, change, line, column, why = COPIES[case]
    for doc_id, text in ARTICLES.items():
        copied = change(text) if doc_id.startswith(number) else text
        (tmp_path / f"{doc_id}.txt").write_text(copied, encoding="utf-8", newline="")
    assert cli.main(["rehydrate", str(tmp_path), "--from", str(bare), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    (doc_id,) = (i for i in ARTICLES if i.startswith(number))
    assert f"{doc_id}.txt:{line}: column {column}: " in said and why in said
    assert "1 problem; nothing was written" in said and not (tmp_path / "out").exists()


def test_missing_articles_and_other_files(bare, tmp_path, capsys):
    for doc_id, text in list(ARTICLES.items())[1:]:
        (tmp_path / f"{doc_id}.txt").write_text(text, encoding="utf-8", newline="")
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    assert cli.main(["rehydrate", str(tmp_path), "-o", str(tmp_path / "gold.jsonl")]) == 2
    said = capsys.readouterr().err
    assert "000_d2a22a04d9ae6505: is missing; expected a file whose sha256 is 8859abb0bbca" in said
    assert "notes.txt" not in said
    assert cli.main(["rehydrate", str(tmp_path / "notes.txt"), str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    assert "notes.txt: is not one of the articles 000" in said and "none: does not exist" in said


def test_latin_1_and_utf_16_copies(bare, tmp_path, capsys):
    text = ARTICLES["003_614713fa8e662b7e"]
    (tmp_path / "003.txt").write_bytes(text.encode("cp1252"))
    assert cli.main(["rehydrate", str(tmp_path)]) == 2
    assert "003.txt:1: column 102: byte 0x92 is not UTF-8" in capsys.readouterr().err
    (tmp_path / "003.txt").write_bytes(text.encode("utf-16"))
    assert cli.main(["rehydrate", str(tmp_path)]) == 2
    assert "003.txt:1: column 1: is UTF-16" in capsys.readouterr().err


def test_changed_rows_are_refused(bare, tmp_path, capsys):
    changed = tmp_path / "changed"
    shutil.copytree(bare, changed)
    path = changed / standoff.DOCUMENTS_FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"PER"', '"ORG"', 1), encoding="utf-8")
    assert cli.main(["rehydrate", str(SEEDS), "--from", str(changed), "-o", str(tmp_path / "out")]) == 2
    assert "the rows were changed" in capsys.readouterr().err
    assert cli.main(["rehydrate", str(SEEDS), "--from", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "expected a corpus without text" in capsys.readouterr().err
    assert cli.main(["rehydrate", str(SEEDS), "--from", str(bare)]) == 2


# -- the package ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """Source distribution and wheel, the wheel built from the unpacked source distribution, in a copy of the tree."""
    place = tmp_path_factory.mktemp("package")
    waste = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(ROOT, place / "tree", ignore=waste)
    build = "import sys; from setuptools import build_meta as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"

    def made(kind: str, tree: Path) -> Path:
        run = [sys.executable, "-c", build, kind, str(place)]
        done = subprocess.run(run, cwd=tree, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return place / done.stdout.splitlines()[-1]

    source = made("sdist", place / "tree")
    with tarfile.open(source) as archive:
        archive.extractall(place / "unpacked", filter="data")
    (tree,) = (place / "unpacked").iterdir()
    return source, made("wheel", tree)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """The program of an environment that has the wheel and what scoring needs, and nothing of a checkout around it."""
    place = tmp_path_factory.mktemp("clean")
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(place / "env")], check=True)
    python = place / "env" / "bin" / "python"
    needed = [str(built[1]), "numpy", "msgspec", "xxhash"]
    wanted = [*needed, "--no-deps", "--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*uv, "pip", "install", "--python", str(python), *wanted], check=True)
    return python.with_name("vostochny")


def run(program: Path, *arguments: str, cwd: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env["XDG_DATA_HOME"] = str(home or cwd / "data")
    return subprocess.run([str(program), *arguments], cwd=cwd, env=env, capture_output=True, text=True)


def test_neither_distribution_has_article_text(built):
    source, wheel = built
    with tarfile.open(source) as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}
    with zipfile.ZipFile(wheel) as archive:
        files |= {name: archive.read(name) for name in archive.namelist()}
    assert not {name: found for name, data in files.items() if (found := article_text(data))}
    names = {name.partition("/")[2] for name in files}
    assert {"CITATION.cff", "DATASHEET.md", "benchmark/vostochny/data/gold.jsonl"} <= names
    assert not any(name.startswith(("seeds/", "corpus/", "annotations/", "tests/")) for name in names)


def test_the_gold_of_the_package_is_that_of_the_corpus():
    assert corpus.packaged_gold_hash() == Input().read_gold().hash
    assert corpus.gold_hash(corpus.standoff_paths()[0], "of its own content") == corpus.packaged_gold_hash()


def figures(output: str) -> list[str]:
    """A score's lines but those on how far predictions reach, which without text has no end to name."""
    return [x for x in output.splitlines() if not x.startswith("predictions reach")]


LOOKUP = ROOT / "benchmark" / "baselines" / "lookup" / "predictions.jsonl"
ONE = '{"doc_id": "003", "entities": [{"start": 0, "end": 12, "type": "GPE"}]}\n'
WORDS = '{"doc_id": "003", "quotes": [{"content": [{"text": "There is time."}], "source": {"text": "Putin"}}]}\n'
RELATIVE = '{"doc_id": "003", "entities": [{"start": 0, "end": 5, "paragraph": 1, "type": "PER"}]}\n'


def test_the_wheel_alone_scores_offsets_as_a_checkout_does(installed, tmp_path):
    here = run(Path(sys.executable).with_name("vostochny"), "score", str(LOOKUP), cwd=ROOT)
    there = run(installed, "score", str(LOOKUP), cwd=tmp_path)
    assert there.returncode == 0, there.stderr
    alone, beside = figures(there.stdout), figures(here.stdout)
    # What needs the words is left out; everything else is the same, signature and gold included.
    assert [x for x in alone if x not in beside] == [] and len(alone) > 20
    assert f"gold:{corpus.packaged_gold_hash()}" in there.stdout
    compared = run(installed, "compare", str(LOOKUP), str(LOOKUP), cwd=tmp_path)
    assert compared.returncode == 0, compared.stderr


def test_the_wheel_alone_explains_that_words_need_the_articles(installed, tmp_path):
    for content in (WORDS, RELATIVE):
        (tmp_path / "p.jsonl").write_text(content, encoding="utf-8")
        done = run(installed, "score", "p.jsonl", cwd=tmp_path)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert "p.jsonl:1: doc_id: has words" in done.stderr and "vostochny rehydrate FOLDER" in done.stderr
        assert len(done.stderr.splitlines()) == 2
    (tmp_path / "p.jsonl").write_text(ONE, encoding="utf-8")
    assert run(installed, "score", "p.jsonl", cwd=tmp_path).returncode == 0
    shown = run(installed, "show", "003", cwd=tmp_path)
    assert shown.returncode == 2 and "vostochny rehydrate FOLDER" in shown.stderr and "Traceback" not in shown.stderr


def test_after_rehydrate_the_wheel_does_everything(installed, tmp_path):
    (tmp_path / "p.jsonl").write_text(WORDS, encoding="utf-8")
    joined = run(installed, "rehydrate", str(SEEDS), cwd=tmp_path)
    assert joined.returncode == 0, joined.stderr
    done = run(installed, "score", "p.jsonl", cwd=tmp_path)
    assert done.returncode == 0 and f"gold:{corpus.packaged_gold_hash()}" in done.stdout, done.stderr
    assert "There is time." in run(installed, "show", "003", cwd=tmp_path).stdout


def test_installed_from_a_checkout_it_finds_the_checkouts_articles(installed, tmp_path):
    """As after `pip install .`, without -e: the articles are those of the checkout that one stands in."""
    checkout = tmp_path / "checkout"
    for part in ("corpus", "annotations"):
        shutil.copytree(ROOT / part, checkout / part)
    inside = checkout / "annotations" / "gold"
    (tmp_path / "p.jsonl").write_text(WORDS, encoding="utf-8")
    done = run(installed, "score", str(tmp_path / "p.jsonl"), cwd=inside, home=tmp_path)
    assert done.returncode == 0, done.stderr
    path = checkout / "corpus" / "documents" / "test.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"PER"', '"ORG"', 1), encoding="utf-8")
    stale = run(installed, "score", str(tmp_path / "p.jsonl"), cwd=inside, home=tmp_path)
    assert stale.returncode == 2 and "install the package again" in stale.stderr and "Traceback" not in stale.stderr


def test_editable_everything_is_found_from_anywhere(tmp_path):
    (tmp_path / "p.jsonl").write_text(WORDS, encoding="utf-8")
    done = run(Path(sys.executable).with_name("vostochny"), "score", "p.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
