"""For each rule of entities: a change that breaks it and no other rule."""

from __future__ import annotations

from tests.support.annotated import (
    FIRST,
    SECOND,
    Change,
    Result,
    at,
    labelled,
    noted,
    place,
    region,
    stored,
    without,
)


def level_of_a_value(result: Result) -> None:
    value = labelled(result, "CARDINAL")
    result.append(region(value["id"], "level", place(value), choices=["NOM"]))


def crossing(result: Result) -> None:
    words = at("pad, and Kim", FIRST)
    result.append(region("x", "entity", words, labels=["FAC"]))
    result.append(region("x", "level", words, choices=["NOM"]))
    result.append(region("x", "cluster", words, text=["launch_pad"]))


BREAKS: dict[str, Change] = {
    "EN1": stored(FIRST, level_of_a_value),
    "EN2": stored(FIRST, without("level")),
    "EN3": noted(FIRST, ("his|PER PRO kim_jong_un", "his|PER PRO")),
    "EN4": noted(SECOND, ("they|PER PRO", "they|PER PRO demonym")),
    "EN5": noted(FIRST, ("[[Sep 15|DATE]]", "[[Sep [[15|CARDINAL]]|DATE]]")),
    "EN6": noted(FIRST, ("[[Vostochny cosmodrome|", "[[Vostochny [[cosmodrome|FAC NOM vostochny]]|")),
    "EN7": noted(FIRST, ("[[Sep 15|DATE]]", "[[[[Sep 15|DATE]]|DATE]]")),
    "EN8": stored(FIRST, crossing),
    "EN9": noted(FIRST, ("[[Kim|PER kim_jong_un]]’s", "[[Kim’s|PER kim_jong_un]]")),
    "EN10": noted(SECOND, ("“[[Angara|VEH angara]]”", "[[“Angara”|VEH angara]]")),
    "EN11": noted(FIRST, ("President [[Vladimir", "[[President Vladimir"), (": Vladimir", ": President Vladimir")),
    "EN12": noted(FIRST, ("satellite|VEH NOM", "satellite|VEH")),
    "EN13": noted(SECOND, ("leader|PER NOM vladimir_putin]] of [[Russia|GPE russia]]",
                           "leader of [[Russia|GPE russia]]|PER NOM vladimir_putin]]")),
    "EN14": noted(FIRST, ("[[Kim|PER kim_jong_un]]’s [[country", "[[[[Kim|PER kim_jong_un]]’s country"),
                  ("Agent: country", "Agent: Kim’s country")),
    "EN15": noted(FIRST, ("on [[Friday|DATE]]", "[[on Friday|DATE]]"), ("Time: Friday", "Time: on Friday")),
    "EN16": noted(SECOND, ("twice", "[[twice|CARDINAL]]")),
}  # fmt: skip
