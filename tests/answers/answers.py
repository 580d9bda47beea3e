"""An answer as readable text, and where two of them differ.

An answer is a list of sections: exit code, standard output, standard error of each step, then each file written. JSON
is compared value by value, floats to 1e-12, keys in their order, the way it is set exactly; everything else is
compared character by character. What is large is held by its hash, in which floats have nine places.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

NEAR = 1e-12
WIDTH = 200  # of a line of JSON in a stored answer
SHOWN = 5  # differences that are told
BINARY = (".parquet", ".spacy", ".arrow")
# How JSON may be set, by a name that is stored beside it.
STYLES: dict[str, Callable[[Any], str]] = {
    "indent 2": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    "indent 1": lambda value: json.dumps(value, ensure_ascii=False, indent=1),
    "one line": lambda value: json.dumps(value, ensure_ascii=False),
    "compact": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
}


@dataclass(frozen=True)
class Section:
    """A part of an answer: what it is, how it is held, and its content (for JSON: one value a document)."""

    title: str
    kind: str
    content: Any

    def text(self) -> str:
        """The section as it is stored."""
        body = "\n".join(map(pretty, self.content)) if self.kind.startswith("json") else self.content
        # Every stored section ends in a line feed; a content without one is told apart by its kind.
        lines = [f"\\{line}" if line.startswith(("=== ", "\\")) else line for line in body.split("\n")]
        return f"=== {self.title} · {self.kind}\n" + "\n".join(lines) + "\n"


def pretty(value: Any, depth: int = 0) -> str:
    """JSON with everything on one line that fits there."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + depth <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(k, ensure_ascii=False)}: {pretty(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}"
    return "[\n" + ",\n".join(pad + pretty(v, depth + 1) for v in value) + "\n" + " " * depth + "]"


# -- from what was said to sections ------------------------------------------------------------------------------------


def section(title: str, content: bytes, held: str = "whole") -> Section:
    """One output as it is held: whole (as JSON or as text), as a digest, or only that it is there."""
    if held == "there" or title.endswith(BINARY):
        return Section(title, "not held", "there" if content else "empty")
    if content[:2] == b"\x1f\x8b":
        return section(f"{title}, unpacked", gzip.decompress(content), held)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return Section(title, "digest", f"sha256 {sha(content)}")
    values = parsed(text)
    if held == "digest":
        return Section(title, "digest", digested(text, *(values or ("text", []))))
    if values:
        return Section(title, f"json {values[0]}", values[1])
    kind = "text" if text.endswith("\n") or not text else "text without end of line"
    return Section(title, kind, visible(text.removesuffix("\n")))


def parsed(text: str) -> tuple[str, list[Any]] | None:
    """JSON or JSON Lines, and how it is set; None for what is neither, or is set in no known way."""
    if text[:1] not in ("{", "["):
        return None
    for style, dumps in STYLES.items():
        for end in ("\n", ""):
            wanted = f"{style}{'' if end else ', no end of line'}"
            try:
                whole = json.loads(text)
                if dumps(whole) + end == text:
                    return wanted, [whole]
            except ValueError:
                pass
    for style in ("one line", "compact"):
        try:
            values = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
        except ValueError:
            return None
        if "".join(STYLES[style](value) + "\n" for value in values) == text:
            return f"lines, {style}", values
    return None


def visible(text: str) -> str:
    """The text with its control characters written out, so that they show in a diff."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]", lambda m: f"‹U+{ord(m.group()):04X}›", text)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digested(text: str, style: str, values: list[Any]) -> str:
    """The hash of a large output: of JSON by its values, of a report the data apart from the page, of lines by kind."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    if data:
        page = text.replace(data.group(1), "")
        return f"page sha256 {sha(page.encode())}\ndata sha256 {of_values([json.loads(data.group(1))])}"
    if not values:
        return f"sha256 {sha(text.encode())}, {len(text)} characters, {text.count(chr(10))} lines"
    out = [f"json {style}, sha256 {of_values(values)}, {len(values)} values, {text.count(chr(10))} lines"]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        keys = [" ".join(str(v[k]) for k in ("doc_id", "layer", "verdict") if k in v) for v in values]
        for key, count in sorted(Counter(keys).items()):
            mine = [v for v, k in zip(values, keys, strict=True) if k == key]
            out.append(f"{key}: {count}, sha256 {of_values(mine)[:16]}")
    return "\n".join(out)


def of_values(values: list[Any]) -> str:
    """The hash of JSON values in their order, their floats to nine places: a hash has no tolerance."""
    return sha("\n".join(json.dumps(rounded(value), ensure_ascii=False) for value in values).encode())


def rounded(value: Any) -> Any:
    """A value with its floats to nine places."""
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


# -- to the file and back ----------------------------------------------------------------------------------------------


def as_text(sections: list[Section]) -> str:
    return "".join(s.text() for s in sections)


def from_text(text: str) -> list[Section]:
    """What :func:`as_text` wrote."""
    out = []
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        title, _, kind = head.rpartition(" · ")
        body = "\n".join(line.removeprefix("\\") for line in body.removesuffix("\n").split("\n"))
        out.append(Section(title, kind, values_of(body) if kind.startswith("json") else body))
    return out


def values_of(body: str) -> list[Any]:
    """The JSON values that stand one after another."""
    decoder, at, out = json.JSONDecoder(), 0, []
    while at < len(body):
        value, at = decoder.raw_decode(body, at)
        out.append(value)
        at += 1  # the line feed between two
    return out


# -- what differs ------------------------------------------------------------------------------------------------------


def differences(stored: list[Section], now: list[Section]) -> list[str]:
    """Where an answer is not the stored one, a line a place; empty where it is."""
    then, there = {s.title: s for s in stored}, {s.title: s for s in now}
    out = [f"{title}: is no longer there" for title in then if title not in there]
    out += [f"{title}: is new" for title in there if title not in then]
    if not out and list(then) != list(there):
        out.append(f"the order of sections: {', '.join(then)} was; {', '.join(there)} is")
    for title in (t for t in then if t in there):
        out += [f"{title}: {place}" for place in _section(then[title], there[title])]
    return out


def told(places: list[str]) -> str:
    """The first differences, and how many more there are."""
    more = [f"… and {len(places) - SHOWN} more"] if len(places) > SHOWN else []
    return "\n".join([*places[:SHOWN], *more])


def _section(then: Section, now: Section) -> Iterator[str]:
    if then.kind != now.kind:
        yield f"was held as {then.kind}, is {now.kind}"
    elif then.kind.startswith("json"):
        if len(then.content) != len(now.content):
            yield f"had {len(then.content)} lines, has {len(now.content)}"
        for number, pair in enumerate(zip(then.content, now.content, strict=False), 1):
            yield from _values(f"line {number} $" if len(then.content) > 1 else "$", *pair)
    elif then.content != now.content:
        yield from _lines(then.content, now.content)


def _lines(then: str, now: str) -> Iterator[str]:
    old, new = then.split("\n"), now.split("\n")
    if len(old) != len(new):
        yield f"had {len(old)} lines, has {len(new)}"
    for number, (a, b) in enumerate(zip(old, new, strict=False), 1):
        if a != b:
            yield f"line {number}:\n  was {a}\n  is  {b}"


def _values(path: str, then: Any, now: Any) -> Iterator[str]:
    """Where two JSON values differ; numbers of one kind are equal when they are near."""
    if type(then) is not type(now):
        yield f"{path}: was {_short(then)}, is {_short(now)}"
    elif isinstance(then, dict):
        if list(then) != list(now):
            yield f"{path}: had the keys {', '.join(then)}; has {', '.join(now)}"
        for key in (k for k in then if k in now):
            yield from _values(f"{path}.{key}", then[key], now[key])
    elif isinstance(then, list):
        if len(then) != len(now):
            yield f"{path}: had {len(then)} items, has {len(now)}"
        for i, pair in enumerate(zip(then, now, strict=False)):
            yield from _values(f"{path}[{i}]", *pair)
    elif isinstance(then, float):
        if not abs(then - now) <= NEAR:
            yield f"{path}: was {then!r}, is {now!r}"
    elif then != now:
        yield f"{path}: was {_short(then)}, is {_short(now)}"


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 200 else f"{shown[:200]}…"
