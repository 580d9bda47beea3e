"""An input is opened, detected and hashed once per command, wherever it comes from."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import vostochny
from tests.support.generated_news import ONTOLOGY, generate_corpus, write_files
from tests.support.report_inputs import read_data
from tests.support.two_articles import make_gold
from vostochny import cli, corpus, scoring
from vostochny.errors import InputError
from vostochny.formats import files, registry
from vostochny.formats.input import Gold, Input

CORPUS = str(corpus.documents_path())
_opened: list[Counter[str]] = []  # counts opened files by absolute path while it is not empty


def _count_open(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened and isinstance(arguments[0], str) and "w" not in (arguments[1] or ""):
        _opened[0][os.path.abspath(arguments[0])] += 1


sys.addaudithook(_count_open)


@pytest.fixture
def opened() -> Iterator[Counter[str]]:
    """The number of times that each file was opened for reading since the test began."""
    _opened.append(Counter())
    yield _opened[0]
    _opened.clear()


@pytest.fixture
def detected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose format was detected."""
    paths: list[str] = []
    detect = registry.detect
    monkeypatch.setattr(registry, "detect", lambda path, option: (paths.append(path), detect(path, option))[1])
    return paths


@pytest.fixture
def sides(tmp_path: Path) -> dict[str, str]:
    """Paths by the letter that stands for them below: gold in two formats, two systems, the corpus, what is written."""
    gold, predicted = generate_corpus(12, missing=0)
    (g,), (p,) = write_files(tmp_path, "gold", gold), write_files(tmp_path, "predicted", predicted)
    (q,) = write_files(tmp_path, "other", predicted)
    (tmp_path / "gold.json").write_text(json.dumps(gold, indent=1))  # recognised as a whole only
    (tmp_path / "corpus.jsonl").write_bytes(Path(CORPUS).read_bytes())
    (tmp_path / "find.py").write_text("def find(article):\n    return {'entities': []}\n")
    out = {x: str(tmp_path / f"{x}.jsonl") for x in ("HTML", "ITEMS", "JSON", "OUT")}
    known = {"G": g, "P": p, "Q": q, "GJ": str(tmp_path / "gold.json"), "C": str(tmp_path / "corpus.jsonl")}
    return known | {"FIND": f"{tmp_path / 'find.py'}:find", **out}


# The command, and how often each input is opened and a format is detected.
COMMANDS = {
    "score C": ({"C": 1, CORPUS: 1}, 1),
    "score P --gold G": ({"G": 1, "P": 1}, 2),
    "score P --gold GJ": ({"GJ": 1, "P": 1}, 2),
    "score P --gold G --html HTML --items ITEMS --json JSON": ({"G": 1, "P": 1}, 2),
    "score P --gold G --format jsonl --gold-format jsonl": ({"G": 1, "P": 1}, 0),
    "compare P Q --gold G": ({"G": 1, "P": 1, "Q": 1}, 3),
    "validate P --gold G": ({"G": 1, "P": 1}, 2),
    "validate C": ({"C": 1, CORPUS: 1}, 1),
    "run FIND -o OUT": ({CORPUS: 1}, 0),
    "run FIND -o OUT --gold GJ": ({"GJ": 1}, 1),
    "show d00003 --gold G --predictions P": ({"G": 1, "P": 1}, 2),
    "convert P OUT --gold G": ({"G": 1, "P": 1}, 2),
    "convert G OUT": ({"G": 1}, 1),
}
STREAMED = {
    "score P --gold G": ({"G": 1, "P": 1}, 2),
    "score P --gold G --html HTML": ({"G": 1, "P": 1}, 2),
    "score P --gold G --on-error skip": ({"G": 1, "P": 1}, 2),
    "compare P Q --gold G": ({"G": 1, "P": 1, "Q": 1}, 3),
}


def run_command(command: str, sides: dict[str, str]) -> None:
    assert cli.main([sides.get(x, x) for x in command.split()]) == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_opens_and_detects_each_input_once(
    command: str, sides: dict[str, str], opened: Counter[str], detected: list[str]
) -> None:
    run_command(command, sides)
    expected, detections = COMMANDS[command]
    assert {x: opened[sides.get(x, x)] for x in expected} == expected
    assert len(detected) == detections


@pytest.mark.parametrize("command", STREAMED)
def test_a_streamed_score_opens_each_input_once(
    command: str, sides: dict[str, str], opened: Counter[str], detected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1000)
    monkeypatch.setattr("vostochny.scoring.in_memory.score", None)
    run_command(command, sides)
    expected, detections = STREAMED[command]
    assert {x: opened[sides[x]] for x in expected} == expected
    assert len(detected) == detections


def test_the_python_interface_opens_and_detects_each_input_once(
    sides: dict[str, str], opened: Counter[str], detected: list[str]
) -> None:
    vostochny.score(sides["P"], gold=sides["G"], resamples=0)
    assert (opened[sides["P"]], opened[sides["G"]], len(detected)) == (1, 1, 2)
    vostochny.load(sides["GJ"])
    assert (opened[sides["GJ"]], len(detected)) == (1, 3)


def test_of_many_files_each_is_opened_once_and_one_stays_open(tmp_path: Path, opened: Counter[str]) -> None:
    paths = write_files(tmp_path, "gold", generate_corpus(12)[0], files=4)
    gold = Input(paths)
    assert not gold.is_larger_than(1 << 20) and len(gold.read_gold().documents) == 12
    assert [opened[p] for p in paths] == [1] * 4
    assert [isinstance(p, files.OpenPath) for p in gold.paths] == [True, False, False, False]


# -- hashes ------------------------------------------------------------------------------------------------------------


def test_json_lines_are_hashed_by_their_lines(tmp_path: Path) -> None:
    rows, _ = generate_corpus(12)
    whole = Input(write_files(tmp_path, "whole", rows)).read_gold().hash
    random.Random(1).shuffle(rows)
    assert Input(write_files(tmp_path, "split", rows, files=3, packed=True)).read_gold().hash == whole
    (marked,) = write_files(tmp_path, "marked", rows)
    Path(marked).write_bytes(b"\xef\xbb\xbf" + Path(marked).read_bytes().replace(b"\n", b"\r\n\r\n"))
    assert Input(marked).read_gold().hash == whole
    assert Input(write_files(tmp_path, "fewer", rows[1:])).read_gold().hash != whole
    streamed = scoring.score_files(marked, marked, ONTOLOGY, scoring.Options(resamples=0))
    assert streamed.gold_hash == whole


@pytest.mark.parametrize("kind", ["json", "conll", "label-studio", "parquet", "tagged"])
def test_other_formats_are_hashed_by_the_bytes_of_the_file(kind: str, sample_files: dict[str, Path]) -> None:
    content = sample_files[kind].read_bytes()
    assert Input(sample_files[kind]).read_gold().hash == hashlib.sha256(content).hexdigest()[:12]


def test_a_folder_is_hashed_by_the_names_and_bytes_of_its_files(sample_files: dict[str, Path]) -> None:
    digest = hashlib.sha256()
    for path in sorted(sample_files["brat"].iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    assert Input(sample_files["brat"]).read_gold().hash == digest.hexdigest()[:12]


def test_the_corpus_is_hashed_by_its_bytes_and_read_like_any_file() -> None:
    gold = Input().read_gold()
    assert gold.hash == hashlib.sha256(Path(CORPUS).read_bytes()).hexdigest()[:12]
    assert gold.documents == Input(CORPUS).read_gold().documents
    assert Input(CORPUS).read_gold().hash == gold.hash


def test_a_gold_that_is_not_recognised_is_hashed_in_the_format_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hash once had the format detected again, and a gold with a long preface was refused."""
    gold, predictions = tmp_path / "gold.conll", tmp_path / "p.jsonl"
    gold.write_text("# a preface\n" * 99 + "#begin document (one);\nKim B-PER\nleft O\n")
    predictions.write_text('{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "PER"}]}\n')
    arguments = ["score", str(predictions), "--gold", str(gold), "--resamples", "0"]
    assert cli.main(arguments) == 2 and "name it with --gold-format" in capsys.readouterr().err
    assert cli.main([*arguments, "--gold-format", "conll"]) == 0
    assert f"|gold:{hashlib.sha256(gold.read_bytes()).hexdigest()[:12]}|" in capsys.readouterr().out


def test_a_gold_too_large_for_memory_is_hashed_from_its_file_or_refused(
    sample_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, give_stdin: Callable[[bytes], None]
) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 50)
    content = sample_files["tagged"].read_bytes()
    assert len(content) > 50
    assert Input(sample_files["tagged"]).read_gold().hash == hashlib.sha256(content).hexdigest()[:12]
    with pytest.raises(InputError, match="read as a whole"):
        Input(sample_files["json"], "json").read_gold()
    give_stdin(content)  # cannot be read again for the hash
    with pytest.raises(InputError, match="is larger than"):
        Input("-", "tagged").read_gold()


def test_a_remote_file_is_opened_once(sides: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/input/gold.jsonl", Path(sides["G"]).read_bytes())
    opens: list[str] = []
    reader = files._RemoteReader
    monkeypatch.setattr(files, "_RemoteReader", lambda *given: (opens.append(given[-1]), reader(*given))[1])
    gold = Input("memory://input/gold.jsonl")
    assert gold.format == "jsonl" and not gold.is_larger_than(1 << 20)
    assert gold.read_gold() == Input(sides["G"]).read_gold()
    assert opens == ["memory://input/gold.jsonl"]
    assert gold.read_gold().documents and len(opens) == 2  # it cannot be read again from its start


# -- standard input and pipes ------------------------------------------------------------------------------------------


@pytest.fixture
def give_stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Return a function that sets the content of standard input, which can be read only once."""

    def give(content: bytes) -> None:
        class Pipe(io.BytesIO):
            def seekable(self) -> bool:
                return False

        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Pipe(content))))

    return give


@pytest.mark.parametrize("kind", ["jsonl", "gzip", "conll", "parquet"])
def test_standard_input_has_the_hash_of_its_file(
    kind: str, sample_files: dict[str, Path], give_stdin: Callable[[bytes], None]
) -> None:
    give_stdin(sample_files[kind].read_bytes())
    piped, expected = Input("-"), Input(sample_files[kind])
    assert piped.format == expected.format
    assert piped.read_gold() == expected.read_gold()


def test_systems_are_compared_on_a_gold_from_standard_input(
    sides: dict[str, str], give_stdin: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare", sides["P"], sides["Q"], "--resamples", "0"]
    assert cli.main([*arguments, "--gold", sides["G"]]) == 0
    expected = capsys.readouterr().out
    give_stdin(Path(sides["G"]).read_bytes())
    assert cli.main([*arguments, "--gold", "-"]) == 0
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("piped", ["predictions", "gold"])
def test_a_pipe_is_detected_without_losing_its_beginning(
    piped: str, packed: bool, sides: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def score(predictions: str, gold: str) -> str:
        arguments = ["score", predictions, "--gold", gold, "--resamples", "0", "--html", sides["HTML"]]
        assert cli.main(arguments) == 0, capsys.readouterr().err
        assert len(read_data(Path(sides["HTML"]).read_text(encoding="utf-8"))["articles"]) == 12
        return capsys.readouterr().out

    expected = score(sides["P"], sides["G"])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = Path(sides["P" if piped == "predictions" else "G"]).read_bytes()
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(content) if packed else content))
    writer.start()
    output = score(str(pipe), sides["G"]) if piped == "predictions" else score(sides["P"], str(pipe))
    writer.join(10)
    assert not writer.is_alive()
    if piped == "gold":  # it is streamed, which shows less below the tables
        output, expected = (text.splitlines()[-1] for text in (output, expected))
    assert output == expected


def test_copies_of_standard_input_are_removed_with_the_input(give_stdin: Callable[[bytes], None]) -> None:
    give_stdin(b'{"doc_id": "1"}\n')
    source = Input("-")
    (copy,) = map(Path, source.rereadable_paths)
    assert copy.read_bytes() == b'{"doc_id": "1"}\n'
    del source
    assert not copy.parent.exists()


# -- paths that stay open ----------------------------------------------------------------------------------------------


def test_a_path_is_pickled_without_its_open_file(sides: dict[str, str]) -> None:
    path = files.OpenPath(sides["G"])
    file = path.open()
    copy = pickle.loads(pickle.dumps(path))
    assert type(copy) is str and copy == path == sides["G"]
    del path
    assert file.closed


def test_an_open_path_is_read_from_its_start_each_time(sides: dict[str, str], opened: Counter[str]) -> None:
    path, content = files.OpenPath(sides["G"]), Path(sides["G"]).read_bytes()
    before = opened[sides["G"]]
    assert files.read_head(path) == content[: 1 << 16]
    assert files.read_bytes(path) == content == files.read_bytes(path)
    path.load()
    assert files.read_bytes(path) == content
    assert opened[sides["G"]] - before == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_size_is_looked_up_or_measured_unpacked(packed: bool, tmp_path: Path, opened: Counter[str]) -> None:
    rows, _ = generate_corpus(12)
    paths = write_files(tmp_path, "gold", rows, 3, packed)
    size = sum(len(json.dumps(row)) + 1 for row in rows)
    assert Input(paths).is_larger_than(size - 1) and not Input(paths).is_larger_than(size)
    assert opened[paths[-1]] == (2 if packed else 0)
    assert not Input([str(tmp_path / "none.jsonl")]).is_larger_than(0)


# -- the page of a streamed score --------------------------------------------------------------------------------------


def test_the_page_of_a_streamed_score_knows_the_types_of_the_whole_gold(
    sides: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page once knew those of the first file only, and refused predictions that the score accepted."""
    rows, _ = generate_corpus(12, missing=0)
    text = "".join(json.dumps({"doc_id": r["doc_id"], "entities": r["entities"]}) + "\n" for r in rows)
    predictions = tmp_path / "own.jsonl"
    predictions.write_text(text.replace('"PER"', '"Own"'))
    paths = write_files(tmp_path, "part", rows, files=2)
    Path(paths[1]).write_text(Path(paths[1]).read_text().replace('"PER"', '"Own"'))
    monkeypatch.setattr("vostochny.scoring.systems.MAX_GOLD_BYTES_IN_MEMORY", 1000)
    for more in ((), ("--metric", "entities.names")):
        arguments = ["score", str(predictions), "--gold", str(tmp_path / "part-*"), "--html", sides["HTML"], *more]
        assert cli.main([*arguments, "--resamples", "0"]) == 0
        articles = read_data(Path(sides["HTML"]).read_text(encoding="utf-8"))["articles"]
        assert len(articles) == 12


def test_predictions_are_read_beside_documents_that_are_at_hand(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id": "one", "entities": [{"start": 0, "end": 3, "type": "PER"}]}\n')
    found, notes = Input(path).read_predictions(Gold(make_gold(), ONTOLOGY))
    assert list(found) == ["one"] and not notes
