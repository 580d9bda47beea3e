"""For each rule of entities: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotation_changes import (
    Change,
    Result,
    change_notes,
    change_results,
    find_labelled,
    get_words,
    make_result,
    remove_attribute,
)
from tests.support.small_annotations import FIRST, SECOND, locate


def add_level_to_value(result: Result) -> None:
    value = find_labelled(result, "CARDINAL")
    result.append(make_result(value["id"], "level", get_words(value), choices=["NOM"]))


def add_crossing_mention(result: Result) -> None:
    words = locate("pad, and Kim", FIRST)
    result.append(make_result("x", "entity", words, labels=["FAC"]))
    result.append(make_result("x", "level", words, choices=["NOM"]))
    result.append(make_result("x", "cluster", words, text=["launch_pad"]))


BREAKS: dict[str, Change] = {
    "EN1": change_results(FIRST, add_level_to_value),
    "EN2": change_results(FIRST, remove_attribute("level")),
    "EN3": change_notes(FIRST, ("his|PER PRO kim_jong_un", "his|PER PRO")),
    "EN4": change_notes(SECOND, ("they|PER PRO", "they|PER PRO demonym")),
    "EN5": change_notes(FIRST, ("[[Sep 15|DATE]]", "[[Sep [[15|CARDINAL]]|DATE]]")),
    "EN6": change_notes(FIRST, ("[[Vostochny cosmodrome|", "[[Vostochny [[cosmodrome|FAC NOM vostochny]]|")),
    "EN7": change_notes(FIRST, ("[[Sep 15|DATE]]", "[[[[Sep 15|DATE]]|DATE]]")),
    "EN8": change_results(FIRST, add_crossing_mention),
    "EN9": change_notes(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|PER kim_jong_un]]")),
    "EN10": change_notes(SECOND, ("“[[Angara|VEH angara]]”", "[[“Angara”|VEH angara]]")),
    "EN11": change_notes(FIRST, ("President [[Vladimir", "[[President Vladimir"),
                         (": Vladimir", ": President Vladimir")),
    "EN12": change_notes(FIRST, ("satellite|VEH NOM", "satellite|VEH")),
    "EN13": change_notes(SECOND, ("leader|PER NOM vladimir_putin]] of [[Russia|GPE russia]]",
                                   "leader of [[Russia|GPE russia]]|PER NOM vladimir_putin]]")),
    "EN14": change_notes(FIRST, ("[[Kim|PER kim_jong_un]]’s [[country", "[[[[Kim|PER kim_jong_un]]’s country"),
                         ("Agent: country", "Agent: Kim’s country")),
    "EN15": change_notes(FIRST, ("on [[Friday|DATE]]", "[[on Friday|DATE]]"), ("Time: Friday", "Time: on Friday")),
    "EN16": change_notes(SECOND, ("twice", "[[twice|CARDINAL]]")),
}  # fmt: skip
