"""Words without offsets: where they are placed, what becomes of those that are nowhere, and other offsets."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.effort import examples
from tests.support.two_articles import ONTOLOGY, TEXTS, find_span, language_model_answer, make_gold
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.formats import jsonl
from vostochny.formats.input import Gold, Input
from vostochny.formats.reader import Reading, Record
from vostochny.model import Document, Span
from vostochny.stats import scores
from vostochny.text.alignment import (
    MAX_GAP_CHARACTERS,
    Finder,
    NormalisedText,
    align_tokens,
    covering_tokens,
    describe_difference,
    normalise,
    spans_to_iob2,
)
from vostochny.text.placement import MAX_SKIPPED, WordQuery, place_near, place_words

TEXT = "Kim met Putin. Putin met Kim. The Kims left; Kim’s “train” – slow."


def placed(*words: str, text: str = TEXT, within=None) -> list[str | None]:
    """Where each emission goes, as 'words@start'."""
    found = place_words(Finder(text, within), [WordQuery(w) for w in words])
    return [f"{s.of(text)}@{s.start}" if s else None for s in found]


def test_the_nth_emission_takes_the_nth_occurrence_and_whole_words():
    assert placed("Kim", "Kim", "Kim", "Kim") == ["Kim@0", "Kim@25", "Kim@45", None]  # not Kims
    assert placed("im") == ["im@1"]  # only inside words: taken where nothing better is


def test_text_order_decides_where_emissions_are_fewer_than_occurrences():
    assert placed("Putin", "Kim") == ["Putin@8", "Kim@25"]
    assert placed("Kim", "Putin", "Kim") == ["Kim@0", "Putin@8", "Kim@25"]
    # Grouped by name, order is impossible: each string takes its occurrences from the first on.
    assert placed("Kim", "Kim", "Kim", "Putin", "Putin") == ["Kim@0", "Kim@25", "Kim@45", "Putin@8", "Putin@15"]


def test_quotes_dashes_and_white_space_are_normalised_and_case_is_not():
    assert placed('Kim\'s "train" -  slow') == ["Kim’s “train” – slow@45"]
    assert placed("kim") == [None]
    # As written goes before alike.
    assert placed("'b'", text="“b” 'b'") == ["'b'@4"]
    assert placed("'b'", "'b'", text="“b” 'b'") == ["“b”@0", "'b'@4"]


def test_only_scored_zones_have_occurrences():
    assert placed("Kim", within=[Span(14, 40)]) == ["Kim@25"]


def test_an_empty_span_and_an_adjacent_one_cover_no_token():
    tokens = [Span(0, 3), Span(4, 7), Span(7, 9)]
    assert covering_tokens(Span(5, 5), tokens) is None and covering_tokens(Span(3, 4), tokens) is None
    assert covering_tokens(Span(3, 7), tokens) == (1, 2) and covering_tokens(Span(2, 8), tokens) == (0, 3)


def test_spans_that_share_a_token_are_tagged_longest_first_then_by_place_then_by_label():
    tokens = [Span(0, 3), Span(4, 7), Span(8, 11), Span(12, 15)]
    short, long, next_ = Span(0, 3), Span(0, 7), Span(4, 11)
    assert spans_to_iob2([(short, "A"), (long, "B")], tokens) == ["B-B", "I-B", "O", "O"]
    assert spans_to_iob2([(next_, "A"), (long, "B")], tokens) == ["B-B", "I-B", "O", "O"]
    assert spans_to_iob2([(long, "B"), (long, "A"), (Span(12, 15), "C")], tokens) == ["B-A", "I-A", "O", "B-C"]


def test_hints_go_before_order():
    finder = Finder(TEXT)
    wanted = [
        WordQuery("Kim", occurrence=2), WordQuery("Kim", stretch=Span(30, 66)),
        WordQuery("Kim", context="Putin  met Kim"),
        WordQuery("Kim", occurrence=9), WordQuery("Kim"), WordQuery("Putin", context="not there"),
    ]  # fmt: skip
    assert [s and s.start for s in place_words(finder, wanted)] == [25, 45, None, None, 0, 8]
    assert place_near(finder, WordQuery("Kim"), Span(36, 40)) == Span(45, 48)


def test_an_emission_passes_over_a_limited_number_of_occurrences():
    assert placed("Putin", "Kim", text="Kim met Putin. He met Kim.") == ["Putin@8", "Kim@22"]
    for before, start in ((MAX_SKIPPED, 4 * MAX_SKIPPED + 6), (MAX_SKIPPED + 1, 0)):
        text = "Kim " * before + "Putin Kim"
        assert placed("Putin", "Kim", text=text) == [f"Putin@{4 * before}", f"Kim@{start}"]


def test_an_occurrence_taken_by_a_hint_is_not_used_again():
    def starts(*wanted: WordQuery) -> list[int | None]:
        return [s and s.start for s in place_words(Finder(TEXT), wanted)]

    everywhere = WordQuery("Kim", stretch=Span(0, 66))
    assert starts(WordQuery("Kim", occurrence=1), WordQuery("Kim")) == [0, 25]
    assert starts(WordQuery("Kim", occurrence=2), everywhere, everywhere, everywhere) == [25, 0, 45, None]
    assert starts(WordQuery("Putin", occurrence=2), WordQuery("Kim")) == [15, 25]
    # A stretch ends before its end, and goes before a context.
    assert starts(WordQuery("Kim", stretch=Span(5, 25))) == [None]
    assert starts(WordQuery("Kim", stretch=Span(0, 9), context="Putin met Kim")) == [0]


def test_the_nearest_occurrence_has_the_smallest_gap_and_of_equals_the_earlier():
    text = "Kim xxxxxxxxxxxx Kim, yyyyyyyyyyyyyyyyyyyyyyyy Kim said Kim won."
    finder, kim = Finder(text), WordQuery("Kim")
    assert place_near(finder, kim, find_span(text, "x" * 12)) == Span(0, 3)  # as near as the next
    assert place_near(finder, kim, find_span(text, "y" * 24)) == find_span(text, "Kim", 3)  # and not where they begin
    assert place_near(finder, kim, find_span(text, "said Kim won")) == find_span(
        text, "Kim", 4
    )  # what is inside is nearest
    assert place_near(finder, kim, None) == Span(0, 3) and place_near(finder, WordQuery("Xi"), None) is None
    anchor = find_span(text, "won")
    assert place_near(finder, WordQuery("Kim", occurrence=2), anchor) == find_span(text, "Kim", 2)
    assert place_near(finder, WordQuery("Kim", occurrence=5), anchor) is None


def test_whole_words_at_both_ends_and_occurrences_inside_words_do_not_overlap():
    assert placed("Kim met", text="met, met; Kim mets. Kim met.") == ["Kim met@20"]
    assert placed("im met", text="im im Kim met, im met") == ["im met@15"]
    assert placed("im met", text="im im x_im met, im met") == ["im met@16"]
    assert placed("aa", "aa", "aa", text="xaaaay") == ["aa@1", "aa@3", None]
    assert placed("Kim", within=[Span(14, 25)]) == [None]
    assert placed("Kim met", text="Kim \n met.") == ["Kim \n met@0"]
    # Written in two ways, they take all occurrences in their order.
    assert placed("'b'", "“b”", text="“b” 'b' 'b'") == ["“b”@0", "'b'@4"]


def test_parts_of_a_quote_are_in_order_and_at_most_a_reporting_clause_apart():
    def parts(words: str, text: str) -> list[tuple[str, int]]:
        return [(s.of(text), s.start) for s in Finder(text).parts(words)]

    assert parts("Putin ... Kim", TEXT) == [("Putin", 8), ("Kim", 25)]
    assert parts("aa ... aa", "aa bb aa") == [("aa", 0), ("aa", 6)]
    for gap, found in (
        (MAX_GAP_CHARACTERS, [("aa bb", 0), ("cc dd", 5 + MAX_GAP_CHARACTERS)]),
        (MAX_GAP_CHARACTERS + 1, []),
    ):
        assert parts("aa bb cc dd", f"aa bb {'x' * (gap - 2)} cc dd") == found
    # What follows the longest beginning may be too far, where a shorter one has the rest beside it.
    far = "aa bb cc. " + "x " * 150
    assert parts("aa bb cc dd", f"{far}aa bb, he said, cc dd.") == [("aa bb", 310), ("cc dd", 326)]
    assert parts("aa bb cc", "aa, he said, bb cc") == []  # one word is anywhere
    # What stands whole before the part that came first is no beginning.
    whole = "aa bb cc dd ee ff. XX. aa bb, he said, cc dd ee ff."
    assert parts("XX ... aa bb cc dd ee ff", whole) == [("XX", 19), ("aa bb", 23), ("cc dd ee ff", 39)]
    twice = "aa bb, he said, cc dd. XX. aa bb, he said, cc dd."
    assert parts("XX ... aa bb cc dd", twice) == [("XX", 23), ("aa bb", 27), ("cc dd", 43)]


def test_an_interrupted_quote_is_found_in_its_parts():
    text = TEXTS["one"]
    finder = Finder(text)
    parts = (find_span(text, "We will win"), find_span(text, "and soon"))
    for words in (
        "We will win ... and soon",
        "We will win […] and soon",
        "We will win and soon",
        "We will win // and soon",
    ):
        assert finder.parts(words) == parts, words
    assert finder.parts("We will win but later") == () == finder.parts("win we will")
    more = Finder("We will win, he said, and soon. They said nothing.")
    assert [s.of(more.text) for s in more.parts("We will win.... and soon….")] == ["We will win", "and soon"]


@examples(300)
@given(st.lists(st.sampled_from(["a", "b", "cc", "a b"]), max_size=25), st.randoms(use_true_random=False))
def test_a_list_in_text_order_is_placed_where_it_was_taken_from(words, dice):
    text = " , ".join(words)
    spans, at = [], 0
    for w in words:
        spans.append(Span(at, at + len(w)))
        at += len(w) + 3
    kept = [s for s in spans if s.of(text) in ("cc", "a b")]  # strings that do not stand inside one another
    assert place_words(Finder(text), [WordQuery(s.of(text)) for s in kept]) == kept
    # Any order places each string as often as it can be, each time elsewhere.
    dice.shuffle(words)
    found = place_words(Finder(text), [WordQuery(w) for w in words])
    assert all(s and s.of(text) == w for s, w in zip(found, words, strict=True))
    by_string = [(s, w) for s, w in zip(found, words, strict=True)]
    assert len(set(by_string)) == len(by_string)


@examples(300)
@given(st.text(alphabet="ab “”’\"'–-\n\t 🚀", max_size=40))
def test_normalised_text_maps_back_to_the_original_offsets(text):
    evened = NormalisedText(text)
    assert evened.text.strip() == normalise(text)
    for at, c in enumerate(evened.text):
        if c != " ":
            there = evened.span(at, 1)
            assert normalise(there.of(text)) == c


def test_placing_takes_linear_time():
    """No quadratic step: many emissions of one string, many strings, strings that are nowhere, a paragraph each."""
    dice = random.Random(1)

    def seconds(n: int) -> float:
        words = [f"w{dice.randrange(n)}" for _ in range(4 * n)]
        text = " ".join(x for w in words for x in ("Kim", w))
        some = sorted(dice.sample(range(4 * n), n))
        wanted = [WordQuery("Kim") for _ in range(n)] + [WordQuery(words[i]) for i in some]
        wanted += [WordQuery(f"Kim nowhere {i}") for i in range(n)] + [WordQuery("Kim", stretch=Span(0, len(text)))] * n
        began = time.process_time()
        place_words(Finder(text), wanted)
        finder = Finder(text)
        for _ in range(n):  # what belongs to an item, each with the same words around it
            place_near(finder, WordQuery("Kim", context="Kim"), Span(0, 3))
        return time.process_time() - began

    seconds(200)
    # A quadratic step takes 64 times as long each time; a busy machine slows one of three measurements, not all.
    assert any(seconds(16000) < 32 * seconds(2000) for _ in range(3))


# -- in predictions ----------------------------------------------------------------------------------------------------


def scored(row: dict, **options) -> scoring.Result:
    documents = make_gold()
    reading = Reading(ONTOLOGY, {d.doc_id: d for d in documents})
    predicted = reading.read_predictions(
        [Record("x", 1, row)], options.pop("unknown", "error"), None, options.pop("offsets", None)
    )
    return scoring.score(documents[:1], predicted, ONTOLOGY, scoring.Options(resamples=0, **options))


def micro(result: scoring.Result, name: str) -> scores.Score:
    return scores.score(result.measures[name].counts[0])


def test_words_alone_score_as_offsets_do():
    result = scored(language_model_answer(make_gold()[0]))
    for name in (
        "entities.all",
        "events.trigger",
        "events.argument",
        "quotes.content_exact",
        "quotes.source",
        "quotes.cue",
    ):
        assert micro(result, name).f1 == 1, name
    assert result.placement.unplaced == () and result.placement.total == 11


def test_words_that_are_not_in_the_article_are_spurious_and_never_dropped():
    """WikiEvents' problem: outputs that cannot be aligned are dropped there, not counted wrong."""
    row = language_model_answer(make_gold()[0])
    row["entities"] += [{"text": "Xi", "type": "PER"}, {"text": "Xi", "type": "PER"}, {"text": " ", "type": "GPE"}]
    row["events"].append(
        {"trigger": {"text": "shook"}, "type": "Contact.Meet", "arguments": [{"role": "Participant", "text": "Xi"}]}
    )
    row["quotes"].append({"content": [{"text": "We lost"}], "source": {"text": "Xi"}})
    result = scored(row)
    assert len(result.placement.unplaced) == 7
    wrong_entities = dict.fromkeys(("entities.names", "entities.all", "entities.semeval_type"), 3)
    events = ("events.trigger", "events.argument", "events.argument_head")
    for name, wrong in {**wrong_entities, **dict.fromkeys((*events, "quotes.content", "quotes.speaker"), 1)}.items():
        s = micro(result, name)
        assert s.recall == 1 and s.predicted - s.right == wrong, name
    # As a set, Xi is one wrong person; the empty string is one more.
    s = micro(result, "entities.text_set")
    assert (s.right, s.gold, s.predicted) == (3, 3, 5)
    # Zones do not save them: what stands nowhere is in no unscored zone.
    assert micro(scored(row, zones=("title",)), "entities.all").predicted == 3


def test_an_empty_span_is_paired_with_nothing():
    a = make_gold()[0]
    everywhere = [{"text": f"nowhere{i}", "type": "PER", "cluster": "c"} for i in range(len(a.text) + 5)]
    result = scored({"doc_id": "one", "entities": everywhere})
    assert all(micro(result, n).right == 0 for n in result.measures if n.startswith("entities.") and "macro" not in n)


def test_offsets_within_a_paragraph():
    a = make_gold()[0]
    second = a.paragraphs[1]
    at = a.entities[3].span
    row = {"doc_id": "one", "entities": [
        {"start": at.start - second.start, "end": at.end - second.start, "paragraph": 1, "type": "PER"},
        {"text": "Kim", "paragraph": 2, "type": "PER"},
    ]}  # fmt: skip
    result = scored(row)
    assert micro(result, "entities.names").right == 1
    assert {e.span for e in result.pairs[0].predicted.entities} == {at, find_span(a.text, "Kim", 3)}
    for bad, message in (
        ({"start": 0, "end": 1, "paragraph": 9}, "from 0 to 3"),
        ({"text": "Kim", "paragraph": "1"}, "number of a paragraph"),
        ({"start": 0, "end": 60, "paragraph": 0}, "is not in paragraph 0"),
        ({"text": "Kim", "occurrence": 0}, "1 for the first"),
        ({"text": "Kim", "context": 3}, "expected a string"),
    ):
        with pytest.raises(InputError, match=message):
            scored({"doc_id": "one", "entities": [{"type": "PER", **bad}]})


@pytest.mark.parametrize("unit", ["utf16", "bytes"])
def test_offsets_in_other_units_are_recognised_suggested_and_read(unit):
    a = make_gold()[0]

    def units(offset: int) -> int:
        return len(a.text[:offset].encode("utf-16-le")) // 2 if unit == "utf16" else len(a.text[:offset].encode())

    entities = [
        {"start": units(e.span.start), "end": units(e.span.end), "text": e.span.of(a.text), "type": e.type}
        for e in a.entities
    ]
    with pytest.raises(InputError, match=f"they fit: --offsets {unit}"):
        scored({"doc_id": "one", "entities": entities})
    assert micro(scored({"doc_id": "one", "entities": entities}, offsets=unit), "entities.all").f1 == 1
    assert micro(scored({"doc_id": "one", "entities": entities}, offsets="ignore"), "entities.all").f1 == 1
    assert (
        f"offsets:{unit}"
        in scoring.score(make_gold(), {}, ONTOLOGY, scoring.Options(resamples=0, offsets=unit)).signature
    )
    inside = units(a.text.index("🚀")) + 1
    with pytest.raises(InputError, match="inside a character"):
        scored({"doc_id": "one", "entities": [{"start": inside, "end": inside + 3, "type": "PER"}]}, offsets=unit)


def test_streamed_predictions_are_placed_too(tmp_path):
    documents, files = make_gold(), (tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl")
    jsonl.write(str(files[0]), documents, with_text=True)
    files[1].write_text("".join(json.dumps(language_model_answer(d)) + "\n" for d in documents), encoding="utf-8")
    streamed = scoring.score_files(str(files[0]), str(files[1]), ONTOLOGY, scoring.Options(resamples=0))
    whole = scoring.score(documents, Input(files[1]).read_predictions(Gold(documents, ONTOLOGY))[0], ONTOLOGY)
    assert streamed.placement.total == whole.placement.total > 10
    for name, measure in streamed.measures.items():
        assert measure.value == whole.measures[name].value, name


def test_the_gold_as_words_is_placed_nearly_everywhere():
    """Most strings of real articles occur more than once; given in text order, all mentions find their places."""
    documents = Input().read_gold().documents
    reading = Reading(ONTOLOGY, {d.doc_id: d for d in documents})
    rows = (Record("x", n, language_model_answer(d)) for n, d in enumerate(documents, 1))
    predicted = reading.read_predictions(rows)
    result = scoring.score(documents, predicted, ONTOLOGY, scoring.Options(resamples=0))
    assert not result.placement.unplaced
    assert micro(result, "entities.text_set").f1 == 1
    assert (micro(result, "entities.all").f1 or 0) > 0.9
    assert (micro(result, "quotes.content_exact").f1 or 0) > 0.97


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_tokens_of_any_tokenisation_are_found_by_their_characters():
    text = "He said: “Kim’s\n(train) – 3 000.”"
    tokens = ["He", "said", ":", "``", "Kim", "'s", "-LRB-", "train", "-RRB-", "-", "3000", ".", "''"]
    spans = align_tokens(tokens, text)
    assert not isinstance(spans, int)
    assert [s.of(text) for s in spans] == [
        "He",
        "said",
        ":",
        "“",
        "Kim",
        "’s",
        "(",
        "train",
        ")",
        "–",
        "3 000",
        ".",
        "”",
    ]
    assert align_tokens(["He", "says"], text) == 1
    assert align_tokens(["He", "", "said"], text) == 1


def test_the_place_where_two_texts_differ_is_described():
    for theirs, at in (("abd", "2: 'd' where the article has 'c' (3 and"), ("abcd", "3: 'd' where the article has ''")):
        assert f"at character {at}" in describe_difference("abc", theirs)


def test_documents_without_text_take_offsets_alone(tmp_path):
    documents = [Document("x", "")]
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id": "x", "entities": [{"text": "Kim", "type": "PER"}]}')
    with pytest.raises(InputError, match="has no article text"):
        Input(path).read_predictions(Gold(documents, ONTOLOGY))
