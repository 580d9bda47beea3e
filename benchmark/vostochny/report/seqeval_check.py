"""Compare our strict IOB2 score with seqeval itself, run on the same tags."""

from __future__ import annotations

import warnings

from vostochny.metrics.entities import find_chunks, find_unplaced
from vostochny.metrics.pairs import Pair
from vostochny.scoring import Result
from vostochny.stats import scores


def describe_difference(result: Result) -> str | None:
    """Return what differs between seqeval (strict, IOB2) and our precision, recall and F1, overall or for a type.

    None means that both were computed and agree to 1e-12. A result that cannot be compared (no tokens, documents not
    kept in memory) is described like a difference, so that it cannot pass for agreement.
    """
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    measure = result.measures.get("entities.iob2")
    if measure is None:
        return "--seqeval needs the entities layer and a gold with stored tokens"
    if result.size and not result.pairs:
        return "--seqeval needs the whole gold in memory; this one is too large, give --gold a part of it"
    gold: list[list[str]] = []
    predicted: list[list[str]] = []
    for pair in result.pairs:
        gold_rows, predicted_rows = list_tags(pair)
        gold += gold_rows
        predicted += predicted_rows
    if not any(tag != "O" for row in gold + predicted for tag in row):
        return None  # seqeval has no answer where there are no entities at all; ours is undefined
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each 0/0, for which it returns 0
        whole = precision_recall_fscore_support(gold, predicted, average="micro", scheme=IOB2)
        by_type = precision_recall_fscore_support(gold, predicted, average=None, scheme=IOB2)
    counts = measure.counts[0]
    types = sorted(counts.by("type"))
    ours = {"all types": scores.score(counts)}
    ours |= {t: scores.score(part) for t, part in counts.by("type").items()}
    theirs = {"all types": whole[:3]}
    # seqeval returns the types without their names, sorted as ours are; only of equal length can the two be aligned.
    if len(by_type[0]) == len(types):
        theirs |= {t: tuple(column[i] for column in by_type[:3]) for i, t in enumerate(types)}
    for name, values in theirs.items():
        own = (ours[name].precision or 0.0, ours[name].recall or 0.0, ours[name].f1 or 0.0)
        if any(abs(a - b) > 1e-12 for a, b in zip(own, values, strict=True)):
            return f"seqeval differs for {name}: it has P R F1 {values}, this scorer {own}; please report it"
    if len(theirs) <= len(types):
        return f"seqeval sees {len(by_type[0])} types, this scorer {len(types)}; please report it"
    return None


def list_tags(pair: Pair) -> tuple[list[list[str]], list[list[str]]]:
    """Return gold and predicted IOB2 tags of a pair, one list per sentence, without tokens outside scored zones.

    Predicted words that the text does not have are a sentence each, of one token.
    """
    tables, tokens = pair.tables, pair.gold.tokens
    sides = []
    for first, last, label in find_chunks(tables):
        tags = ["O"] * len(tokens)
        for begin, end, code in zip(first.tolist(), last.tolist(), label.tolist(), strict=True):
            tags[begin:end] = [f"B-{tables.types[code]}"] + [f"I-{tables.types[code]}"] * (end - begin - 1)
        sides.append(tags)
    number = {token: i for i, token in enumerate(tokens)}
    gold, predicted = ([[tags[number[t]] for t in row] for row in pair.sentence_tokens] for tags in sides)
    unplaced = tables.predicted.entities.type[find_unplaced(tables)].tolist()
    return gold + [["O"] for _ in unplaced], predicted + [[f"B-{tables.types[code]}"] for code in unplaced]
