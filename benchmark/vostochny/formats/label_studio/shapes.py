"""The shapes in which Label Studio writes tasks: the full export, files of a target storage, and JSON_MIN.

All are turned into the task of the full export. What the offsets of its regions count in is here too: the text itself,
a page as it is shown (HyperText), or one of several utterances (Paragraphs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from vostochny.formats.label_studio.regions import LABEL_CONTROLS, Task, fold_words, is_task

LABEL_KEYS = ("labels", "hypertextlabels", "paragraphlabels")
# Keys of a row of JSON_MIN that are neither data nor results.
_MIN_KEYS = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
NO_RELATIONS = "is JSON_MIN, which has no relations and attributes; export the project as JSON"


def is_any_task(value: Any) -> bool:
    """Return whether a value is a task in any shape."""
    return is_task(value) or _is_stored(value) or _is_min(value)


def is_min_of_ours(value: Any) -> bool:
    """Return whether a value is a row of JSON_MIN of a project with our controls, which loses most of them."""
    return not is_task(value) and _is_min(value) and any(_is_regions(value.get(control)) for control in LABEL_CONTROLS)


def to_task(value: Task) -> Task:
    """Return a task as the full export has it, from any shape for which ``is_any_task``."""
    if is_task(value):
        return value
    if _is_stored(value):
        annotation = {key: v for key, v in value.items() if key != "task"}
        return {"id": value["task"].get("id"), "data": value["task"]["data"], "annotations": [annotation]}
    data = {key: v for key, v in value.items() if key not in _MIN_KEYS and not _is_regions(v)}
    result = [
        {"from_name": key, "type": next(k for k in LABEL_KEYS if k in region), "value": region}
        for key, regions in value.items()
        if _is_regions(regions)
        for region in regions
    ]
    by = {} if value.get("annotator") is None else {"completed_by": value["annotator"]}
    return {"id": value.get("id"), "data": data, "annotations": [{**by, "result": result}]}


def merge_tasks(tasks: Iterable[tuple[str, Task]]) -> list[tuple[str, Task]]:
    """Return named tasks, those of one id and the same data as one: these shapes have one entry per annotation."""
    out: list[tuple[str, Task]] = []
    by_id: dict[str, Task] = {}
    for name, task in tasks:
        first = by_id.get(str(task.get("id")))
        annotations = task.get("annotations")
        if first and first["data"] == task["data"] and isinstance(annotations, list):
            first["annotations"] = [*first["annotations"], *annotations]
            continue
        if task.get("id") is not None and isinstance(annotations, list):
            task = dict(task)
            by_id.setdefault(str(task["id"]), task)
        out.append((name, task))
    return out


def _is_stored(value: Any) -> bool:
    """Return whether a value is an annotation with its task in it, as a target storage has it."""
    if not isinstance(value, dict) or not isinstance(value.get("result"), list):
        return False
    return isinstance(value.get("task"), dict) and isinstance(value["task"].get("data"), dict)


def _is_min(value: Any) -> bool:
    if not isinstance(value, dict) or ("doc_id" in value and "entities" in value):
        return False
    return {"annotator", "annotation_id"} <= value.keys() or any(map(_is_regions, value.values()))


def _is_regions(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and _has_labels(x) for x in value)


def _has_labels(region: dict[str, Any]) -> bool:
    return "start" in region and any(isinstance(region.get(key), list) for key in LABEL_KEYS)


# -- what offsets count in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Content:
    """The text of a task.

    Attributes:
        text: The text that offsets of regions count in.
        starts: Where each utterance begins in it (Paragraphs).
        is_page: Whether it is what is shown of a page.
    """

    text: str
    starts: list[int] = field(default_factory=list)
    is_page: bool = False

    def place(self, value: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return start and end of a region, unchecked. Raises ValueError where they do not fit its words."""
        start, end = value.get("start"), value.get("end")
        offsets = value.get("globalOffsets")  # of HyperText: offsets into the whole text
        if isinstance(offsets, dict):
            start, end = offsets.get("start"), offsets.get("end")
        elif self.starts:
            start, end = (self._place_in_utterance(value, key) for key in ("start", "end"))
        elif isinstance(start, str):
            raise ValueError("has places in a page, without globalOffsets; save it again in a newer Label Studio")
        if self.starts or self.is_page:
            words = value.get("text")
            if not isinstance(words, str):
                raise ValueError("has no words, by which its place in the text could be checked")
            found = self.text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
            if fold_words(words) != fold_words(found):
                message = f"has the words {words[:40]!r}, and the text has {found[:40]!r} at its offsets"
                raise ValueError(f"{message}; label plain text (<Text>), or give another format")
        return start, end

    def _place_in_utterance(self, value: Mapping[str, Any], key: str) -> int:
        try:
            return self.starts[int(value[key])] + int(value[f"{key}Offset"])
        except (KeyError, TypeError, ValueError, IndexError):
            raise ValueError(f"has no place in an utterance: {key} {value.get(key)!r:.40}") from None


def find_content(data: Mapping[str, Any], regions: Iterable[Mapping[str, Any]]) -> Content | None:
    """Return the text of a task: ``text``, else utterances, else the longest string of its data; or None.

    A page is taken as it is shown where a region (``value`` of a result) has its place in the page.
    """
    text = data.get("text")
    utterances = [v for v in (text, *data.values()) if _is_utterances(v)]
    if not isinstance(text, str) and utterances:
        starts, at = [], 0
        for utterance in utterances[0]:
            starts.append(at)
            at += len(utterance["text"]) + 1
        return Content("\n".join(utterance["text"] for utterance in utterances[0]), starts)
    if not isinstance(text, str):
        text = max((v for v in data.values() if isinstance(v, str)), key=len, default=None)
    if text is None:
        return None
    is_page = "<" in text and any(isinstance(v.get("start"), str) or "globalOffsets" in v for v in regions)
    return Content(_show_page(text), is_page=True) if is_page else Content(text)


def _is_utterances(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(x, dict) and isinstance(x.get("text"), str) for x in value)
    )


class _Page(HTMLParser):
    """Collects the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("script", "style")
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def _show_page(page: str) -> str:
    parser = _Page()
    parser.feed(page)
    parser.close()
    return "".join(parser.parts)
