"""Fill the marks of Markdown files with generated values; all other words stay as their author wrote them.

In a document a mark is ``<!-- generated:NAME -->…<!-- /generated -->``, in a line or around whole lines: the value goes
between its two parts, which stay. In a template, whose result is another file, ``<!-- generated:NAME -->`` alone is
replaced by the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.files import display_path, raise_problems, read_text
from vostochny.errors import Problem, suggest_name

_BEGIN = "<!-- generated:"
_IN_TEMPLATE = re.compile(_BEGIN + r"(\S+) -->")
# A mark that begins inside another one ends the search, so that a missing end is a problem where it is missing.
_IN_DOCUMENT = re.compile(_BEGIN + rf"(\S+) -->((?!{_BEGIN}).)*?<!-- /generated -->", re.S)
_PART = re.compile(r"<!-- /?generated.*? -->")


def fill_documents(paths: Iterable[Path], values: Mapping[str, str]) -> dict[Path, str]:
    """Return the text of documents with the values between their marks. Raises InputError as :func:`_fill`."""
    return _fill(paths, values, _IN_DOCUMENT)


def fill_template(path: Path, values: Mapping[str, str]) -> str:
    """Return the text of a template with values in place of its marks. Raises InputError as :func:`_fill`."""
    return _fill([path], values, _IN_TEMPLATE)[path]


def _fill(paths: Iterable[Path], values: Mapping[str, str], pattern: re.Pattern[str]) -> dict[Path, str]:
    """Return the text of each file with its marks filled.

    Raises InputError with every mark that has no value or lacks a part, and every value that has no mark in any file.
    """
    texts = {path: read_text(path) for path in paths}
    unused = dict.fromkeys(values)
    problems, filled = [], {}
    for path, text in texts.items():
        for match in _PART.finditer(pattern.sub(_blank, text)):
            missing = "its end" if match[0].startswith(_BEGIN) else "a beginning"
            problems.append(Problem(display_path(path), _find_line(match), match[0], f"is a mark without {missing}"))
        for match in pattern.finditer(text):
            unused.pop(match[1], None)
            if match[1] not in values:
                message = f"is not a value that is generated; {suggest_name(match[1], values)}"
                problems.append(Problem(display_path(path), _find_line(match), match[1], message))
        if not problems:
            filled[path] = pattern.sub(lambda match: _replace(match, values[match[1]], pattern), text)
    files = ", ".join(map(display_path, texts))
    problems += [Problem(files, None, name, "is generated, but no mark shows it") for name in unused]
    raise_problems(problems)
    return filled


def _replace(match: re.Match[str], value: str, pattern: re.Pattern[str]) -> str:
    if pattern is _IN_TEMPLATE:
        return value
    # Markdown needs an empty line around a table.
    around = "\n\n" if "\n" in value else ""
    return f"{_BEGIN}{match[1]} -->{around}{value}{around}<!-- /generated -->"


def _find_line(match: re.Match[str]) -> int:
    return match.string.count("\n", 0, match.start()) + 1


def _blank(match: re.Match[str]) -> str:
    """Return blanks for a match, which keep all positions and lines behind it."""
    return re.sub(r"[^\n]", " ", match[0])
