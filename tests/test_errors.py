"""Problems of an input: of very many the first are kept, and the others counted."""

from __future__ import annotations

import pickle

import pytest

from vostochny import errors
from vostochny.errors import InputError, Names, Problem, Problems, suggest_name
from vostochny.formats.reader import Reading, Record
from vostochny.ontology import load_ontology


def make_problems(number: int) -> list[Problem]:
    return [Problem("p.jsonl", n, None, "is wrong") for n in range(number)]


def test_problems_beyond_the_first_are_counted() -> None:
    problems = Problems(make_problems(errors.MAX_PROBLEMS - 1))
    assert (len(problems), problems.more, problems.is_full) == (999, 0, False)
    problems += make_problems(3)
    problems.append(make_problems(1)[0])
    assert (len(problems), problems.more, problems.is_full) == (1000, 3, True)
    both = Problems(make_problems(1))
    both += problems
    assert (len(both), both.more) == (1000, 4)


def test_an_error_says_how_many_more_problems_there_are_also_when_pickled() -> None:
    error = InputError(make_problems(1234))
    for one in (error, pickle.loads(pickle.dumps(error)), InputError(pickle.loads(pickle.dumps(error.problems)))):
        assert (len(one.problems), one.more) == (1000, 234)
        assert str(one).split("\n")[-1] == "… and 234 more"
    assert str(InputError(make_problems(1000))).split("\n")[-1] == "… and 997 more of this kind"


def test_a_problem_does_not_keep_what_is_never_printed() -> None:
    problem = Problem("p.jsonl", 1, "k" * 10_000_000, "m" * 10_000_000)
    assert len(problem.message) == len(problem.field or "") == errors.MAX_MESSAGE_CHARACTERS + 1
    assert str(problem).endswith(" …")


def test_a_reading_collects_no_more_problems_than_are_printed() -> None:
    row = {"doc_id": "one", "entities": [0] * 5000, "quotes": [{"content": []}] * 10}
    reading = Reading(load_ontology(), {})
    with pytest.raises(InputError) as caught:
        reading.read_predictions([Record("p.jsonl", 1, row)])
    # The document, each entity, and each quote's content.
    assert len(caught.value.problems) + caught.value.more == 1 + 5000 + 10


@pytest.mark.parametrize("number", [5, 500])
def test_names_are_suggested_alike_from_a_list_and_from_an_index(number: int) -> None:
    known = [f"document-{n:04}" for n in range(number)][::-1]
    for name in ("document-0003x", "nothing like it", "x" * 100_000):
        assert suggest_name(name, known) == suggest_name(name, Names(known))
    assert suggest_name("document-0003x", known) == "did you mean 'document-0003'?"
    assert Names(known).list_longer("document-000", 3) == ["document-0000", "document-0001", "document-0002"]


def test_notes_list_only_so_many_kinds_of_what_was_left_out() -> None:
    reading = Reading(load_ontology())
    reading.left_out.update({f"attributes A{n} of brat": 2 for n in range(5000)})
    assert len(reading.notes) == 101
    assert reading.notes[-1] == "left out: 9800 of 4900 other kinds"
