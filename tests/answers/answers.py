"""Write an answer as readable text, read it back, and list where two answers differ.

An answer is a list of sections: exit code, standard output and standard error of each step, then each file written.
JSON is compared value by value: floats to 1e-12, keys in their order, indentation exactly. Everything else is compared
character by character. Large outputs are stored as a hash, computed with floats rounded to nine places.
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

MAX_FLOAT_DIFFERENCE = 1e-12
MAX_LINE_CHARACTERS = 200  # of JSON in a stored answer
MAX_DIFFERENCES_SHOWN = 5
BINARY = (".parquet", ".spacy", ".arrow")
# Ways to format JSON, by the name that is stored beside it.
STYLES: dict[str, Callable[[Any], str]] = {
    "indent 2": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    "indent 1": lambda value: json.dumps(value, ensure_ascii=False, indent=1),
    "one line": lambda value: json.dumps(value, ensure_ascii=False),
    "compact": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
}


@dataclass(frozen=True)
class Section:
    """One part of an answer: its title, how it is stored, and its content (for JSON: one value per JSON document)."""

    title: str
    kind: str
    content: Any

    def text(self) -> str:
        """Return the section as it is stored."""
        body = "\n".join(map(pretty, self.content)) if self.kind.startswith("json") else self.content
        # Every stored section ends in a line feed; the kind records whether the content had one.
        lines = [f"\\{line}" if line.startswith(("=== ", "\\")) else line for line in body.split("\n")]
        return f"=== {self.title} · {self.kind}\n" + "\n".join(lines) + "\n"


def pretty(value: Any, depth: int = 0) -> str:
    """Format JSON so that every value that fits on one line stands on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + depth <= MAX_LINE_CHARACTERS or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(k, ensure_ascii=False)}: {pretty(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}"
    return "[\n" + ",\n".join(pad + pretty(v, depth + 1) for v in value) + "\n" + " " * depth + "]"


# -- from outputs to sections ------------------------------------------------------------------------------------


def section(title: str, content: bytes, form: str = "whole") -> Section:
    """Return one output as it is stored: "whole" (JSON or text), "digest", or "there" (only that it exists)."""
    if form == "there" or title.endswith(BINARY):
        return Section(title, "content not stored", "there" if content else "empty")
    if content[:2] == b"\x1f\x8b":
        return section(f"{title}, unpacked", gzip.decompress(content), form)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return Section(title, "digest", f"sha256 {sha256(content)}")
    values = parse_json(text)
    if form == "digest":
        return Section(title, "digest", digest(text, *(values or ("text", []))))
    if values:
        return Section(title, f"json {values[0]}", values[1])
    kind = "text" if text.endswith("\n") or not text else "text without end of line"
    return Section(title, kind, show_control_characters(text.removesuffix("\n")))


def parse_json(text: str) -> tuple[str, list[Any]] | None:
    """Parse JSON or JSON Lines; return its style and values, or None for other text or an unknown style."""
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


def show_control_characters(text: str) -> str:
    """Write control characters out, so that they show in a diff."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]", lambda m: f"‹U+{ord(m.group()):04X}›", text)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest(text: str, style: str, values: list[Any]) -> str:
    """Return the hash of a large output: of JSON by its values, of a report its data and its page, of rows by kind."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    if data:
        page = text.replace(data.group(1), "")
        return f"page sha256 {sha256(page.encode())}\ndata sha256 {hash_of_values([json.loads(data.group(1))])}"
    if not values:
        return f"sha256 {sha256(text.encode())}, {len(text)} characters, {text.count(chr(10))} lines"
    out = [f"json {style}, sha256 {hash_of_values(values)}, {len(values)} values, {text.count(chr(10))} lines"]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        keys = [" ".join(str(v[k]) for k in ("doc_id", "layer", "verdict") if k in v) for v in values]
        for key, count in sorted(Counter(keys).items()):
            mine = [v for v, k in zip(values, keys, strict=True) if k == key]
            out.append(f"{key}: {count}, sha256 {hash_of_values(mine)[:16]}")
    return "\n".join(out)


def hash_of_values(values: list[Any]) -> str:
    """Return the hash of JSON values in their order, floats rounded to nine places because a hash has no tolerance."""
    return sha256("\n".join(json.dumps(round_floats(value), ensure_ascii=False) for value in values).encode())


def round_floats(value: Any) -> Any:
    """Return a JSON value with its floats rounded to nine places."""
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {k: round_floats(v) for k, v in value.items()}
    return [round_floats(v) for v in value] if isinstance(value, list) else value


# -- to the file and back ----------------------------------------------------------------------------------------------


def as_text(sections: list[Section]) -> str:
    return "".join(s.text() for s in sections)


def from_text(text: str) -> list[Section]:
    """Read sections as :func:`as_text` writes them."""
    out = []
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        title, _, kind = head.rpartition(" · ")
        body = "\n".join(line.removeprefix("\\") for line in body.removesuffix("\n").split("\n"))
        out.append(Section(title, kind, values_of(body) if kind.startswith("json") else body))
    return out


def values_of(body: str) -> list[Any]:
    """Parse JSON values that stand one after another, a line feed between two."""
    decoder, at, out = json.JSONDecoder(), 0, []
    while at < len(body):
        value, at = decoder.raw_decode(body, at)
        out.append(value)
        at += 1  # the line feed between two
    return out


# -- differences ------------------------------------------------------------------------------------------------------


def differences(stored: list[Section], now: list[Section]) -> list[str]:
    """List where an answer differs from the stored one, one line per place; empty if it does not."""
    then, there = {s.title: s for s in stored}, {s.title: s for s in now}
    out = [f"{title}: is no longer there" for title in then if title not in there]
    out += [f"{title}: is new" for title in there if title not in then]
    if not out and list(then) != list(there):
        out.append(f"the order of sections: {', '.join(then)} was; {', '.join(there)} is")
    for title in (t for t in then if t in there):
        out += [f"{title}: {place}" for place in _section(then[title], there[title])]
    return out


def summary(places: list[str]) -> str:
    """Return the first differences and how many more there are."""
    more = [f"… and {len(places) - MAX_DIFFERENCES_SHOWN} more"] if len(places) > MAX_DIFFERENCES_SHOWN else []
    return "\n".join([*places[:MAX_DIFFERENCES_SHOWN], *more])


def _section(then: Section, now: Section) -> Iterator[str]:
    if then.kind != now.kind:
        yield f"was stored as {then.kind}, is {now.kind}"
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
    """List where two JSON values differ; floats are equal within MAX_FLOAT_DIFFERENCE."""
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
        if not abs(then - now) <= MAX_FLOAT_DIFFERENCE:
            yield f"{path}: was {then!r}, is {now!r}"
    elif then != now:
        yield f"{path}: was {_short(then)}, is {_short(now)}"


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 200 else f"{shown[:200]}…"
