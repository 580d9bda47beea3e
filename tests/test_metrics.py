"""The metrics against plain references, against the field's scorers, and against the faults those are known for."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator

from vostochny import measures, ontology, scoring, statistics
from vostochny.align import iob2_to_spans
from vostochny.formats import jsonl
from vostochny.metrics import spans
from vostochny.metrics.assignment import best_pairs
from vostochny.metrics.columns import pair_rows, table_of, trimmed
from vostochny.metrics.units import pair_up
from vostochny.model import Argument, Document, Entity, Event, Quote, Reference, Span, Zone

SCHEME = ontology.load()
NO_INTERVALS = scoring.Options(resamples=0)
TEXT = "".join(f"{'ab🚀d'[i % 4]}{i % 10} " for i in range(20))  # twenty words of two characters, some beyond the BMP
TOKENS = tuple(Span(i, i + 2) for i in range(0, 60, 3))
LABELS = ("PER", "ORG", "DATE")


def document(doc_id: str = "x", entities=(), events=(), quotes=(), **more) -> Document:
    halves = (Span(0, 29), Span(30, 60))
    return Document(
        doc_id, TEXT, paragraphs=halves, sentences=halves, tokens=TOKENS, entities=tuple(entities),
        events=tuple(events), quotes=tuple(quotes), **more,
    )  # fmt: skip


def scored(gold: list[Document], predicted: list[Document], **options) -> dict[str, statistics.Score]:
    chosen = replace(NO_INTERVALS, **options)
    result = scoring.score(gold, {d.doc_id: d for d in predicted}, SCHEME, chosen)
    return {name: statistics.score(m.counts[0]) for name, m in result.measures.items() if len(m.counts) == 1}


@st.composite
def a_span(draw, longest: int = 4) -> Span:
    first = draw(st.integers(0, 19))
    last = min(19, first + draw(st.integers(0, longest - 1)))
    return Span(TOKENS[first].start, TOKENS[last].end)


@st.composite
def an_entity(draw) -> Entity:
    type_ = draw(st.sampled_from(LABELS))
    level = None if type_ == "DATE" else draw(st.sampled_from(["NAM", "NOM", "PRO", None]))
    return Entity("", draw(a_span()), type_, level)


entities = st.lists(an_entity(), max_size=8)
corpora = st.lists(st.tuples(entities, entities), min_size=1, max_size=3)


def documents_of(corpus) -> tuple[list[Document], list[Document]]:
    gold = [
        document(f"d{i}", (replace(e, level=e.level or "NAM") if e.type != "DATE" else e for e in g))
        for i, (g, _) in enumerate(corpus)
    ]
    return gold, [document(f"d{i}", p) for i, (_, p) in enumerate(corpus)]


# -- plain references --------------------------------------------------------------------------------------------------


def plain_exact(gold: list[Document], predicted: list[Document], names_only: bool) -> tuple[int, int, int]:
    """Right, gold and predicted, by multisets and the rule for silent levels, as the docstrings state them."""
    right = golds = claims = 0
    for g, p in zip(gold, predicted, strict=True):
        level_at: dict[Span, str] = {}
        for level in ("PRO", "NOM", "NAM", None):
            level_at |= {e.span: level or "" for e in g.entities if e.level == level}
        mine, theirs = Counter(), Counter()
        for e in g.entities:
            if not names_only or e.level in ("NAM", None):
                mine[e.span, e.type] += 1
        for e in p.entities:
            level = e.level or ("" if e.type == "DATE" else level_at.get(e.span, "NAM"))
            if not names_only or level in ("", "NAM"):
                theirs[e.span, e.type] += 1
        right += sum((mine & theirs).values())
        golds += sum(mine.values())
        claims += sum(theirs.values())
    return right, golds, claims


@settings(max_examples=1500, deadline=None)
@given(corpora)
def test_fast_entities_equal_the_plain_reference(corpus):
    gold, predicted = documents_of(corpus)
    s = scored(gold, predicted, layers=("entities",), metrics=("entities.names", "entities.all"))
    for name, names_only in (("entities.names", True), ("entities.all", False)):
        assert (s[name].right, s[name].gold, s[name].predicted) == plain_exact(gold, predicted, names_only)


@settings(max_examples=300, deadline=None)
@given(corpora, st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(corpus, dice):
    """nervaluate's fault: there the same spans in another order score 0."""
    gold, predicted = documents_of(corpus)
    before = scored(gold, predicted)
    shuffled = [replace(d, entities=tuple(dice.sample(d.entities, len(d.entities)))) for d in predicted]
    dice.shuffle(shuffled)
    assert scored(gold, shuffled) == before


@settings(max_examples=300, deadline=None)
@given(corpora, an_entity())
def test_adding_a_wrong_item_never_raises_precision(corpus, extra):
    gold, predicted = documents_of(corpus)
    wrong = replace(extra, type="WEA", level="NAM")  # a type that the gold does not have here
    more = [replace(predicted[0], entities=(*predicted[0].entities, wrong)), *predicted[1:]]
    before, after = scored(gold, predicted), scored(gold, more)
    for name in ("entities.names", "entities.all", "entities.semeval_strict"):
        assert (after[name].precision or 0) <= (before[name].precision or 0)
        assert after[name].recall == before[name].recall


@settings(max_examples=400, deadline=None)
@given(st.lists(an_entity(), max_size=5), st.lists(an_entity(), max_size=5))
def test_pairs_are_the_best_there_are(gold, predicted):
    """Exact pairs first; the rest by brute force over every one-to-one map."""
    pair = pair_up([document("x", gold)], {"x": document("x", predicted)}, frozenset(SCHEME.values), frozenset())
    table = table_of(pair)
    left, right = pair_rows(table.gold, table.predicted)
    chosen = [(gold[i], predicted[j]) for i, j in zip(left.tolist(), right.tolist(), strict=True)]
    exact = Counter((e.span, e.type) for e in gold) & Counter((e.span, e.type) for e in predicted)
    assert sum(a.span == b.span and a.type == b.type for a, b in chosen) == sum(exact.values())
    same = Counter(e.span for e in gold) & Counter(e.span for e in predicted)
    assert sum(a.span == b.span for a, b in chosen) == sum(same.values())
    assert all(a.span.overlaps(b.span) for a, b in chosen)

    def weight(a: Entity, b: Entity) -> float:
        shared = min(a.span.end, b.span.end) - max(a.span.start, b.span.start)
        dice = 2 * shared / (a.span.end - a.span.start + b.span.end - b.span.start)
        return dice + (a.type == b.type) if shared > 0 else 0.0

    rest = [(a, b) for a, b in chosen if a.span != b.span]
    exact_left = {i for i, j in zip(left.tolist(), right.tolist(), strict=True) if gold[i].span == predicted[j].span}
    exact_right = {j for i, j in zip(left.tolist(), right.tolist(), strict=True) if gold[i].span == predicted[j].span}
    a_side = [e for i, e in enumerate(gold) if i not in exact_left]
    b_side = [e for j, e in enumerate(predicted) if j not in exact_right]
    if len(a_side) > len(b_side):
        a_side, b_side = b_side, a_side
    best = max(
        (sum(weight(a, b) for a, b in zip(a_side, p, strict=True)) for p in permutations(b_side, len(a_side))),
        default=0,
    )
    assert sum(weight(a, b) for a, b in rest) == pytest.approx(best)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.floats(0.1, 1), max_size=12))
def test_assignment_against_brute_force(weights):
    found = best_pairs(weights)
    assert len(set(found.values())) == len(found)
    best = max(sum(weights.get((i, j), 0.0) for i, j in enumerate(p)) for p in permutations(range(6)))
    assert sum(weights[pair] for pair in found.items()) == pytest.approx(best)


# -- against the field's scorers ---------------------------------------------------------------------------------------


def disjoint(dice: random.Random, labels: tuple[str, ...]) -> list[Entity]:
    out, at = [], 0
    while at < 20:
        length = dice.randint(1, 3)
        if dice.random() < 0.4 and at + length <= 20:
            out.append(Entity("", Span(TOKENS[at].start, TOKENS[at + length - 1].end), dice.choice(labels), "NAM"))
            at += length
        at += 1
    return out


@pytest.mark.parametrize("seed", range(40))
def test_semeval_equals_nervaluate_where_it_is_right(seed):
    """Where every predicted span touches at most one gold span and the reverse, order cannot mislead nervaluate."""
    dice = random.Random(seed)
    gold, predicted = [], []
    for i in range(10):
        truth = disjoint(dice, ("PER", "ORG"))
        guess = []
        for e in truth:
            roll = dice.random()
            if roll < 0.2:
                continue
            span = Span(e.span.start, e.span.end - 1) if roll < 0.4 else e.span  # shorter: touches its own gold alone
            guess.append(replace(e, span=span, type=dice.choice(("PER", "ORG")) if roll > 0.7 else e.type))
        gold.append(document(f"d{i}", truth or [Entity("", TOKENS[0], "PER", "NAM")]))
        predicted.append(document(f"d{i}", guess))
    ours = scored(gold, predicted)
    as_spans = [
        [[{"label": e.type, "start": e.span.start, "end": e.span.end - 1} for e in d.entities] for d in side]
        for side in (gold, predicted)
    ]
    theirs = Evaluator(as_spans[0], as_spans[1], tags=["PER", "ORG"], loader="dict").evaluate()["overall"]
    for ours_name, name in (("strict", "strict"), ("exact", "exact"), ("partial", "partial"), ("type", "ent_type")):
        s = ours[f"entities.semeval_{ours_name}"]
        assert (s.precision, s.recall) == pytest.approx((theirs[name].precision, theirs[name].recall)), name


# -- faults of today's tools, each with what is right ------------------------------------------------------------------


def test_a_chunk_that_begins_with_i_is_none():
    """seqeval is lenient by default: there [I-X I-X] equals [B-X I-X]."""
    assert iob2_to_spans(["B-X", "I-X"]) == [(0, 2, "X")]
    assert iob2_to_spans(["I-X", "I-X"]) == []
    assert iob2_to_spans(["B-X", "I-Y", "B-X", "B-X", "O", "I-X"]) == [(0, 1, "X"), (2, 3, "X"), (3, 4, "X")]


def test_no_entities_at_all_is_undefined_and_raises_nothing():
    """seqeval: max() arg is an empty sequence."""
    s = scored([document()], [document()])
    assert s["entities.iob2"].f1 is None and s["entities.names"].f1 is None


def test_an_empty_first_document_is_fine():
    """nervaluate: IndexError."""
    e = Entity("", TOKENS[0], "PER", "NAM")
    s = scored([document("a"), document("b", [e])], [document("a"), document("b", [e])])
    assert all(s[f"entities.semeval_{x}"].f1 == 1 for x in spans.SEMEVAL)


def test_the_same_words_elsewhere_are_not_right():
    """String F1 passed off as offset F1: the text repeats, the place counts."""
    gold = Document("x", "Kim met Kim.", entities=(Entity("", Span(0, 3), "PER", "NAM"),))
    predicted = Document("x", "Kim met Kim.", entities=(Entity("", Span(8, 11), "PER", "NAM"),))
    assert scored([gold], [predicted])["entities.names"].f1 == 0


def test_precision_and_recall_are_not_swapped():
    """Citron: swapped in one row."""
    gold = document(quotes=(Quote("", (TOKENS[0],)), Quote("", (TOKENS[4],))))
    predicted = document(quotes=(Quote("", (TOKENS[0],)),))
    for name in ("quotes.content", "quotes.content_exact", "quotes.content_tokens"):
        s = scored([gold], [predicted])[name]
        assert (s.precision, s.recall) == (1, 0.5), name


def test_a_mention_listed_twice_does_not_spoil_coreference():
    """coval: a file against itself gets LEA 66.7."""
    e = [Entity("", TOKENS[i], "PER", "NAM", cluster="a") for i in (0, 2, 2)]
    result = scoring.score([document("x", e)], {"x": document("x", e)}, SCHEME, NO_INTERVALS)
    assert result.measures["coreference.entities.within.lea"].value == 1
    assert result.measures["coreference.entities.within.conll"].value == 1


def test_every_option_that_changes_a_number_changes_the_signature():
    """sacrebleu: options missing from the signature."""
    gold = [document("x", [Entity("", TOKENS[0], "PER", "NAM")])]
    changes = [
        {}, {"layers": ("entities",)}, {"zones": ("body",)}, {"resamples": 500}, {"seed": 1}, {"resamples": 0},
        {"unknown": "wrong"}, {"view": SCHEME.views["conll"]}, {"view": SCHEME.views["ontonotes"]},
        {"view": replace(SCHEME.views["conll"], builtin=False)},
        {"view": replace(SCHEME.views["conll"], builtin=False, levels=frozenset({"NOM"}))},
    ]  # fmt: skip
    signatures = {scoring.score(gold, {}, SCHEME, replace(scoring.Options(), **c)).signature for c in changes}
    signatures.add(scoring.score(gold, {}, SCHEME, gold_hash="other").signature)
    assert len(signatures) == len(changes) + 1


# -- single definitions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("the Kremlin", "Kremlin"), ("Russia’s", "Russia"), ("“Angara”", "Angara"), ("an Angara", "Angara"),
        ("The White House’s", "White House"), ("Theresa", "Theresa"), ("the", "the"), ("Putin", "Putin"),
        ("states’", "states"),
    ],
)  # fmt: skip
def test_lenient_boundaries(text, core):
    assert trimmed(Span(0, len(text)), text).of(text) == core


def test_lenient_score_forgives_boundaries_and_nothing_else():
    text = "the Kremlin’s men"
    gold = Document("x", text, entities=(Entity("", Span(4, 11), "ORG", "NAM"),))
    for span, type_, right in ((Span(0, 13), "ORG", 1), (Span(0, 17), "ORG", 0), (Span(0, 13), "PER", 0)):
        s = scored([gold], [Document("x", text, entities=(Entity("", span, type_, "NAM"),))])
        assert s["entities.lenient"].right == right and s["entities.names"].right == 0


def test_views_leave_out_what_they_lack_on_both_sides():
    gold = [document("x", [
        Entity("a", TOKENS[0], "GPE", "NAM", demonym=True), Entity("b", TOKENS[2], "GPE", "NAM"),
        Entity("c", TOKENS[4], "DATE"), Entity("d", TOKENS[6], "PER", "NOM"),
    ])]  # fmt: skip
    native = scored(gold, gold, view=SCHEME.views["conll"])["entities.all"]
    assert (native.f1, native.gold, native.predicted) == (1, 2, 2)
    theirs = [
        document("x", [Entity("", TOKENS[0], "MISC"), Entity("", TOKENS[2], "LOC"), Entity("", TOKENS[4], "DATE")])
    ]
    s = scored(gold, theirs, view=SCHEME.views["conll"])["entities.all"]
    assert (s.f1, s.predicted) == (1, 2)
    s = scored(gold, gold, view=SCHEME.views["ontonotes"])
    assert s["entities.all"].gold == 3


def event(type_: str, trigger: Span, *arguments: tuple[str, Span], **more) -> Event:
    return Event("", trigger, type_, arguments=tuple(Argument(r, Reference(s)) for r, s in arguments), **more)


def test_attached_arguments_need_the_right_trigger():
    gold = [document(events=[event("Contact.Meet", TOKENS[3], ("Participant", TOKENS[0]))])]
    other = [document(events=[event("Contact.Meet", TOKENS[5], ("Participant", TOKENS[0]))])]
    s = scored(gold, other)
    assert (s["events.argument"].f1, s["events.argument_attached"].f1) == (1, 0)
    assert (s["events.argument_id"].f1, s["events.argument_id_attached"].f1) == (1, 0)


def test_head_match_and_any_mention_of_the_right_entity():
    whole = Span(TOKENS[0].start, TOKENS[2].end)
    people = [Entity("a", whole, "PER", "NOM", cluster="k"), Entity("b", TOKENS[7], "PER", "NAM", cluster="k")]
    gold = [document(entities=people, events=[event("Contact.Meet", TOKENS[4], ("Participant", whole))])]

    def with_filler(span: Span) -> dict[str, statistics.Score]:
        return scored(gold, [document(events=[event("Contact.Meet", TOKENS[4], ("Participant", span))])])

    head = with_filler(TOKENS[2])
    assert [head[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 1, 1]
    again = with_filler(TOKENS[7])
    assert [again[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 0, 1]
    nobody = with_filler(TOKENS[12])
    assert [nobody[f"events.argument{x}"].right for x in ("", "_head", "_cluster")] == [0, 0, 0]


def test_realis_counts_on_matched_triggers_alone():
    gold = [
        document(
            events=[event("Contact.Meet", TOKENS[0], realis="actual"), event("Contact.Meet", TOKENS[2], realis="other")]
        )
    ]
    predicted = [document(events=[event("Contact.Meet", TOKENS[0], realis="actual"), event("Contact.Meet", TOKENS[5])])]
    s = scored(gold, predicted)["events.realis"]
    assert (s.right, s.gold, s.recall) == (1, 1, 1)
    silent = scored(gold, [document(events=[event("Contact.Meet", TOKENS[0])])])["events.realis"]
    assert silent.recall == 0


def test_a_speaker_is_who_it_is_and_not_how_it_is_written():
    people = [Entity("a", TOKENS[0], "PER", "NAM", cluster="kim"), Entity("b", TOKENS[2], "PER", "PRO", cluster="kim"),
              Entity("c", TOKENS[4], "PER", "NAM", cluster="putin")]  # fmt: skip
    content = (Span(TOKENS[8].start, TOKENS[12].end),)
    gold = [document(entities=people, quotes=[Quote("q", content, source=Reference(TOKENS[2], "b"))])]
    for at, span_right, speaker_right in ((2, 1, 1), (0, 0, 1), (4, 0, 0)):
        s = scored(gold, [document(quotes=[Quote("", content, source=Reference(TOKENS[at]))])])
        assert (s["quotes.source"].right, s["quotes.speaker"].right) == (span_right, speaker_right)
    longer = Span(TOKENS[0].start, TOKENS[1].end)  # no gold mention, but it overlaps Kim's
    assert scored(gold, [document(quotes=[Quote("", content, source=Reference(longer))])])["quotes.speaker"].right == 1
    assert scored(gold, [document(quotes=[Quote("", content)])])["quotes.speaker"].right == 0


def test_an_interrupted_quote_is_one_and_needs_all_its_parts_to_be_exact():
    parts = (Span(TOKENS[0].start, TOKENS[2].end), Span(TOKENS[6].start, TOKENS[9].end))
    gold = [document(quotes=[Quote("", parts)])]
    s = scored(gold, [document(quotes=[Quote("", parts[:1]), Quote("", parts[1:])])])
    assert (s["quotes.content_exact"].right, s["quotes.content"].right, s["quotes.content"].predicted) == (0, 1, 2)
    assert s["quotes.content_tokens"].right == 4  # the longer part; the other prediction has no partner
    assert scored(gold, [document(quotes=[Quote("", parts)])])["quotes.content_exact"].f1 == 1


def test_whole_paragraph_predictions_pay_in_token_precision():
    gold = [document(quotes=[Quote("", (Span(TOKENS[0].start, TOKENS[1].end),))])]
    s = scored(gold, [document(quotes=[Quote("", (Span(0, 59),))])])
    assert s["quotes.content"].f1 == 1
    assert (s["quotes.content_tokens"].precision, s["quotes.content_tokens"].recall) == (0.1, 1)


# -- streams and batches -----------------------------------------------------------------------------------------------


def rows(documents: list[Document], text: bool) -> str:
    out = []
    for d in documents:
        row = {"doc_id": d.doc_id, **jsonl.layers_of(d)}
        if text:
            row |= {
                "text": d.text,
                "zones": [{"start": z.span.start, "end": z.span.end, "zone": z.name} for z in d.zones],
            }
            row |= {
                k: [{"start": s.start, "end": s.end} for s in getattr(d, k)]
                for k in ("paragraphs", "sentences", "tokens")
            }
        out.append(json.dumps(row, ensure_ascii=False))
    return "\n".join(out) + "\n"


def a_corpus(dice: random.Random, size: int) -> tuple[list[Document], list[Document]]:
    zones = (Zone(Span(0, 30), "title"), Zone(Span(30, 45), "body"), Zone(Span(45, 60), "boilerplate"))
    gold, predicted = [], []
    for i in range(size):
        truth = [
            replace(e, id=f"e{n}", cluster=dice.choice("ab")) for n, e in enumerate(disjoint(dice, ("PER", "ORG")))
        ]
        guess = [
            replace(e, cluster=dice.choice("ab"), level=dice.choice(["NAM", None]))
            for e in truth
            if dice.random() < 0.8
        ]
        gold.append(document(f"d{i}", truth, zones=zones))
        if dice.random() < 0.95:
            predicted.append(document(f"d{i}", guess))
    return gold, predicted


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("batch", [1, 3000, 1 << 20])
def test_a_stream_gives_what_documents_give(tmp_path, monkeypatch, batch, text):
    from vostochny import batches

    monkeypatch.setattr(batches.batches, "__defaults__", (*batches.batches.__defaults__[:-1], batch))
    gold, predicted = a_corpus(random.Random(batch), 40)
    random.Random(1).shuffle(predicted)  # another order than the gold's
    files = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    files[0].write_text(rows(gold, text), encoding="utf-8")
    files[1].write_text(rows(predicted, False), encoding="utf-8")
    streamed = scoring.score_files(str(files[0]), str(files[1]), SCHEME, NO_INTERVALS)
    read = jsonl.read_gold(str(files[0]), SCHEME)
    whole = scoring.score(read, {d.doc_id: d for d in predicted}, SCHEME, NO_INTERVALS)
    assert streamed.without_prediction == whole.without_prediction
    within = {n: m for n, m in whole.measures.items() if ".across" not in n}
    assert streamed.measures.keys() == within.keys()
    for name, measure in within.items():
        assert streamed.measures[name].value == pytest.approx(measure.value, nan_ok=True), name
        assert streamed.measures[name].support == pytest.approx(measure.support), name


def test_beyond_a_thousand_documents_rows_are_blocks_and_sums_stay(tmp_path):
    gold, predicted = a_corpus(random.Random(3), 2300)
    files = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    for path, side in zip(files, (gold, predicted), strict=True):
        path.write_text(rows(side, False), encoding="utf-8")
    options = replace(NO_INTERVALS, metrics=("entities.names", "entities.semeval_partial"))
    streamed = scoring.score_files(str(files[0]), str(files[1]), SCHEME, options)
    bare = [replace(d, zones=(), paragraphs=()) for d in gold]
    whole = scoring.score(bare, {d.doc_id: d for d in predicted}, SCHEME, options)
    for name, measure in whole.measures.items():
        assert streamed.measures[name].value == pytest.approx(measure.value), name
        assert len(streamed.measures[name].rows) == scoring.BLOCKS


def test_faults_of_a_stream_are_all_told(tmp_path):
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    gold.write_text('{"doc_id": "a", "entities": []}\n{"doc_id": "b"}\n{"doc_id": "a"}\n')
    lines = [
        '{"doc_id": "b", "entities": [{"start": 5, "end": 2, "type": "PER"}]}', "{", '{"doc_id": "c"}',
        '{"doc_id": "b"}', '{"entities": []}',
    ]  # fmt: skip
    predicted.write_text("\n".join(lines))
    with pytest.raises(jsonl.FormatError) as caught:
        scoring.score_files(str(gold), str(predicted), SCHEME, NO_INTERVALS)
    told = [str(f).replace(str(tmp_path), "") for f in caught.value.faults]
    places = ["1: entities[0].end", "2: column", "3: doc_id: unknown", "4: doc_id", "5: doc_id"]
    expected = ["gold.jsonl:3: doc_id", *(f"predicted.jsonl:{p}" for p in places)]
    assert [t.removeprefix("/")[: len(e)] for t, e in zip(sorted(told), expected, strict=True)] == expected


def test_sixty_labels_one_giant_document_and_ten_thousand_in_a_cluster():
    dice = random.Random(0)
    labels = [f"L{i}" for i in range(60)]
    text = "x" * 200_000
    items = [
        Entity("", Span(10 * i, 10 * i + dice.randint(1, 14)), dice.choice(labels), "NAM", cluster="one")
        for i in range(10_000)
    ]
    gold = Document("x", text, entities=tuple(items))
    guess = Document("x", text, entities=tuple(replace(e, type=dice.choice(labels)) for e in items))
    result = scoring.score([gold], {"x": guess}, SCHEME, NO_INTERVALS)
    assert len(result.measures["entities.all"].counts[0].by("type")) == 60
    assert result.measures["coreference.entities.within.conll"].value == 1
    assert result.measures["entities.unlabelled"].value == 1


def test_metrics_all_have_a_label_and_a_place():
    from vostochny import report

    assert set(report.LABELS) == set(measures.METRICS) | set(measures.DERIVED)
    assert set(report.SETTING_LABELS) == set(measures.SETTINGS)
