"""seqeval's own figures beside ours, on the very tags that our strict IOB2 score counts."""

from __future__ import annotations

import warnings

from vostochny.metrics.entities import tag_rows
from vostochny.scoring import Result
from vostochny.stats import scores


def difference(result: Result) -> str | None:
    """None where seqeval (strict, IOB2) gives our precision, recall and F1, overall and by type; else what differs.

    What cannot be compared is told like a difference: silence means that both were counted and agree.
    """
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    measure = result.measures.get("entities.iob2")
    if measure is None:
        return "--seqeval needs the entities layer and a gold with stored tokens"
    if result.size and not result.pairs:
        return "--seqeval needs a gold that is held as a whole; this one is too large, give --gold a part of it"
    truth: list[list[str]] = []
    guess: list[list[str]] = []
    for pair in result.pairs:
        rows = tag_rows(pair)
        truth += rows[0]
        guess += rows[1]
    if not any(tag != "O" for row in truth + guess for tag in row):
        return None  # seqeval has no answer where there are no entities at all; ours is undefined
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each 0/0, which it counts as 0
        whole = precision_recall_fscore_support(truth, guess, average="micro", scheme=IOB2)
        by_type = precision_recall_fscore_support(truth, guess, average=None, scheme=IOB2)
    counts = measure.counts[0]
    types = sorted(counts.by("type"))
    ours = {"all types": scores.score(counts)}
    ours |= {t: scores.score(part) for t, part in counts.by("type").items()}
    theirs = {"all types": whole[:3]}
    if len(by_type[0]) == len(types):
        theirs |= {t: tuple(column[i] for column in by_type[:3]) for i, t in enumerate(types)}
    for name, figures in theirs.items():
        mine = (ours[name].precision or 0.0, ours[name].recall or 0.0, ours[name].f1 or 0.0)
        if any(abs(a - b) > 1e-12 for a, b in zip(mine, figures, strict=True)):
            return f"seqeval differs for {name}: it has P R F1 {figures}, this scorer {mine}; please report it"
    if len(theirs) <= len(types):
        return f"seqeval sees {len(by_type[0])} types, this scorer {len(types)}; please report it"
    return None
