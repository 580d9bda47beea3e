"""Render a result as one HTML page that works from the file system: style, scripts and data in one file.

The scripts build the page in the browser from the data. They insert every name and text as a text node, never as
markup, so a name that looks like a tag stays a name. The content security policy allows exactly this script and this
style, by their hashes, and no request to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import Any

from vostochny.formats.input import Input
from vostochny.ontology import load_ontology
from vostochny.report import payload
from vostochny.scoring import Result, read_first_pairs

# The files of assets/, in the order in which they are joined: page.js defines what the others use, start.js runs last.
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
<noscript><p>This page needs the script that it contains, which loads nothing from elsewhere.
Allow scripts for this file to see the report.</p></noscript>
</main>
<footer><p>{explanation}</p><p><code>{signature}</code></p></footer>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def render(result: Result, name: str, agreement: Mapping[str, float] | None = None) -> str:
    """Return the page; the same arguments give the same bytes.

    Args:
        result: the scores, with the documents whose mistakes are shown.
        name: the system's name, the title of the page.
        agreement: the annotators' mutual F1 by measure, drawn beside the scores; None for a gold without.
    """
    data = payload.build(result, name, agreement or {})
    script = "\n".join(["'use strict';", *(_read_asset(f"{part}.js") for part in SCRIPTS)])
    style = _read_asset("report.css")
    return _PAGE.format(
        name=_escape(name),
        version=escape(str(data["version"])),
        explanation=escape(str(data["explanation"])),
        signature=_escape(result.signature),
        style=style,
        style_hash=_policy_hash(style),
        script=script,
        script_hash=_policy_hash(script),
        data=embed_json(data),
    )


def read_first_articles(result: Result, gold: Input, predicted: Input) -> Result:
    """Return the result with its first articles, read again from the inputs if scoring did not keep them.

    A large gold is scored as a stream, without keeping its documents; the page shows payload.MAX_ARTICLES of them.
    """
    if result.pairs:
        return result
    pairs = read_first_pairs(result, gold, predicted, load_ontology(), payload.MAX_ARTICLES)
    return replace(result, pairs=pairs)


def embed_json(data: Any) -> str:
    """Return JSON for a script element: no character in it can end the element, and all of it is ASCII."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _escape(text: str) -> str:
    """Escape text for HTML; what UTF-8 cannot hold (undecodable bytes of a file name) becomes a question mark."""
    return escape(text.encode("utf-8", "replace").decode("utf-8"))


def _read_asset(name: str) -> str:
    return files("vostochny").joinpath("report", "assets", name).read_text(encoding="utf-8")


def _policy_hash(content: str) -> str:
    """Return the source expression that allows this inline script or style in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode('utf-8')).digest()).decode('ascii')}'"
