"""The result as one page that works from the file system: style, script and data in one file, nothing fetched.

The page is built in the browser from the data, as text nodes and never as markup, so a name that looks like a tag stays
a name. The content policy allows this very script and style and nothing else, not even a request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import Any

from vostochny.ontology import load_ontology
from vostochny.report import payload
from vostochny.scoring import Result, first_pairs

SCRIPTS = ("page", "scores", "article", "mistakes", "identity", "start")

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="
default-src 'none'; script-src {script_hash}; style-src {style_hash}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="vostochny {version}">
<title>{name} – Vostochny</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header><p class="brand">Vostochny</p><h1>{name}</h1></header>
<nav id="nav" aria-label="Views"></nav>
<p id="status" class="visually-hidden" role="status"></p>
<details id="filter-box" open><summary>Filters</summary><form id="filters" aria-label="Filters"></form></details>
<main id="main" tabindex="-1">
<noscript><p>This page is drawn by the script inside it; it fetches nothing.
Allow scripts for this file to see it.</p></noscript>
</main>
<footer><p>{explanation}</p><p><code>{signature}</code></p></footer>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def render(result: Result, name: str, agreement: Mapping[str, float] | None = None) -> str:
    """The page; the same bytes for the same arguments. ``agreement``: the annotators' mutual F1 by measure."""
    data = payload.build(result, name, agreement or {})
    script = "\n".join(["'use strict';", *(_asset(f"{part}.js") for part in SCRIPTS)])
    style = _asset("report.css")
    return _PAGE.format(
        name=_escaped(name),
        version=escape(data["version"]),
        explanation=escape(data["explanation"]),
        signature=_escaped(data["signature"]),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=embedded(data),
    )


def with_articles(result: Result, gold: str, predicted: str | Sequence[str]) -> Result:
    """The result with its first articles, read again from the files where the score did not hold them.

    Scoring against a large gold of one's own streams; a page shows no more than payload.MOST_ARTICLES of it.
    """
    if result.pairs or "-" in (gold, *([predicted] if isinstance(predicted, str) else predicted)):
        return result
    most = payload.MOST_ARTICLES
    return replace(result, pairs=first_pairs(gold, predicted, load_ontology(), result.options, most))


def embedded(data: Any) -> str:
    """JSON that cannot end the script element it stands in, nor hold what UTF-8 cannot."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _escaped(text: str) -> str:
    """Text as markup; what no UTF-8 file can hold (the undecodable bytes of a file name) becomes a question mark."""
    return escape(text.encode("utf-8", "replace").decode("utf-8"))


def _asset(name: str) -> str:
    return files("vostochny").joinpath("report", "assets", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """What the content policy calls an inline script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode('ascii')}'"
