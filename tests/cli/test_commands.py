"""The commands as a user types them, on the real corpus and the stored baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.effort import sample
from tests.support.processes import run_python, run_vostochny
from vostochny import api, cli, model
from vostochny.cli import shared
from vostochny.stats import resampling

LOOKUP = "benchmark/baselines/lookup/predictions.jsonl"


def test_score_prints_every_layer_intervals_and_the_signature_last():
    done = run_vostochny("score", LOOKUP)
    assert done.returncode == 0, done.stderr
    expected = ["names and values, exact", "trigger with type (Trig-C)", "content with the right speaker"]
    expected += [
        "by article: 000",
        "Neither covers articles on other events.",
        "predictions reach (characters): 000 to",
    ]
    assert [words for words in expected if words not in done.stdout] == []
    assert done.stdout.splitlines()[-1].startswith("vostochny:")


def test_one_signature_gives_the_same_bytes_and_the_seed_is_part_of_it(tmp_path):
    first, again, other = (
        run_vostochny("score", LOOKUP, "--json", "-", *more) for more in ([], [], ["--seed", "7", "--resamples", "500"])
    )
    assert first.stdout == again.stdout
    a, b = json.loads(first.stdout), json.loads(other.stdout)
    assert a["signature"] != b["signature"]
    assert a["metrics"]["entities.names"]["these_articles"] != b["metrics"]["entities.names"]["these_articles"]
    assert a["metrics"]["entities.names"]["value"] == b["metrics"]["entities.names"]["value"]


def test_json_has_supports_documents_intervals_and_parts():
    result = json.loads(run_vostochny("score", LOOKUP, "--json", "-").stdout)
    names = result["metrics"]["entities.names"]
    assert {"precision", "recall", "f1", "right", "gold", "predicted", "leave_one_out", "new_articles"} <= names.keys()
    assert len(names["by_document"]) == 5
    assert sum(part["gold"] for part in names["by"]["type"].values()) == names["gold"]
    assert sum(part["gold"] for part in names["by"]["zone"].values()) == names["gold"]
    low, high = names["these_articles"]
    assert low < names["value"] < high
    few = {name for name, m in result["metrics"].items() if m["support"] < 30}
    assert few == {"quotes.addressee", "quotes.directness"}
    assert {name for name, m in result["metrics"].items() if m["these_articles"] is None} == few


def test_items_have_the_outcome_of_every_item(tmp_path):
    path = tmp_path / "items.jsonl"
    assert run_vostochny("score", LOOKUP, "--items", str(path)).returncode == 0
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    result = json.loads(run_vostochny("score", LOOKUP, "--json", "-").stdout)["metrics"]
    hits = [r for r in rows if r["layer"] == "entities" and r["verdict"] == "hit"]
    assert len(hits) == result["entities.all"]["right"]
    gold = [r for r in rows if r["layer"] == "entities" and r["gold"]]
    assert len(gold) == result["entities.all"]["gold"]
    for layer, name in (("events", "events.trigger"), ("arguments", "events.argument")):
        mine = [r for r in rows if r["layer"] == layer]
        assert sum(r["verdict"] == "hit" for r in mine) == result[name]["right"]
        assert sum(r["predicted"] is not None for r in mine) == result[name]["predicted"]
    quotes = [r for r in rows if r["layer"] == "quotes"]
    assert sum(r["verdict"] in ("hit", "boundary") for r in quotes) == result["quotes.speaker"]["right"]
    assert sum(r["verdict"] == "speaker" for r in quotes) == (
        result["quotes.content"]["right"] - result["quotes.speaker"]["right"]
    )


def test_seqeval_agrees():
    done = run_vostochny("score", LOOKUP, "--layer", "entities", "--seqeval")
    assert done.returncode == 0, done.stderr


def test_a_difference_to_seqeval_fails_loudly(monkeypatch, capsys):
    from vostochny.report import seqeval_check

    monkeypatch.setattr(seqeval_check, "list_tags", lambda pair: ([["B-PER"]], [["B-ORG"]]))
    assert cli.main(["score", LOOKUP, "--seqeval", "--layer", "entities"]) == 2
    assert "seqeval differs for all types" in capsys.readouterr().err


@pytest.mark.parametrize("view", ["ace", "ontonotes", "conll"])
def test_gold_scores_one_in_every_view(view):
    result = json.loads(run_vostochny("score", "corpus/documents/test.jsonl", "--view", view, "--json", "-").stdout)
    assert result["metrics"]["entities.all"]["value"] == 1
    assert result["metrics"]["events.trigger"]["value"] == 1
    assert f"view:{view}" in result["signature"]


def test_a_view_can_be_a_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"types": {"PER": "PERSON", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"}}))
    predictions = tmp_path / "p.jsonl"
    predictions.write_text('{"doc_id": "003", "entities": [{"start": 20, "end": 31, "type": "PERSON"}]}')
    result = json.loads(run_vostochny("score", str(predictions), "--view", str(path), "--json", "-").stdout)
    assert set(result["metrics"]["entities.names"]["by"]["type"]) == {"PERSON", "PLACE"}
    assert result["metrics"]["entities.names"]["right"] == 1
    path.write_text(json.dumps({"types": {"PERS": "PERSON"}, "levels": ["NAME"], "zones": []}))
    done = run_vostochny("score", str(predictions), "--view", str(path))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 4 and "Traceback" not in done.stderr


def test_single_zones_can_be_scored():
    result = json.loads(run_vostochny("score", LOOKUP, "--zone", "title", "--zone", "heading", "--json", "-").stdout)
    assert set(result["metrics"]["entities.names"]["by"]["zone"]) == {"title", "heading"}
    assert "zones:title+heading" in result["signature"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--zone", "margin"], "'margin' is not one of title"),
        (["--metric", "entities.name"], "'entities.name' is not a metric; did you mean 'entities.names'?"),
        (["--metric", "zzz"], "'zzz' is not a metric; expected one of entities.names, entities.all, "),
        (["--metric", "entities.names_macro"], "comes with another metric and is not computed alone"),
        (["--fail-under", "quotes.cu=1"], "'quotes.cu' is neither a layer nor a metric; did you mean 'quotes.cue'?"),
        (["--fail-under", "quotes=2"], "'quotes=2' is not LAYER=VALUE with a value from 0 to 1"),
        (["--resamples", "-1"], "-1 is too small"),
        (["--view", "ace2"], "is not one of the views"),
    ],
)
def test_wrong_options_are_one_line(arguments, message):
    done = run_vostochny("score", LOOKUP, *arguments)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_compare_a_system_with_a_worse_copy_of_itself(tmp_path):
    rows = [json.loads(line) for line in Path(LOOKUP).read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["entities"] = [e for n, e in enumerate(row["entities"]) if n % 3]
        row["events"], row["quotes"] = [], []
    worse = tmp_path / "worse.jsonl"
    worse.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    table = json.loads(run_vostochny("compare", LOOKUP, str(worse), "--layer", "entities", "--json", "-").stdout)
    names = next(r for r in table["rows"] if r["measure"] == "entities.names")["comparison"]
    assert names["difference"] < 0 and names["worse"] == 5 and names["p"] < 0.01
    assert names["smallest_document_p"] == 0.0625
    assert names["these_articles"][1] < 0 and names["detectable"] > 0
    shown = run_vostochny("compare", LOOKUP, str(worse), "--layer", "entities")
    assert shown.returncode == 0 and "With 5 documents no test over documents" in shown.stdout
    same = json.loads(run_vostochny("compare", LOOKUP, LOOKUP, "--json", "-").stdout)
    assert {(r["comparison"]["difference"], r["comparison"]["p"]) for r in same["rows"]} == {(0, 1)}
    assert run_vostochny("compare", LOOKUP).returncode == 2


def test_compare_prints_one_signature_once_and_different_ones_by_system(tmp_path):
    same = run_vostochny(
        "compare", LOOKUP, LOOKUP, LOOKUP, "--layer", "entities", "--resamples", "0"
    ).stdout.splitlines()
    assert [line for line in same if "vostochny:" in line] == [same[-1]]
    assert same[-1].startswith("vostochny:")
    partial = tmp_path / "entities.jsonl"
    partial.write_text('{"doc_id": "003", "entities": []}', encoding="utf-8")  # its layer is in its signature
    different = run_vostochny("compare", LOOKUP, str(partial), "--resamples", "0").stdout.splitlines()
    assert different[-2].startswith(f"{LOOKUP}: vostochny:") and "|layer:entities+events+quotes|" in different[-2]
    assert different[-1].startswith(f"{partial}: vostochny:") and "|layer:entities|" in different[-1]


def test_choices_and_defaults_of_the_options_are_those_of_the_modules_behind_them():
    """The command line repeats them, because importing the modules would slow down --help."""
    assert shared.LAYERS == model.LAYERS
    assert shared.UNKNOWN_CHOICES == api.UNKNOWN_CHOICES
    assert (shared.DEFAULT_RESAMPLES, shared.DEFAULT_SEED) == (resampling.RESAMPLES, resampling.SEED)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from vostochny import cli\n"
        "try: cli.main(['score', '--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('numpy', 'datasets', 'pyarrow', 'seqeval', 'spacy', 'pandas') if m in sys.modules])"
    )
    done = run_python("-c", code, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_an_extractor_leaves_is_collected_when_the_process_ends(tmp_path):
    """Other commands skip that: it takes longer than reading the corpus (vostochny.__main__)."""
    (tmp_path / "mine.py").write_text(
        "class Session:\n    def __init__(self): self.itself = self\n"
        "    def __del__(self): open('closed', 'w').close()\n"
        "def find(document):\n    Session()\n    return {'entities': []}\n"
    )
    done = run_vostochny("run", "mine:find", "-o", "p.jsonl", cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "closed").exists(), done.stderr
    program = "import gc, sys\nfrom vostochny.__main__ import start\nstart()\nprint(gc.get_freeze_count() > 0)"
    assert run_python("-c", program, "schema").stdout.endswith("True\n")


def test_scoring_the_corpus_imports_nothing_heavy():
    code = (
        f"import sys; from vostochny import cli; cli.main(['score', {LOOKUP!r}, '--json', '/dev/null'])\n"
        "heavy = ('datasets', 'pyarrow', 'seqeval', 'scipy', 'sklearn', 'spacy', 'pandas', 'yaml')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = run_python("-c", code, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_fail_under_sets_the_exit_code(tmp_path, sample_files, capsys):
    arguments = ["score", str(sample_files["words"]), "--gold", str(sample_files["jsonl"]), "--resamples", "0"]
    assert cli.main([*arguments, "--fail-under", "entities=0.8", "--fail-under", "events.argument=1"]) == 0
    path = tmp_path / "empty.jsonl"
    path.write_text('{"doc_id": "one", "entities": []}')
    arguments[1] = str(path)
    assert cli.main([*arguments, "--fail-under", "entities=0.8"]) == 1
    assert "entities.names is 0.0000, below 0.8" in capsys.readouterr().err
    for wrong in ("entities", "entities=80", "entities=x", "quotes=0.5"):
        assert cli.main([*arguments, "--fail-under", wrong]) == 2


@pytest.mark.parametrize(
    ("arguments", "needless"),
    sample(
        [
            (
                ["score", LOOKUP],
                "numpy.ma scipy pyarrow datasets vostochny.cli.run vostochny.report.items vostochny.scoring.streaming "
                "vostochny.stats.paired vostochny.formats.placer vostochny.formats.view_file vostochny.system.outputs "
                "vostochny.system.temporary vostochny.schema.json_schema difflib shutil",
            ),
            (["compare", LOOKUP, LOOKUP], "pyarrow datasets vostochny.cli.score vostochny.report.page"),
            (
                ["validate", LOOKUP],
                "vostochny.system.outputs numpy pyarrow datasets vostochny.scoring",
            ),
            (["schema"], "numpy vostochny.formats vostochny.scoring"),
            (["leaderboard"], "pyarrow datasets"),
            (["show", "000"], "pyarrow datasets scipy vostochny.scoring"),
            (["score", "--help"], "numpy msgspec dataclasses vostochny.cli.run"),
        ],
        3,
    ),
)
def test_a_command_imports_only_what_it_needs(arguments, needless):
    program = (
        "import sys\nfrom vostochny.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n"
        f"    sys.stderr.write(' '.join(name for name in {needless.split()} if name in sys.modules))"
    )
    assert run_python("-c", program, *arguments).stderr == ""
