"""Known faults, each with the smallest input that shows it: the stored answer is today's, not the right one.

An issue that mends one renews the stored answer and moves the case to *right*.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .inputs import SCORE, Content
from .news import Row


@dataclass(frozen=True)
class Known:
    """One known fault: the issue that mends it ("" once it is mended), what it is, and the input that shows it."""

    issue: str
    why: str
    files: dict[str, Content]
    steps: tuple[str, ...] = (SCORE + " --layer entities",)
    stdin: bytes = b""
    large: tuple[str, ...] = ()


TEXT = "Kim met Putin. Kim left Moscow. Kim slept."
GOLD = [{"doc_id": "d1", "text": TEXT, "entities": [{"start": 32, "end": 35, "type": "PER", "level": "NAM"}]}]
MET = {"trigger": {"start": 4, "end": 7}, "type": "Contact.Meet"}
BAVARIA = "Bayern München met Kim"


def rows(*entities: Row, doc_id: str = "d1", **more: Any) -> list[Row]:
    """One prediction with these entities."""
    return [{"doc_id": doc_id, "entities": list(entities), **more}]


def spot(start: int, end: int, kind: str = "PER", **more: Any) -> Row:
    return {"start": start, "end": end, "type": kind, **more}


def document(text: str, *entities: Row, **more: Any) -> list[Row]:
    """One gold document with these entities."""
    return [{"doc_id": "d1", "text": text, "entities": [{"level": "NAM", **e} for e in entities], **more}]


def items(predicted: list[Row], gold: list[Row] = GOLD) -> dict[str, Content]:
    return {"gold.jsonl": gold, "p.jsonl": predicted}


def columns(content: str, gold: list[Row] | None = None) -> dict[str, Content]:
    return {"gold.jsonl": gold or document(BAVARIA, spot(0, 14, "ORG"), spot(19, 22)), "p.conll": content}


def scored(name: str, options: str = "") -> tuple[str, ...]:
    return (f"score @/{name} --gold @/gold.jsonl --json - --resamples 0 {options}".strip(),)


def answer(words: str) -> dict[str, Content]:
    """Return an answer of a language model as a file."""
    return {"gold.jsonl": GOLD, "p.jsonl": words}


TWICE = spot(0, 3, level="NAM")
BOTH = {"entities": [{**TWICE, "cluster": "a"}, spot(15, 18, cluster="a"), spot(32, 35, cluster="a")]}
PART = "“We win,” Kim said."
NAMED = document("“Kim”’s train left.", spot(1, 4))
EMOJI = document("😀 Kim met Putin.", spot(2, 5))
CLUSTERS = document(TEXT, *({**spot(a, a + 3), "cluster": "kim"} for a in (0, 15, 32)), spot(8, 13, cluster="putin"))


def in_two_clusters(first: str, second: str) -> list[Row]:
    """One mention in two clusters."""
    return rows(
        spot(0, 3, cluster=first), spot(15, 18, cluster=first), spot(32, 35, cluster=first),
        spot(0, 3, cluster=second), spot(8, 13, cluster=second),
    )  # fmt: skip


IOB1 = "Kim I-PER\nJong I-PER\nUn I-PER\nmet O\n"
IOB2 = "Kim B-PER\nJong I-PER\nUn I-PER\nmet O\n"


def columns_twice(first: str, second: str) -> dict[str, Content]:
    """Two files of one side in two tag schemes."""
    gold = [{"doc_id": n, "text": "Kim Jong Un met", "entities": [spot(0, 11, level="NAM")]} for n in ("d1", "d2")]
    return {"gold.jsonl": gold, "p/a.conll": f"# doc_id = d1\n{first}", "p/b.conll": f"# doc_id = d2\n{second}"}


def prodigy(answer: str) -> dict[str, Content]:
    task = {"text": TEXT, "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": answer}
    return {"gold.jsonl": GOLD, "p.jsonl": [task]}


def task(*annotations: Row, **data: Any) -> dict[str, Content]:
    """A Label Studio task of the document."""
    whole = [{"id": 1, "data": {"text": TEXT, "doc_id": "d1", **data}, "annotations": list(annotations)}]
    return {"gold.jsonl": GOLD, "p.json": json.dumps(whole, ensure_ascii=False)}


def annotation(start: int, end: int, words: str, **more: Any) -> Row:
    value = {"start": start, "end": end, "text": words, "labels": ["PER"], **more}
    region = {"id": f"r{start}", "from_name": "ner", "to_name": "article", "type": "labels", "value": value}
    return {"id": start + 1, "completed_by": start + 1, "result": [region]}


def pipeline(*pieces: tuple[str, str]) -> dict[str, Content]:
    """Pieces of tokens without offsets."""
    out = [{"entity": tag, "index": i, "word": word} for i, (tag, word) in enumerate(pieces, 1)]
    gold = document("So Vladimir Putin said", spot(3, 17))
    return {"gold.jsonl": gold, "p.json": json.dumps({"d1": out}, ensure_ascii=False)}


KNOWN: dict[str, Known] = {
    # 1: keys inside items
    "key-start-char": Known(
        "",
        "start_char and end_char are offsets",
        items(rows({"text": "Kim", "type": "PER", "start_char": 32, "end_char": 35})),
    ),
    "key-offset-length": Known(
        "",
        "offset and length are offsets",
        items(rows({"text": "Kim", "type": "PER", "offset": 32, "length": 3})),
    ),
    "key-begin-offset": Known(
        "",
        "BeginOffset and EndOffset are offsets",
        items(rows({"text": "Kim", "type": "PER", "BeginOffset": 32, "EndOffset": 35})),
    ),
    "key-misspelt": Known(
        "",
        "occurence is the occurrence",
        items(rows({"text": "Kim", "type": "PER", "occurence": 3})),
    ),
    "key-args": Known(
        "",
        "args are the arguments",
        items(
            [{"doc_id": "d1", "events": [{**MET, "args": [{"role": "Participant", "text": "Kim"}]}]}],
            [{**GOLD[0], "events": [{**MET, "arguments": [{"role": "Participant", "start": 0, "end": 3}]}]}],
        ),
        (SCORE + " --layer events",),
    ),
    "key-speaker": Known(
        "",
        "speaker is the source, which is an id or a span",
        items(
            [{"doc_id": "d1", "quotes": [{"content": [{"text": "We win"}], "speaker": "Kim"}]}],
            document(
                PART, spot(10, 13), quotes=[{"content": [{"start": 1, "end": 7}], "source": {"start": 10, "end": 13}}]
            ),
        ),
        (SCORE + " --layer quotes",),
    ),
    "key-of-gold": Known(
        "",
        "a gold has the same names of keys",
        items(rows(spot(32, 35)), document(TEXT, {"text": "Kim", "type": "PER", "start_char": 32})),
    ),
    # 2: columns
    "columns-nested": Known(
        "",
        "of two columns of tags the first is lost",
        columns("1\tBayern\tB-ORG\tB-LOC\n2\tMünchen\tI-ORG\tO\n3\tmet\tO\tO\n4\tKim\tB-PER\tO\n"),
        scored("p.conll"),
    ),
    "columns-side-by-side": Known(
        "",
        "gold and prediction side by side: the last column is taken",
        columns("Bayern NNP B-ORG O\nMünchen NNP I-ORG O\nmet VBD O O\nKim NNP B-PER B-PER\n"),
        scored("p.conll"),
    ),
    "columns-as-gold": Known(
        "",
        "in a gold the part of speech becomes the token",
        {
            "gold.conll": "Kim\tNNP\tB-PER\nmet\tVBD\tO\n2023\tCD\tB-DATE\n",
            "p.conll": "Kim\tB-PER\nmet\tO\n2023\tB-DATE\n",
        },
        (
            "score @/p.conll --gold @/gold.conll --json - --resamples 0",
            "convert @/gold.conll out/gold.jsonl --gold @/gold.conll",
        ),
    ),
    "columns-numbered": Known(
        "",
        "numbers of tokens become its words",
        {"gold.conll": "1 Kim NNP I-NP I-PER\n2 met VBD I-VP O\n3 Putin NNP I-NP I-PER\n"},
        ("convert @/gold.conll out/gold.jsonl --gold @/gold.conll",),
    ),
    "columns-of-ranges": Known(
        "",
        "ranges and empty nodes of CoNLL-U become words",
        {"gold.conll": "1-2\tvámonos\tO\n1\tvamos\tO\n2\tnos\tO\n2.1\t_\tO\n3\tKim\tB-PER\n"},
        ("convert @/gold.conll out/gold.jsonl --gold @/gold.conll",),
    ),
    "columns-hard-blank": Known(
        "",
        "a no-break space cuts a token",
        {"gold.conll": "10\u00a0000\tB-CARDINAL\nmen\tO\n"},
        ("convert @/gold.conll out/gold.jsonl --gold @/gold.conll",),
    ),
    # 3: tag scheme
    "scheme-of-one-file": Known(
        "",
        "the tag scheme is guessed a file at a time: two files are another figure than one",
        {
            **columns_twice(IOB1, IOB2),
            "all.conll": f"# doc_id = d1\n{IOB1}\n# doc_id = d2\n{IOB2}",
        },
        (
            "score @/p/a.conll @/p/b.conll --gold @/gold.jsonl --json - --resamples 0",
            "score @/all.conll --gold @/gold.jsonl --json - --resamples 0",
        ),
    ),
    "scheme-of-a-folder": Known(
        "",
        "a folder of .conll is not read",
        columns_twice("Kim B-PER\n", "Kim B-PER\n"),
        ("score @/p --gold @/gold.jsonl --json - --resamples 0",),
    ),
    # 4: pieces
    "pieces-of-sentencepiece": Known(
        "",
        "pieces that SentencePiece marks",
        pipeline(("B-PER", "▁Vlad"), ("B-PER", "imir"), ("I-PER", "▁Putin")),
        scored("p.json"),
    ),
    "pieces-of-bytes": Known(
        "",
        "pieces that byte-level BPE marks",
        pipeline(("B-PER", "ĠVlad"), ("I-PER", "imir"), ("I-PER", "ĠPutin")),
        scored("p.json"),
    ),
    "pieces-tagged-o": Known("", "B-O is a type", pipeline(("B-O", "So"), ("B-PER", "Vladimir")), scored("p.json")),
    "pieces-with-blank": Known(
        "",
        "a span that begins with the blank before its word is not trimmed",
        {
            "gold.jsonl": document("So Putin said", spot(3, 8)),
            "p.json": json.dumps({"d1": [{"entity_group": "PER", "word": " Putin", "start": 2, "end": 8}]}),
        },
        scored("p.json"),
    ),
    # 5: annotators and tools
    "prodigy-rejected": Known("", "a task that was rejected is read as accepted", prodigy("reject"), scored("p.jsonl")),
    "prodigy-ignored": Known("", "a task that was skipped is read as accepted", prodigy("ignore"), scored("p.jsonl")),
    "tasks-of-two": Known(
        "",
        "two annotations of one task, and an option that is named",
        task(annotation(0, 3, "Kim"), annotation(32, 35, "Kim")),
        scored("p.json"),
    ),
    "tasks-by-id": Known(
        "",
        "predictions given as ids",
        {
            "gold.jsonl": GOLD,
            "p.json": json.dumps([{"id": 1, "data": {"text": TEXT, "doc_id": "d1"}, "predictions": [7]}]),
        },
        scored("p.json"),
    ),
    "tasks-json-min": Known(
        "",
        "JSON_MIN",
        {
            "gold.jsonl": GOLD,
            "p.json": json.dumps(
                [{"id": 1, "text": TEXT, "ner": [{"start": 32, "end": 35, "text": "Kim", "labels": ["PER"]}]}]
            ),
        },
        scored("p.json"),
    ),
    "tasks-of-hypertext": Known(
        "",
        "offsets of HyperText stand in globalOffsets",
        task(annotation(0, 3, "Kim", globalOffsets={"start": 32, "end": 35})),
        scored("p.json"),
    ),
    # 6: words that disagree with offsets
    "words-of-utf16": Known(
        "",
        "words of Label Studio are held against its offsets",
        {**task(annotation(3, 6, "Kim"), text=EMOJI[0]["text"]), "gold.jsonl": EMOJI},
        scored("p.json"),
    ),
    "words-of-pipeline": Known(
        "",
        "words of a pipeline are held against its offsets",
        {
            "gold.jsonl": EMOJI,
            "p.json": json.dumps({"d1": [{"entity_group": "PER", "word": "Kim", "start": 3, "end": 6}]}),
        },
        scored("p.json"),
    ),
    "words-of-brat": Known(
        "",
        "--offsets counts for brat too",
        {"gold.jsonl": EMOJI, "p/d1.ann": "T1\tPER 3 6\tKim\n", "p/d1.txt": EMOJI[0]["text"]},
        scored("p", "--offsets utf16"),
    ),
    "ends-inclusive": Known("", "inclusive ends without words are refused with the way out", items(rows(spot(32, 34)))),
    "ends-inclusive-words": Known(
        "", "inclusive ends beside words are refused with the way out", items(rows(spot(32, 34, text="Kim")))
    ),
    # 7: one mention in two clusters
    "two-clusters": Known(
        "", "the figure does not depend on the clusters' names", items(in_two_clusters("a", "b"), CLUSTERS)
    ),
    "two-clusters-renamed": Known(
        "", "the figure does not depend on the clusters' names", items(in_two_clusters("b", "a"), CLUSTERS)
    ),
    "two-clusters-of-gold": Known(
        "",
        "a gold with one mention in two clusters is refused",
        items([{"doc_id": "d1", **BOTH}], document(TEXT, {**TWICE, "cluster": "a"}, {**TWICE, "cluster": "b"})),
    ),
    # 8: language models
    "answer-bad-level": Known(
        "", "a bad attribute is refused with the way out", items(rows(spot(32, 35, level="NAME"), spot(0, 3)))
    ),
    "answer-bad-level-wrong": Known(
        "",
        "--unknown wrong reads the item without a bad attribute",
        items(rows(spot(32, 35, level="NAME"), spot(0, 3))),
        (SCORE + " --unknown wrong",),
    ),
    "answer-string-trigger": Known(
        "",
        "a string where a span is meant is refused with the way out",
        items(
            [{"doc_id": "d1", "events": [{"trigger": "met", "type": "Contact.Meet"}]}], [{**GOLD[0], "events": [MET]}]
        ),
        (SCORE + " --layer events",),
    ),
    "answer-fenced": Known(
        "",
        "a file in a fence is refused as what it is",
        answer('```json\n{"doc_id": "d1", "entities": [{"text": "Kim", "type": "PER"}]}\n```\n'),
    ),
    "answer-thinking": Known(
        "",
        "a file with what a model thinks aloud is refused as what it is",
        answer('<think>Who?</think>{"doc_id": "d1", "entities": []}\n'),
    ),
    "answer-wrapped": Known(
        "",
        "a wrapper object is refused with the way out",
        answer('{"doc_id": "d1", "answer": {"entities": [{"text": "Kim", "type": "PER"}]}}\n'),
    ),
    # 9: gold without ids
    "gold-of-prodigy": Known(
        "",
        "a gold of Prodigy's has no ids",
        {
            "gold.json": json.dumps(
                [{"text": TEXT, "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "accept"}]
            ),
            "p.jsonl": rows(spot(0, 3)),
        },
        ("score @/p.jsonl --gold @/gold.json --json - --resamples 0",),
    ),
    "gold-with-id": Known(
        "",
        "a gold of JSON Lines with id for doc_id",
        {"gold.jsonl": [{"id": "d1", "text": TEXT, "entities": [spot(0, 3)]}], "p.jsonl": rows(spot(0, 3))},
    ),
    # 10: the project's own files
    "own-corpus-as-gold": Known(
        "",
        "the corpus folder is no gold",
        {"p.jsonl": rows(doc_id="003")},
        ("score @/p.jsonl --gold corpus --json - --resamples 0", "convert corpus out/corpus.jsonl"),
        large=("1 stdout", "file out/corpus.jsonl"),
    ),
    "own-items-as-predictions": Known(
        "",
        "items given as predictions are not known for what they are",
        items(
            [
                {
                    "doc_id": "d1",
                    "layer": "entities",
                    "verdict": "hit",
                    "zone": "body",
                    "gold": {**spot(0, 3), "text": "Kim"},
                    "predicted": None,
                }
            ]
        ),
    ),
    # 11: messages
    "labels-of-a-view": Known(
        "",
        "labels of OntoNotes are named with the view that has them",
        items(rows(spot(0, 3, "PERSON"), spot(8, 13, "PERSON"), spot(24, 30, "NORP"))),
    ),
    "many-faults": Known(
        "",
        "of many problems of one kind three are lines",
        items(rows(*(spot(n, n + 1, "XX") for n in range(40)))),
    ),
    "wrong-document": Known(
        "",
        "an unknown doc_id breeds no problems about words",
        items(rows({"text": "Xi", "type": "PER"}, spot(0, 99), doc_id="e1")),
    ),
    "no-predictions": Known("", "Markdown is named", answer("# Results\n\n| Kim | PER |\n")),
    "comma-separated": Known("", "CSV is named", answer("doc_id,start,end,type\nd1,0,3,PER\n")),
    "utf-16": Known("", "UTF-16 is named", {"gold.jsonl": GOLD, "p.jsonl": json.dumps(rows()[0]).encode("utf-16")}),
    # 12: counts beside metrics
    "words-not-found": Known(
        "",
        "words that are not found lower strict IOB2",
        items(
            rows(spot(0, 3), {"text": "Xi", "type": "PER"}),
            document(
                "Kim slept",
                spot(0, 3),
                tokens=[{"start": 0, "end": 3}, {"start": 4, "end": 9}],
                sentences=[{"start": 0, "end": 9}],
            ),
        ),
    ),
    "words-of-an-unscored-zone": Known(
        "",
        "words that stand in an unscored zone are not found, and are spurious",
        items(
            rows({"text": "Kim", "type": "PER", "paragraph": 1}),
            document(
                "Putin\nKim",
                spot(0, 5),
                spot(6, 9),
                zones=[{"start": 0, "end": 6, "zone": "body"}, {"start": 6, "end": 9, "zone": "boilerplate"}],
            ),
        ),
    ),
    "never-directness": Known(
        "",
        "an attribute that a system never states is undefined",
        items(
            [{"doc_id": "d1", "quotes": [{"content": [{"start": 1, "end": 7}]}]}],
            document(PART, quotes=[{"content": [{"start": 1, "end": 7}], "directness": "direct"}]),
        ),
        (SCORE + " --layer quotes",),
    ),
    "compared-without-resamples": Known(
        "",
        "compare without resamples has no p",
        {},
        (
            "compare systems/lookup.jsonl systems/annotator_b.jsonl --layer quotes --resamples 0",
            "compare systems/lookup.jsonl systems/annotator_b.jsonl --metric quotes.speaker --resamples 0 --json -",
        ),
    ),
    "lenient-quotation-mark": Known(
        "", "lenient boundaries leave out a quotation mark before a possessive", items(rows(spot(1, 5)), NAMED)
    ),
    "cut-by-a-sentence": Known(
        "",
        "CoNLL keeps an entity in which a sentence ends, and counts such ends",
        {
            "gold.jsonl": document(
                "Kim. Putin left.",
                spot(0, 10),
                tokens=[{"start": a, "end": b} for a, b in ((0, 3), (3, 4), (5, 10), (11, 15), (15, 16))],
                sentences=[{"start": 0, "end": 4}, {"start": 5, "end": 16}],
            )
        },
        ("convert @/gold.jsonl out/p.conll",),
    ),
    "values-in-a-view": Known(
        "",
        "a view that renames a value type keeps values out of coreference",
        {
            "gold.jsonl": document(TEXT, spot(0, 3, cluster="k"), spot(15, 18, "DATE")),
            "p.jsonl": rows(spot(0, 3, "human", cluster="k"), spot(15, 18, "day", cluster="k")),
            "view.json": json.dumps({"types": {"PER": "human", "DATE": "day"}}),
        },
        (SCORE + " --view @/view.json",),
    ),
    "given-twice": Known(
        "", "an entity given twice is counted twice with a note", items(rows(spot(32, 35), spot(32, 35)))
    ),
    # 14: order
    "order-of-two-labels": Known(
        "",
        "one span with two labels: ties in semeval_type are broken by content",
        items(rows(spot(32, 36, "ORG"), spot(32, 36))),
    ),
    "order-of-two-labels-turned": Known(
        "",
        "the same, the items in the other order",
        items(rows(spot(32, 36), spot(32, 36, "ORG"))),
    ),
    "order-of-gold": Known(
        "",
        "two gold labels on one span: the order of gold items does not decide",
        items(rows(spot(0, 3, "GPE"), spot(1, 4, "ORG")), document(TEXT, spot(0, 3), spot(0, 3, "ORG"))),
    ),
    "order-of-gold-turned": Known(
        "",
        "the same, the gold in the other order",
        items(rows(spot(0, 3, "GPE"), spot(1, 4, "ORG")), document(TEXT, spot(0, 3, "ORG"), spot(0, 3))),
    ),
    "order-of-halves": Known(
        "",
        "two equal halves of a quote: directness not by the order",
        items(
            [
                {
                    "doc_id": "d1",
                    "quotes": [
                        {"content": [{"start": 0, "end": 3}], "directness": "direct"},
                        {"content": [{"start": 4, "end": 7}], "directness": "indirect"},
                    ],
                }
            ],
            [{**GOLD[0], "quotes": [{"content": [{"start": 0, "end": 7}], "directness": "direct"}]}],
        ),
        (SCORE + " --layer quotes",),
    ),
    "order-of-halves-turned": Known(
        "",
        "the same, the halves in the other order",
        items(
            [
                {
                    "doc_id": "d1",
                    "quotes": [
                        {"content": [{"start": 4, "end": 7}], "directness": "indirect"},
                        {"content": [{"start": 0, "end": 3}], "directness": "direct"},
                    ],
                }
            ],
            [{**GOLD[0], "quotes": [{"content": [{"start": 0, "end": 7}], "directness": "direct"}]}],
        ),
        (SCORE + " --layer quotes",),
    ),
    "order-of-realis": Known(
        "",
        "two gold events on one trigger: realis not by the order",
        items(
            [{"doc_id": "d1", "events": [{**MET, "realis": "other"}]}],
            [{**GOLD[0], "events": [{**MET, "realis": "actual"}, {**MET, "realis": None}]}],
        ),
        (SCORE + " --layer events",),
    ),
    "order-of-realis-turned": Known(
        "",
        "the same, the events in the other order",
        items(
            [{"doc_id": "d1", "events": [{**MET, "realis": "other"}]}],
            [{**GOLD[0], "events": [{**MET, "realis": None}, {**MET, "realis": "actual"}]}],
        ),
        (SCORE + " --layer events",),
    ),
    "reference-by-span": Known(
        "",
        "two entities on one span, and a reference by id to the first: it means that id",
        items(
            rows(
                spot(0, 3, id="e1", cluster="kim"),
                spot(0, 3, id="e2", cluster="putin"),
                spot(8, 13, id="e3", cluster="putin"),
                quotes=[{"content": [{"start": 24, "end": 30}], "source": "e1"}],
            ),
            document(
                TEXT,
                spot(0, 3, id="e1", cluster="kim"),
                spot(8, 13, id="e3", cluster="putin"),
                quotes=[{"content": [{"start": 24, "end": 30}], "source": "e1"}],
            ),
        ),
        (SCORE + " --layer quotes",),
    ),
    # 17: conventions
    "extent-with-article": Known(
        "17.1",
        "OntoNotes' own extent, with the article, is a mistake in its view",
        items(rows(spot(0, 15, "ORG")), document("The White House said", spot(4, 15, "ORG"))),
        (SCORE + " --view ontonotes",),
    ),
    "extent-with-possessive": Known(
        "17.1",
        "OntoNotes' own extent, with the possessive, is a mistake in its view",
        items(rows(spot(10, 18, "PERSON")), document("President Kim Un’s train", spot(10, 16))),
        (SCORE + " --view ontonotes",),
    ),
    # 19: results
    "bar-in-per-cent": Known(
        "19.2", "--fail-under takes no per cent", items(rows(spot(32, 35))), (SCORE + " --fail-under entities=82.3",)
    ),
}
