"""Rules for the records beside the articles: discrepancies and the adjudication."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scripts.rules.book import FOLDER, Breach, rule
from scripts.rules.folder import Folder
from scripts.store import ADJUDICATION, ARTICLE_LAYERS, DISCREPANCIES
from vostochny.model import Span

DECIDED_LAYERS = (*ARTICLE_LAYERS, "discrepancies")


def _discrepancies(folder: Folder) -> list[tuple[str, dict[str, Any]]]:
    """Return the discrepancies with their ids, or their row numbers where they have none."""
    rows = [row if isinstance(row, dict) else {} for row in folder.discrepancies]
    return [(str(row.get("id") or f"row {n}"), row) for n, row in enumerate(rows, 1)]


def _file(folder: Folder) -> str:
    return folder.store.display_name(DISCREPANCIES)


def _spans(row: dict[str, Any]) -> list[Any]:
    return row["spans"] if isinstance(row.get("spans"), list) else []


def locate(folder: Folder, span: Any, doc_id: Any = None) -> Span | None:
    """Return the span that ``{doc_id, start, end, text}`` means.

    None where it is no such object, lies outside its article, or the article has other words there. ``doc_id`` is the
    article of a span that names none.
    """
    if not isinstance(span, dict):
        return None
    text = folder.texts.get(str(span.get("doc_id", doc_id)))
    start, end = span.get("start"), span.get("end")
    if text is None or not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(text):
        return None
    return Span(start, end) if text[start:end] == span.get("text", text[start:end]) else None


@rule("DS1", FOLDER, "Give each an id of its own.", "D2")
def ids_are_unique(folder: Folder) -> Iterator[Breach]:
    """A discrepancy has an id, and no other has the same."""
    seen = set()
    for id_, row in _discrepancies(folder):
        if not isinstance(row.get("id"), str) or id_ in seen:
            yield Breach(id_, file=_file(folder))
        seen.add(id_)


@rule("DS2", FOLDER, "Choose a relation by the guidelines’ table, and major or minor; optional is for minor.", "D4")
def relations_and_salience_are_known(folder: Folder) -> Iterator[Breach]:
    """A discrepancy has a relation and a salience of the ontology, and is optional only where it is minor."""
    tables = {"relation": "discrepancies", "salience": "salience"}
    for id_, row in _discrepancies(folder):
        for name, table in tables.items():
            if row.get(name) not in list(folder.ontology.list_names(table)):
                yield Breach(id_, detail=f"{name} {row.get(name)!r}", file=_file(folder))
        if row.get("optional") not in (None, False) and row.get("salience") != "minor":
            yield Breach(id_, detail=f"{row.get('salience')} and optional", file=_file(folder))


@rule("DS3", FOLDER, "State in one line the question and its answers.", "D1")
def reasons_have_one_line(folder: Folder) -> Iterator[Breach]:
    """A discrepancy has a reason of one line."""
    for id_, row in _discrepancies(folder):
        reason = row.get("reason")
        if not isinstance(reason, str) or not reason.strip() or "\n" in reason.strip():
            yield Breach(id_, file=_file(folder))


@rule("DS4", FOLDER, "Give the words of each answer once; an omission needs one answer, anything else two.", "D3")
def discrepancies_have_answers(folder: Folder) -> Iterator[Breach]:
    """A discrepancy has two spans or more, an omission one or more, each once."""
    for id_, row in _discrepancies(folder):
        places = {str([s.get(k) for k in ("doc_id", "start", "end")]) for s in _spans(row) if isinstance(s, dict)}
        needed = 1 if row.get("relation") == "omission" else 2
        if len(places) < max(needed, len(_spans(row))):
            yield Breach(id_, detail=f"{len(places)} different spans", file=_file(folder))


@rule("DS8", FOLDER, "Name in an omission, and only there, the articles that should answer and do not.", "D5")
def omissions_name_silent_articles(folder: Folder) -> Iterator[Breach]:
    """An omission names the articles that are silent, none of which answers; nothing else does."""
    for id_, row in _discrepancies(folder):
        silent = row.get("silent") or []
        names = list(map(str, silent)) if isinstance(silent, list) else [str(silent)]
        answering = {s.get("doc_id") for s in _spans(row) if isinstance(s, dict)}
        wrong = [name for name in names if name not in folder.texts or name in answering]
        if wrong or len(set(names)) < len(names) or bool(names) != (row.get("relation") == "omission"):
            detail = f"{row.get('relation')}, silent: {', '.join(names) or 'none'}"
            yield Breach(id_, detail=detail, file=_file(folder))


@rule("DS5", FOLDER, "Correct doc_id, offsets or text.", "D3")
def words_match_their_article(folder: Folder) -> Iterator[Breach]:
    """The words of a discrepancy are those of their article at their offsets."""
    for id_, row in _discrepancies(folder):
        for span in _spans(row):
            if locate(folder, span) is None or not isinstance(span.get("text"), str):
                yield Breach(id_, detail=str(span), file=_file(folder))


@rule("DS6", FOLDER, "Widen or narrow it to whole tokens.", "D3")
def spans_are_whole_tokens(folder: Folder) -> Iterator[Breach]:
    """A span of a discrepancy begins and ends with a token."""
    for id_, row in _discrepancies(folder):
        for span in _spans(row):
            if place := locate(folder, span):
                starts, ends = folder.token_edges[span["doc_id"]]
                if place.start not in starts or place.end not in ends:
                    yield Breach(id_, detail=str(span), file=_file(folder))


@rule("DS7", FOLDER, "Take the words from the annotated text.", "Z6")
def spans_are_in_scored_zones(folder: Folder) -> Iterator[Breach]:
    """A discrepancy points at no zone outside scoring."""
    unscored = {a.document.doc_id: a.unscored for a in folder.gold}
    for id_, row in _discrepancies(folder):
        for span in _spans(row):
            place = locate(folder, span)
            if place and any(place.overlaps(zone) for zone in unscored.get(span["doc_id"], [])):
                yield Breach(id_, detail=str(span), file=_file(folder))


# -- adjudication ------------------------------------------------------------------------------------------------------


def _decisions(folder: Folder) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each decision as (file and line, record, doc_id)."""
    for number, row in folder.adjudication.items():
        yield f"{folder.store.display_name(ADJUDICATION)}:{number}", row, str(row.get("doc_id") or "")


@rule("AD1", FOLDER, f"Name the article by its doc_id and the layer as one of {', '.join(DECIDED_LAYERS)}.")
def decisions_have_a_subject(folder: Folder) -> Iterator[Breach]:
    """A decision names an article and a layer."""
    for file, row, doc_id in _decisions(folder):
        if doc_id not in folder.texts or row.get("layer") not in DECIDED_LAYERS:
            yield Breach(detail=f"doc_id {doc_id!r}, layer {row.get('layer')!r}", file=file)


@rule("AD2", FOLDER, "Correct start, end or text.")
def decisions_have_matching_spans(folder: Folder) -> Iterator[Breach]:
    """A decision has the spans that it is about, and their words are those of the article at their offsets."""
    for file, row, doc_id in _decisions(folder):
        spans = _spans(row)
        wrong = [s for s in spans if doc_id in folder.texts and locate(folder, s, doc_id) is None]
        if not spans or wrong:
            yield Breach(detail=str(wrong[0]) if wrong else "no spans", file=file)


@rule("AD3", FOLDER, "State what was decided and which numbered rule of the guidelines decides it.")
def decisions_cite_a_rule(folder: Folder) -> Iterator[Breach]:
    """A decision states what was decided, and names a rule of the guidelines."""
    for file, row, _ in _decisions(folder):
        cited = re.findall(r"\b[A-Z]\d+\b", str(row.get("rule") or ""))
        unknown = [n for n in cited if folder.guidelines and n not in folder.guidelines]
        if not row.get("decision") or not cited or unknown:
            yield Breach(detail=f"decision {row.get('decision')!r}, rule {row.get('rule')!r}", file=file)
