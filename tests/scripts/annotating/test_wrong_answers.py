"""A server that answers anything but what Label Studio answers: one line, exit code 2, nothing changed."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.effort import AT_LENGTH
from tests.support.small_annotations import FIRST
from tests.support.sync_site import BOTH, HERE, THERE, Setting
from tests.support.wrong_answers import FAULTS

pytestmark = pytest.mark.server
CONCLUSIONS = ("nothing was pulled", "nothing was pushed")
PUSH, PULL, STATUS = f"push --ours {BOTH}", f"pull --theirs {BOTH}", "status"
COMMANDS = [STATUS, PULL, PUSH, f"update --theirs {BOTH}"]
# Command, the request that is answered wrongly, and how: what make test tries; make test-all tries everything.
SAMPLE = [
    (STATUS, "GET /api/projects/", "page"), (STATUS, "GET /api/users/", "JSON [1]"), (PULL, "/export", "half"),
    (PULL, "GET /api/version/", "reset"), (PUSH, "GET /api/annotations/", "page with 500"),
]  # fmt: skip


def check_end(setting: Setting, done: Any, old: dict[str, bytes], where: Any) -> None:
    """Check that a command ended with one line, or one per article, and changed no file."""
    lines = done.stderr.splitlines()
    assert done.returncode in (0, 2), (where, done)
    assert "Traceback" not in done.stderr, (where, done.stderr)
    if done.returncode:
        of_articles = [line for line in lines if line.startswith(("00", *CONCLUSIONS))]
        assert len(lines) == 1 or of_articles == lines, (where, done.stderr)
        assert setting.site.read_files() == old, where


def test_a_wrong_answer_ends_a_command_with_a_line(setting: Setting) -> None:
    site, proxy = setting.site, setting.proxy
    site.restore(commands="push")
    old, there = site.read_files(), site.read_server()
    for command, name, fault in SAMPLE:
        proxy.reset(fault, 1, name)
        done = setting.run(command)
        assert (proxy.wrong, done.returncode) == (1, 2), (command, name, fault, done)
        check_end(setting, done, old, (command, name, fault))
    assert site.read_server() == there
    proxy.reset()


@pytest.mark.at_length
@pytest.mark.parametrize("command", COMMANDS)
def test_any_wrong_answer_loses_nothing(setting: Setting, command: str) -> None:
    """Each answer is replaced by each fault; then the command is repeated and ends as if nothing had happened."""
    site, proxy = setting.site, setting.proxy
    proxy.reset()
    site.restore(commands=command)
    old, edits = site.read_files(), site.list_edits()
    done = setting.run(command)
    assert done.returncode == 0, done.stderr
    expected, requests = site.read_all(), proxy.requests
    is_fresh = False
    for number, name in enumerate(requests, 1):
        for fault, is_done in itertools.product(FAULTS, (True,) if name.startswith("GET") else (True, False)):
            if fault == "stall" and number not in (1, len(requests)):  # it takes a minute
                continue
            if not is_fresh:
                site.restore(commands=command)
            where = command, name, number, fault, is_done
            proxy.reset(fault, number, done=is_done)
            done = setting.run(command)
            assert proxy.wrong == 1, where
            check_end(setting, done, old, where)
            assert edits <= site.list_annotations(), where
            is_fresh = done.returncode == 2 and all(request.startswith("GET") for request in proxy.requests)
            if done.returncode == 2 and not is_fresh:
                proxy.reset()
                done = setting.run(command)
            if done.returncode == 0:
                assert site.read_all() == expected, where
    proxy.reset()


# -- what is wrong deeper inside ---------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], Any]


def set_result(change: Callable[[list[Any]], Any]) -> Change:
    return lambda task: change(task["annotations"][0]["result"])


def set_value(**values: Any) -> Change:
    """Set keys of the value of the first region."""
    return set_result(lambda result: result[0]["value"].update(values))


def set_annotation(**values: Any) -> Change:
    return lambda task: task["annotations"][0].update(values)


def relate(**values: Any) -> Change:
    return set_result(lambda result: result.append({"type": "relation", "from_id": "e1", "to_id": "e2"} | values))


# How a task is damaged, and words of the problem that names it.
DAMAGES: list[tuple[Change, str]] = [
    (lambda task: task.update(annotations="none"), "is not a list of objects"),
    (lambda task: task.update(annotations=[1]), "is not a list of objects"),
    (lambda task: task.update(annotations=None), "is not a list of objects"),
    (set_annotation(result="x"), "is missing or not a list"),
    (set_annotation(result=[1, 2]), "is not an object"),
    (set_annotation(result=None), "is missing or not a list"),
    (set_result(lambda result: result[0].pop("value")), "has no id or no value"),
    (set_result(lambda result: result[0].update(id=["a"])), "has no id or no value"),
    (set_result(lambda result: result[0].update(id={})), "has no id or no value"),
    (set_result(lambda result: result[0].update(from_name=["entity"])), "unknown control"),
    (set_result(lambda result: result[0].update(type=[])), "has type []"),
    (set_result(lambda result: result[0].update(to_name=[])), "to_name is []"),
    (set_value(start=-3), "is out of range"),
    (set_value(start=10**30), "is out of range"),
    (set_value(start="1"), "is not a whole number"),
    (set_value(start=1.5), "is not a whole number"),
    (set_value(start=True), "is not a whole number"),
    (set_value(labels=[["PER"]]), "unknown entity label"),
    (set_value(labels={}), "give it exactly one"),
    (set_value(labels=[{"a": 1}]), "unknown entity label"),
    (relate(to_id="nothing\nthere"), "no region has the id"),
    (relate(from_id=["e1"]), "no region has the id"),
    (relate(labels=[["Time"]]), "has the labels"),
    (relate(labels=["Time"], direction=[1]), "has no meaning here"),
]  # fmt: skip


@pytest.mark.parametrize("command", ["pull", "status", "push", "update"] if AT_LENGTH else ["pull"])
def test_each_damaged_annotation_is_named(setting: Setting, command: str) -> None:
    site, proxy = setting.site, setting.proxy
    proxy.reset()
    site.restore(commands=command)
    old = site.read_files()
    doc_ids = [doc_id for doc_id in (FIRST, HERE, BOTH, THERE) if command != "push" or doc_id in (HERE, BOTH)]
    damages = DAMAGES if AT_LENGTH else DAMAGES[::6]
    for first in range(0, len(damages), len(doc_ids)):
        chosen = dict(zip(doc_ids, damages[first:], strict=False))

        def damage(value: Any, chosen: dict[str, tuple[Change, str]] = chosen) -> Any:
            for task in value if isinstance(value, list) and value and "data" in value[0] else ():
                if task["data"]["doc_id"] in chosen:
                    chosen[task["data"]["doc_id"]][0](task)
            return value

        proxy.reset(damage, 1, lasting=True)
        done = setting.run(command)
        lines = (done.stdout if command == "status" else done.stderr).splitlines()
        assert done.returncode == (0 if command == "status" else 2), done
        assert not done.stderr or command != "status"
        for doc_id, (_, words) in chosen.items():
            assert any(line.startswith(doc_id) and words in line for line in lines), (doc_id, words, lines)
        assert all(line.startswith(("00", *CONCLUSIONS)) for line in lines), lines
        assert site.read_files() == old
    proxy.reset()


@pytest.mark.at_length
def test_no_value_of_an_answer_breaks_a_command(setting: Setting) -> None:
    """Any value anywhere in any answer is replaced by one of another type."""
    site, proxy = setting.site, setting.proxy
    rng = random.Random(14)
    proxy.reset()
    site.restore(commands="push")
    old = site.read_files()
    is_fresh, ends = True, {0: 0, 2: 0}
    for turn in range(300):
        command = rng.choice([STATUS, "pull", "push", PULL, PUSH])
        if not is_fresh:
            site.restore(commands="push")
        seed = rng.random()

        def damage(value: Any, seed: float = seed) -> Any:
            return replace_somewhere(value, random.Random(seed))

        proxy.reset(damage, rng.randint(1, 7), lasting=rng.random() < 0.3)
        done = setting.run(command)
        ends[done.returncode] += 1
        if done.returncode == 0:
            old_or_new = site.read_files()
            assert old_or_new == old or "pull" in command, (turn, command)
        else:
            check_end(setting, done, old, (turn, command, seed, proxy.requests[-1]))
        is_fresh = all(request.startswith("GET") for request in proxy.requests) and done.returncode == 2
    assert min(ends.values()) > 20, ends
    proxy.reset()


JUNK = [None, True, -1, 10**25, 1.5, "", "x\ny", [], {}, [1], [None], {"id": 1}, {"a": []}, [[]], "1"]


def replace_somewhere(value: Any, rng: random.Random) -> Any:
    """Return a JSON value in which one value, at a random depth, is replaced by another or removed."""
    if not isinstance(value, (dict, list)) or not value or rng.random() < 0.12:
        return json.loads(json.dumps(rng.choice(JUNK)))
    key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if rng.random() < 0.05:
        del value[key]
    else:
        value[key] = replace_somewhere(value[key], rng)
    return value
