"""The HTML page, the article in the terminal and the leaderboard: what they show, and that no name can break them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.files import ROOT
from tests.support.report_inputs import GOLD, HOSTILE, LOOKUP, ONTOLOGY, hostile_result, make_mistakes, read_data
from vostochny import cli, scoring
from vostochny.errors import InputError
from vostochny.formats import jsonl
from vostochny.formats.input import Gold, Input
from vostochny.metrics import catalogue
from vostochny.metrics.outcomes import OUTCOME_LAYERS, VERDICTS, find_identity_errors, find_outcomes
from vostochny.metrics.pairs import pair_documents
from vostochny.model import Document, Entity, Span
from vostochny.report import article, board, items, page, payload, seqeval_check


def test_the_page_is_one_file_that_fetches_nothing_and_is_the_same_bytes_each_time(tmp_path):
    pages = []
    for name in ("a.html", "b.html"):
        assert cli.main(["score", LOOKUP, "--resamples", "200", "--html", str(tmp_path / name)]) == 0
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]
    page = pages[0].decode("utf-8")
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:|//)|@import|url\(|fetch\(|XMLHttpRequest|import\(", page)
    assert "default-src 'none'" in page
    data = read_data(page)
    assert data["signature"] in page and data["explanation"].partition(";")[0] in page
    assert [a["id"] for a in data["articles"]] == [d.doc_id for d in GOLD]


def test_the_page_has_the_scores_of_the_result():
    result = scoring.score(GOLD, make_mistakes(GOLD), ONTOLOGY, scoring.Options(resamples=200))
    data = payload.build(result, "x", {"entities.names": 0.5})
    assert {m["name"]: m["value"] for m in data["measures"]} == {n: m.value for n, m in result.measures.items()}
    assert next(m for m in data["measures"] if m["name"] == "entities.names")["agreement"] == 0.5
    assert all(m["definition"] for m in data["measures"])
    tiles = {m["name"]: m["items"] for m in data["measures"] if m["primary"] and m["layer"] != "identity"}
    assert list(tiles) == list(catalogue.HEADLINES.values()) and all(tiles.values())
    assert {p["facet"] for p in data["parts"] if p["recallOnly"]} == {"directness"}
    facets = {(p["layer"], p["facet"]) for p in data["parts"]}
    assert {("entities", "type"), ("entities", "level"), ("entities", "zone"), ("events", "type")} <= facets
    rows = [row for article in data["articles"] for row in article["rows"]]
    seen = {(row["layer"], row["verdict"]) for row in rows}
    assert {layer for layer, _ in seen} == set(OUTCOME_LAYERS)
    assert {verdict for _, verdict in seen} >= set(VERDICTS) - {"boundary+type"}
    hits = sum(row["layer"] == "events" and row["verdict"] == "hit" for row in rows)
    assert hits == result.measures["events.trigger"].counts[0].total()[0]


def test_predictions_that_are_objects_of_the_gold_are_distinguished_from_it():
    gold = GOLD[0]
    fewer = replace(gold, entities=gold.entities[1:], events=gold.events[1:], quotes=gold.quotes[1:])
    result = scoring.score([gold], {gold.doc_id: fewer}, ONTOLOGY, scoring.Options(resamples=0))
    (article,) = payload.build(result, "x", {})["articles"]
    for row in article["rows"]:
        if row["verdict"] == "hit" and row["layer"] in ("entities", "events", "quotes"):
            assert article["gold"][row["layer"]][row["gold"]] == article["predicted"][row["layer"]][row["predicted"]]
    assert {row["verdict"] for row in article["rows"]} == {"hit", "missed"}


def test_no_name_becomes_markup():
    html = page.render(hostile_result(), HOSTILE)
    html.encode("utf-8")  # nothing in it that a file could not hold
    assert html.count("<script") == 2 and html.count("</script") == 2 and "<img" not in html and "<!--" not in html
    (article,) = read_data(html)["articles"]
    assert article["gold"]["entities"][0]["type"] == HOSTILE and article["id"] == f"{HOSTILE}_1"


def test_a_page_without_articles_has_its_scores(tmp_path):
    bare = [replace(d, text="", zones=()) for d in GOLD]
    result = scoring.score(bare, {}, ONTOLOGY, scoring.Options(resamples=0))
    data = payload.build(result, "x", {})
    assert data["articles"] == [] and data["measures"] and data["without"]


def test_a_page_shows_the_articles_of_another_gold(tmp_path):
    gold, guess, page = (tmp_path / name for name in ("gold.jsonl", "guess.jsonl", "page.html"))
    row = {
        "doc_id": "mine",
        "text": "Bob met Eve.",
        "entities": [{"start": 0, "end": 3, "type": "PER", "level": "NAM"}],
    }
    gold.write_text(json.dumps(row), encoding="utf-8")
    guess.write_text(json.dumps({"doc_id": "mine", "entities": []}), encoding="utf-8")
    assert cli.main(["score", str(guess), "--gold", str(gold), "--html", str(page)]) == 0
    (article,) = read_data(page.read_text(encoding="utf-8"))["articles"]
    assert (article["text"], article["rows"][0]["verdict"]) == ("Bob met Eve.", "missed")


def test_a_streamed_gold_shows_its_first_articles_and_refuses_items_and_seqeval(tmp_path):
    """The page once had a single article of it, --items an empty file, and --seqeval agreed without comparing."""
    gold, guess = tmp_path / "gold.jsonl", tmp_path / "guess.jsonl"
    bob = {"start": 0, "end": 3, "type": "PER", "level": "NAM"}
    spans = {"sentences": [{"start": 0, "end": 12}], "tokens": [{"start": 0, "end": 3}]}
    rows = [{"doc_id": f"d{i:03}", "text": "Bob met Eve.", "entities": [bob], **spans} for i in range(250)]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    guess.write_text(
        "".join(json.dumps({"doc_id": r["doc_id"], "entities": []}) + "\n" for r in rows), encoding="utf-8"
    )
    result = scoring.score_files(str(gold), str(guess), ONTOLOGY, scoring.Options(resamples=0))
    data = payload.build(page.read_first_articles(result, Input(gold), Input(guess)), "x", {})
    assert [a["id"] for a in data["articles"]] == [f"d{i:03}" for i in range(payload.MAX_ARTICLES)]
    assert data["documentCount"] == 250
    with pytest.raises(InputError, match="--items: the gold is too large to keep in memory"):
        items.render(result)
    assert "too large" in (seqeval_check.describe_difference(result) or "")


def entity(start: int, cluster: str) -> Entity:
    return Entity("", Span(start, start + 1), "PER", "NAM", cluster=cluster)


def test_split_and_merged_clusters_are_shown_at_their_mentions():
    text = "abcdefgh"
    gold = Document("x", text, entities=tuple(entity(i, "one" if i < 4 else "two") for i in range(6)))
    names = ["p", "p", "p", "q", "q", "q"]
    guess = Document("x", text, entities=tuple(entity(i, n) for i, n in enumerate(names)))
    pairs = pair_documents([gold], {"x": guess}, frozenset(), frozenset())
    verdicts = [(j.verdict, j.gold.span.start, j.other) for j in find_identity_errors(pairs, "entities")]  # type: ignore[union-attr]
    assert verdicts == [("split", 3, "p"), ("merged", 3, "two")]
    assert list(find_identity_errors(pair_documents([gold], {"x": gold}, frozenset(), frozenset()), "entities")) == []


def test_every_item_has_one_verdict():
    for pair in pair_documents(GOLD, make_mistakes(GOLD), frozenset(ONTOLOGY.values), ONTOLOGY.unscored_zones):
        judged = find_outcomes(pair)
        for layer in ("entities", "events", "quotes"):
            for side in ("gold", "predicted"):
                items = [id(getattr(j, side)) for j in judged if j.layer == layer and getattr(j, side) is not None]
                assert sorted(items) == sorted(map(id, getattr(getattr(pair, side), layer)))


def test_show_writes_the_whole_article_and_every_mistake(capsys, tmp_path):
    path = tmp_path / "p.jsonl"
    bare = [replace(d, events=(), quotes=()) for d in make_mistakes(GOLD).values()]
    jsonl.write(str(path), bare)
    for document in GOLD:
        assert cli.main(["show", document.short_id]) == 0
        plain = capsys.readouterr().out
        assert "\x1b" not in plain
        lines = iter("".join(plain.split()))
        assert all(c in lines for c in "".join(document.text.split()))
        assert cli.main(["show", document.doc_id, "--predictions", str(path), "--layer", "entities"]) == 0
        judged = capsys.readouterr().out
        (pair,) = pair_documents(
            [document], {d.doc_id: d for d in bare}, frozenset(ONTOLOGY.values), ONTOLOGY.unscored_zones
        )
        wrong = sum(j.layer == "entities" and j.verdict != "hit" for j in find_outcomes(pair))
        assert f"\n{wrong} mistakes\n" in judged


def test_show_names_the_documents_if_the_id_fits_none(capsys):
    assert cli.main(["show", "zzz"]) == 2
    assert GOLD[0].doc_id in capsys.readouterr().err


@pytest.mark.parametrize("width", [1, 7, 40, 200])
def test_show_fits_its_width_and_lets_no_text_steer_the_terminal(width):
    (pair,) = hostile_result().pairs
    shown = article.render(pair, ("entities", "events", "quotes"), with_predictions=True, width=width)
    assert not set(shown) & {"\x1b", "\x00", "\ud800"}
    shown.encode("utf-8")
    body = shown.partition("\narguments in the gold")[0].splitlines()[2:]
    assert all(sum(article._character_width(c) for c in line) <= max(width, 2) for line in body)


def show_in_terminal(**environment: str) -> str:
    """Return what `show` writes to a real terminal."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "vostochny", "show", GOLD[1].doc_id, "--layer", "quotes"]
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | environment
    with subprocess.Popen(command, stdout=theirs, env=env, cwd=ROOT) as running:
        os.close(theirs)
        out = b""
        try:
            while part := os.read(ours, 65536):
                out += part
        except OSError:  # Linux: the other end is closed
            pass
        assert running.wait() == 0
    os.close(ours)
    return out.decode("utf-8")


@pytest.mark.parametrize("text", ["กำลัง Bob", "के Bob", "❤\ufe0f Bob", "😀 Bob", "é Bob"])
def test_show_draws_a_mark_under_its_words(text):
    """A vowel sign takes no column, though Unicode gives it no combining class."""
    start = text.index("Bob")
    gold = Document("x", text, entities=(Entity("", Span(start, start + 3), "PER"),))
    (pair,) = pair_documents([gold], {}, frozenset(), frozenset())
    bar = next(line for line in article.render(pair, ["entities"], with_predictions=False).splitlines() if "─" in line)
    assert bar.index("─") == {"กำลัง": 5, "के": 2, "❤\ufe0f": 3, "😀": 3, "é": 2}[text.split()[0]]


def test_show_uses_colour_in_a_terminal_only_and_not_with_no_color():
    assert "\x1b[32m" in show_in_terminal()
    assert "\x1b" not in show_in_terminal(NO_COLOR="1")


def test_show_ends_quietly_if_its_output_is_closed():
    command = f"{sys.executable} -m vostochny show {GOLD[0].doc_id} | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_stored_system_is_described():
    for path in (ROOT / "benchmark" / "baselines").glob("*/system.json"):
        known = json.loads(path.read_text(encoding="utf-8"))
        assert set(known) <= set(board.FACTS) and known["kind"] in ("system", "ceiling"), path
        assert all(known.get(fact) for fact in ("name", "what", "reproduce", "author")), path


def describe_systems(*names: str, kind: str = "system") -> dict[str, dict[str, str]]:
    return {n: dict.fromkeys(board.FACTS, n) | {"kind": kind} for n in names}


def test_places_are_shared_where_nothing_decides_them():
    def scored(predicted: dict[str, Document]) -> scoring.Result:
        return scoring.score(GOLD, predicted, ONTOLOGY, scoring.Options(resamples=200))

    good, bad = make_mistakes(GOLD), Input(LOOKUP).read_predictions(Gold(GOLD, ONTOLOGY))[0]
    results = {"good": scored(good), "twin": scored(good), "bad": scored(bad)}
    made = board.build(describe_systems("good", "twin", "bad"), results, {}, "?")
    table = next(t for t in made["tables"] if t["measure"] == "events.argument")
    assert [(r["system"], r["place"]) for r in table["rows"]] == [("good", [1, 2]), ("twin", [1, 2]), ("bad", [3, 3])]
    text = board.render_markdown(made)
    assert "| 1–2 | good |" in text and "+0.0, not compared" in text and "decided" in text
    made = board.build(
        describe_systems("good", "bad") | describe_systems("twin", kind="ceiling"),
        results,
        {"events.argument": 0.6},
        "?",
    )
    table = next(t for t in made["tables"] if t["measure"] == "events.argument")
    assert {r["system"]: r.get("place") for r in table["rows"]} == {"good": [1, 1], "twin": None, "bad": [2, 2]}
    html = board.render_html(made)
    assert "agree at 60.0" in board.render_markdown(made) and "agree at 60.0" in html
    assert "<tr><td>" in html and '</td><th scope="row">' in html  # the system names its row


def test_the_leaderboard_names_the_gold_of_its_systems_and_what_an_annotator_was_scored_against():
    """It once named the gold of its first row, which is an annotator's."""
    predicted = make_mistakes(GOLD)
    results = {
        name: scoring.score(GOLD, predicted, ONTOLOGY, scoring.Options(resamples=0), gold_hash)
        for name, gold_hash in (("annotator b", "annotator-a"), ("system", "1fd523fb6af3"))
    }
    facts = describe_systems("annotator b", kind="ceiling") | describe_systems("system")
    leaderboard = json.loads(json.dumps(board.build(facts, results, {}, "1fd523fb6af3")))
    assert leaderboard["gold"] == "1fd523fb6af3"
    assert {s["id"]: s["gold"] for s in leaderboard["systems"]} == {
        "annotator b": "annotator-a",
        "system": "1fd523fb6af3",
    }
    footer = board.render_markdown(leaderboard).splitlines()[-1]
    assert footer.startswith("Scored against the gold `1fd523fb6af3`, 5 articles.")
    assert footer.endswith("Annotator b was scored against `annotator-a` instead.")
    assert "Annotator b was scored against annotator-a instead." in board.render_html(leaderboard)
    stored = board.read_stored()
    assert stored["gold"] == Input().read_gold().hash


def test_a_layer_that_a_system_leaves_empty_is_not_a_score_of_0():
    result = scoring.score(GOLD, make_mistakes(GOLD), ONTOLOGY, scoring.Options(resamples=0))
    silent = {d.doc_id: replace(d, events=(), quotes=()) for d in make_mistakes(GOLD).values()}
    names = {"all": result, "entities": scoring.score(GOLD, silent, ONTOLOGY, scoring.Options(resamples=0))}
    made = board.build(describe_systems(*names), names, {}, "?")
    having = {t["measure"]: {r["system"] for r in t["rows"]} for t in made["tables"]}
    assert having["entities.names"] == set(names) and having["events.trigger"] == having["quotes.speaker"] == {"all"}


def test_the_leaderboard_is_markdown_and_a_page_and_escapes_names_in_both(capsys):
    assert cli.main(["leaderboard"]) == 0
    assert capsys.readouterr().out == (board.find_folder() / "README.md").read_text(encoding="utf-8")
    assert cli.main(["leaderboard", "--html"]) == 0
    assert "<table>" in capsys.readouterr().out
    made = board.read_stored()
    made["systems"][0] |= {"name": HOSTILE, "what": "a | b\n# c"}
    assert "<img" not in board.render_html(made)
    text = board.render_markdown(made)
    assert "<img" not in text and "a \\| b # c" in text


def test_the_package_has_the_assets_of_the_page():
    assets = Path(page.__file__).with_name("assets")
    assert {f"{part}.js" for part in page.SCRIPTS} | {"report.css"} == {p.name for p in assets.iterdir()}
