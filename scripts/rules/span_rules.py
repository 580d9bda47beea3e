"""Rules for what a task stores: offsets, words, labels, relations and zones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scripts.rules.articles import Article, Task, inside
from scripts.rules.book import ARTICLE, TASK, Breach, rule
from vostochny.formats.label_studio.regions import (
    ATTRIBUTES,
    LABEL_CONTROLS,
    RELATIONS,
    list_choices,
    list_labels,
    read_values,
    trim_span,
)
from vostochny.model import Span

NOT_FOR_VALUES = ("level", "demonym", "cluster")


@rule("SP1", TASK, "Give it offsets with 0 ≤ start < end ≤ the length of the text.")
def spans_are_in_range(task: Task) -> Iterator[Breach]:
    """A span lies in the text and is not inverted."""
    for id_, entry in task.regions.items():
        if not task.in_range(span := task.span(entry)):
            yield Breach(
                id_, None, f"{span.start} to {span.end}; the text has {len(task.text)} characters", drop=(id_,)
            )


@rule("SP2", TASK, "Replace them by the words of the text at the offsets.")
def stored_words_match_the_text(task: Task) -> Iterator[Breach]:
    """The words stored with a span are those of the text at its offsets."""
    for _, entry in task.entries:
        span, words = task.span(entry), entry["value"].get("text")
        if isinstance(words, str) and task.in_range(span) and words != span.of(task.text):
            yield Breach(entry["id"], span, f"{words[:60]!r} is stored")


@rule("SP3", TASK, "Write a label, choice or role that annotations/ontology.yaml has.")
def labels_are_known(task: Task) -> Iterator[Breach]:
    """Every label of a span, a relation or a choice is one of the ontology's."""
    for id_, entry in task.regions.items():
        label, layer = task.label(id_), entry.get("from_name")
        if label is not None and layer in LABEL_CONTROLS and label not in list_labels(layer, task.ontology):
            yield Breach(id_, task.span(entry), f"{layer} {label!r} is unknown", drop=(id_,))
    for i, entry in task.entries:
        control = str(entry.get("from_name"))
        if entry.get("type") == "choices" and control in ATTRIBUTES:
            known, rename = list_choices(control, task.ontology), ATTRIBUTES[control].rename
            unknown = [x for x in read_values(entry) if x not in known and rename(x) not in known]
            if unknown:
                yield Breach(entry["id"], task.span(entry), f"{control} {unknown[0]!r} is unknown", drop=(i,))
    for i, a, b, names in task.relations:
        unknown = [x for x in names if x not in RELATIONS and x not in task.ontology.roles]
        if unknown:
            yield Breach(a, task.span(task.regions[a]), f"relation {unknown[0]!r} to {b} is unknown", drop=(i,))


@rule("SP4", TASK, "Write one relation with all its labels; the browser keeps only one.")
def one_relation_per_pair(task: Task) -> Iterator[Breach]:
    """There is at most one relation from one item to another."""
    seen = set()
    for _, a, b, _ in task.relations:
        if (a, b) in seen:
            yield Breach(a, task.span(task.regions[a]), f"a second relation to {b}")
        seen.add((a, b))


@rule("SP5", TASK, "Draw the relation to another item, or remove it.")
def no_relation_to_itself(task: Task) -> Iterator[Breach]:
    """No item is its own argument, part or parent."""
    for i, a, b, names in task.relations:
        if a == b:
            yield Breach(a, task.span(task.regions[a]), ", ".join(names), drop=(i,))


@rule("SP6", ARTICLE, "Mark only the words, without the white space beside them.", "N1")
def no_white_space_at_the_edges(article: Article) -> Iterator[Breach]:
    """A span neither begins nor ends with white space."""
    for kind, id_, span in article.spans:
        if span.of(article.text) != span.of(article.text).strip():
            yield Breach(id_, span, kind)


@rule("SP7", ARTICLE, "Widen or narrow it to whole tokens.")
def spans_are_whole_tokens(article: Article) -> Iterator[Breach]:
    """A span begins and ends with a token."""
    starts, ends = article.token_edges
    for kind, id_, span in article.spans:
        for trim in trim_span(span, article.text):
            if trim.start not in starts or trim.end not in ends:
                yield Breach(id_, span, kind)


@rule("SP8", ARTICLE, "Remove it; credit, boilerplate and duplicate are outside scoring.", "Z6")
def nothing_in_unscored_zones(article: Article) -> Iterator[Breach]:
    """Nothing is annotated in a zone outside scoring."""
    for kind, id_, span in article.spans:
        if any(span.overlaps(zone) for zone in article.unscored):
            yield Breach(id_, span, kind)


@rule("SP9", ARTICLE, "End it before the sentence does.", "N1")
def within_a_sentence(article: Article) -> Iterator[Breach]:
    """A mention, a trigger and a cue lie within one sentence."""
    for kind, id_, span in article.spans:
        without_space = trim_span(span, article.text)
        # White space at an edge is SP6's.
        if kind == "content" or without_space[:1] != [span]:
            continue
        sentence = article.sentence(span.start)
        if sentence and span.end > sentence.end:
            yield Breach(id_, span, kind)


@rule("EN1", TASK, "Remove level, demonym and cluster; only the seven mention types have them.", "C1")
def values_have_no_attributes(task: Task) -> Iterator[Breach]:
    """A value has neither level nor demonym nor cluster."""
    for i, entry in task.entries:
        region = task.regions.get(entry["id"])
        values = entry.get("from_name") in NOT_FOR_VALUES and entry.get("type") != "labels" and read_values(entry)
        if region and values and task.label(entry["id"]) in task.ontology.values:
            yield Breach(entry["id"], task.span(region), f"{entry['from_name']} {values[0]!r}", drop=(i,))


# -- zones. That they cover the text needs no rule: the reader makes body of what no zone covers. ----------------------


@rule("ZN1", TASK, "Give each part of the page one zone.", "Z1")
def zones_do_not_overlap(task: Task) -> Iterator[Breach]:
    """Zones do not overlap."""
    marked = [(s, i) for i in _zones(task) for s in trim_span(task.span(task.regions[i]), task.text)]
    for (before, id_), (after, other) in pairwise(sorted(marked)):
        if after.start < before.end:
            yield Breach(other, after, f"overlaps {id_}", drop=(other,))


@rule("ZN2", TASK, "Make the zone one line, or, if it is a dateline, the first part of a line.", "Z1")
def zones_are_whole_lines(task: Task) -> Iterator[Breach]:
    """A zone is a whole line; only a dateline is the beginning of a line that goes on after it."""
    for id_ in _zones(task):
        for span in trim_span(task.span(task.regions[id_]), task.text):
            before = task.text[: span.start].rpartition("\n")[2].strip()
            after = task.text[span.end :].partition("\n")[0].strip()
            dateline = task.label(id_) == "dateline"
            if before or "\n" in span.of(task.text) or bool(after) != dateline:
                yield Breach(id_, span, task.label(id_) or "")


@rule("ZN3", TASK, "Keep the one that is the headline.", "Z2")
def one_title(task: Task) -> Iterator[Breach]:
    """An article has at most one title, and it comes first."""
    titles = sorted((task.span(task.regions[i]), i) for i in _zones(task) if task.label(i) == "title")
    for n, (span, id_) in enumerate(titles):
        if n or task.text[: span.start].strip():
            yield Breach(id_, span)


@rule("ZN4", TASK, "A line that ends in a full stop is a sentence of the body, or a caption.", "Z4")
def headings_have_no_full_stop(task: Task) -> Iterator[Breach]:
    """A heading does not end in a full stop."""
    for id_ in _zones(task):
        span = task.span(task.regions[id_])
        if task.label(id_) == "heading" and span.of(task.text).rstrip().endswith("."):
            yield Breach(id_, span)


def _zones(task: Task) -> list[str]:
    return [i for i, e in task.regions.items() if e.get("from_name") == "zone" and task.in_range(task.span(e))]


# -- quotes: the rules without which they cannot be read ---------------------------------------------------------------


@rule("QU1", TASK, "Link each part to a later one that begins after it ends.", "Q11")
def parts_are_in_text_order(task: Task) -> Iterator[Breach]:
    """The parts of a quote's content are in text order and do not overlap."""
    for _, a, b, names in task.relations:
        if "continues" in names and a != b and task.span(task.regions[b]).start < task.span(task.regions[a]).end:
            yield Breach(a, task.span(task.regions[b]), f"part {b}", drop=(b,))


@rule("QU2", TASK, "Remove the mark or the source.", "N4")
def unattributed_has_no_source(task: Task) -> Iterator[Breach]:
    """A quote that is marked as unattributed has no source."""
    sourced = {a for _, a, _, names in task.relations if "source" in names}
    for i, entry in task.entries:
        if entry.get("from_name") == "unattributed" and read_values(entry) and entry["id"] in sourced:
            yield Breach(entry["id"], task.span(entry), drop=(i,))


@rule("QU3", TASK, "Let the inner quote have the outer one as its parent, not the reverse.", "Q22")
def no_quote_is_its_own_ancestor(task: Task) -> Iterator[Breach]:
    """A quote is not its own ancestor."""
    parent = {a: (i, b) for i, a, b, names in task.relations if "parent" in names and a != b}  # inner → (index, outer)
    cut: set[str] = set()  # quotes whose relation to their parent was already reported
    for start in sorted(parent):
        # Go from parent to parent until there is none, or one that has been passed.
        chain = [start]
        while chain[-1] in parent and chain[-1] not in cut and parent[chain[-1]][1] not in chain:
            chain.append(parent[chain[-1]][1])
        if chain[-1] in parent and chain[-1] not in cut and parent[chain[-1]][1] == start:
            # Of the relations in a ring the one that leads from a quote to a quote inside it is the wrong one.
            wrong = next((x for x in chain if not inside(_span_of(task, x), _span_of(task, parent[x][1]))), start)
            cut.add(wrong)
            yield Breach(wrong, _span_of(task, wrong), f"its parent is {parent[wrong][1]}", drop=(parent[wrong][0],))


def _span_of(task: Task, id_: str) -> Span:
    return task.span(task.regions[id_])
