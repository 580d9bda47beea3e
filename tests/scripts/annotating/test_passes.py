"""Two annotators' passes through one project of the real server, separated again."""

from __future__ import annotations

import json

import pytest

from scripts.annotating.commands import passes
from scripts.store import Store
from vostochny.formats.label_studio import canonicalize


@pytest.mark.server
def test_annotations_of_two_users_are_separated(client):
    a = Store().read_tasks()
    b = json.loads(json.dumps(a))
    for task in b.values():  # the second annotator marks half as much
        result = task["annotations"][0]["result"]
        ids = {r["id"] for n, r in enumerate(r for r in result if r.get("type") == "labels") if n % 2}
        task["annotations"][0]["result"] = [
            r for r in result if r.get("id") in ids or {r.get("from_id"), r.get("to_id")} <= ids
        ]
    back = passes.send_and_separate(client, {"a": a, "b": b})
    for name, own in (("a", a), ("b", b)):
        assert [t["data"]["doc_id"] for t in back[name]] == sorted(own)
        for task in back[name]:
            expected = canonicalize(own[task["data"]["doc_id"]])["annotations"][0]["result"]
            assert task["annotations"][0]["result"] == expected
            assert task["annotations"][0]["completed_by"] == passes.email_of(name)
