"""Names with control characters are refused with their place, by the fast way of reading and by the thorough one."""

from __future__ import annotations

import json

import pytest

from tests.support.processes import run_vostochny

TEXT = "Bob met Ann. " * 9
SPAN = {"start": 0, "end": 3}
PLACES = {
    "doc_id": {},
    "entities[0].id": {"entities": [SPAN | {"type": "PER"}]},
    "entities[0].cluster": {"entities": [SPAN | {"type": "PER"}]},
    "events[0].id": {"events": [{"trigger": SPAN, "type": "Contact.Meet"}]},
    "events[0].cluster": {"events": [{"trigger": SPAN, "type": "Contact.Meet"}]},
    "quotes[0].id": {"quotes": [{"content": [SPAN]}]},
    "quotes[0].cluster": {"quotes": [{"content": [SPAN]}]},
}


def make_row(place: str, name: str) -> dict[str, object]:
    row = json.loads(json.dumps({"doc_id": "one", "text": TEXT} | PLACES[place]))
    layer, _, key = place.partition("[0].")
    if key:
        row[layer][0][key] = name
    else:
        row[place] = name
    return row


@pytest.mark.parametrize("name", ["a\x1b]0;b\x07", "a\nb", "a\x9bb", "a\u202eb", "a\u2028b"], ids=ascii)
@pytest.mark.parametrize("place", PLACES)
def test_an_unprintable_name_is_refused_everywhere(place, name, tmp_path):
    file = tmp_path / "p.jsonl"
    for ascii_only in (True, False):
        file.write_text(json.dumps(make_row(place, name), ensure_ascii=ascii_only) + "\n", encoding="utf-8")
        # A score of names alone reads no other ids than those of documents.
        metric = ("--metric", "entities.names") if place == "doc_id" else ()
        for command in (("validate",), ("score", "--resamples", "0", *metric)):
            done = run_vostochny(*command, str(file), "--gold", str(file))
            problem, *_ = done.stderr.splitlines()
            assert done.returncode == 2
            assert problem.startswith(f"{file}:1: {place}: {name!r} has characters that do not print")


def test_names_in_every_script_are_accepted(tmp_path):
    file = tmp_path / "p.jsonl"
    names = ["金正恩", "Ким", "é", "a b", "e1/§2", "👍"]
    rows = [
        {"doc_id": n, "text": TEXT, "entities": [SPAN | {"type": "PER", "id": n, "cluster": n}]} for n in names
    ]  # fmt: skip
    for ascii_only in (True, False):
        file.write_text("".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows), encoding="utf-8")
        done = run_vostochny("score", str(file), "--gold", str(file), "--resamples", "0", "--json", "-")
        assert done.returncode == 0, done.stderr
        assert '"f1": 1.0' in done.stdout
