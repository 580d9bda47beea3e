"""Tables, lists and text in Markdown; and that no other file writes a table by hand."""

from __future__ import annotations

import re

from scripts.files import ROOT
from vostochny.report.markdown_writer import escape_html, escape_text, format_list, format_table


def test_a_table_has_a_rule_that_aligns_its_columns() -> None:
    assert format_table(["a", "", "c"], [["x", 1, None], ["", "", ""]]).splitlines() == [
        "| a | | c |",
        "| --- | ---: | ---: |",
        "| x | 1 | None |",
        "|  |  |  |",
    ]
    assert format_table(["a", "b"], [], right=(0,)) == "| a | b |\n| ---: | --- |"


def test_a_cell_cannot_end_its_cell_or_row() -> None:
    assert format_table(["a"], [["x | y\n  z"], ["already \\| escaped"]]).splitlines()[2:] == [
        "| x \\| y z |",
        "| already \\| escaped |",
    ]


def test_plain_text_is_shown_as_it_is() -> None:
    assert escape_text("a_b *c* <d> [e] `f` \\") == "a\\_b \\*c\\* \\<d\\> \\[e\\] \\`f\\` \\\\"
    assert escape_html("*a* <b> & c") == "*a* &lt;b&gt; &amp; c"
    assert format_list(["a", "b"]) == "- a\n- b"


def test_no_other_file_writes_a_table_by_hand() -> None:
    files = [p for folder in ("benchmark/vostochny", "scripts") for p in (ROOT / folder).rglob("*.py")]
    by_hand = [p.name for p in files if re.search(r"\| :?---|[\"']\| \{", p.read_text(encoding="utf-8"))]
    assert by_hand == []


def test_somebodys_text_has_links_to_web_pages_only_and_no_images():
    kept = ("[a](https://x.org/b_c?d=1)", "[a](http://x.org)", "`[a](javascript:x)`", "**a** _b_", "\\[a\\]")
    for text in kept:
        assert escape_html(text) == text
    escaped = {
        "[a](javascript:x)": "\\[a\\](javascript:x)",
        "![a](https://x.org/a.png)": "!\\[a\\](https://x.org/a.png)",
        "[![a](https://x.org/a.png)](https://x.org)": "\\[!\\[a\\](https://x.org/a.png)\\](https://x.org)",
        "[a](data:text/html,x)": "\\[a\\](data:text/html,x)",
        "[a](//x.org)": "\\[a\\](//x.org)",
        "[a][b]": "\\[a\\]\\[b\\]",
        "`[a](javascript:x)``": "`\\[a\\](javascript:x)``",
        "\\\\[a](javascript:x)": "\\\\\\[a\\](javascript:x)",
        "<javascript:x>": "&lt;javascript:x&gt;",
    }
    for text, expected in escaped.items():
        assert escape_html(text) == expected
