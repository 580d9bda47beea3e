"""The differences between two states of the annotation in words, on small articles."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess

import pytest
import yaml

from scripts.__main__ import main
from scripts.files import ANNOTATIONS
from scripts.history import differences, revisions
from tests.support.processes import run_scripts
from vostochny.formats import label_studio, notation
from vostochny.formats.label_studio import canonicalize, dumps
from vostochny.ontology import load_ontology

ONTOLOGY = load_ontology()
TEXT = (
    "Big news\n\nAnn Lee met Bob in Paris. Ann told Bob that she won. "
    "Bob Ray, the old man, left Paris. “It was a test,” he said.\n"
)
GOOD = """
S {title}Big news
S [[Ann Lee|PER ann]] met [[Bob|PER bob]] in [[Paris|GPE paris]].
E met | Contact.Meet | actual | Participant: Ann Lee | Participant: Bob | Place: Paris | #meeting
S [[Ann|PER ann]] told [[Bob|PER bob]] that [[she|PER PRO ann]] won.
Q that she won | cue: told | source: Ann | addressee: Bob | indirect | assertion | #u1
S [[Bob Ray|PER bob]], [[the old man|PER NOM bob]], left [[Paris|GPE paris]].
E left | Movement.TransportPerson | actual | Person: Bob Ray | Origin: Paris | #leaving
S “It was a test,” [[he|PER PRO bob]] said.
Q “It was a test,” | cue: said | source: he | direct | assertion | #u2
"""


def task(source: str = GOOD) -> dict:
    return label_studio.write(notation.read(source, "010_x", TEXT, ONTOLOGY))


@pytest.fixture
def folders(tmp_path):
    """Writes a state of the one article into a folder of tasks; the folder."""

    def make(name: str, state: str | dict) -> str:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        content = task(state) if isinstance(state, str) else state
        (folder / "010_x.json").write_text(dumps(canonicalize(content)), encoding="utf-8")
        return str(folder)

    return make


def describe(folders, *edits: tuple[str, str]) -> list[str]:
    changed = GOOD
    for old, new in edits:
        assert old in changed, old
        changed = changed.replace(old, new)
    changes = differences.diff(folders("a", GOOD), folders("b", changed))
    return [f"{c.layer}: {c.description}" for c in changes]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("S {title}Big", "S Big", ["zones: removed ‹Big news› (title)"]),
        ("{title}", "{heading}", ["zones: ‹Big news› zone title → heading"]),
        (" in [[Paris|GPE paris]]", " in Paris", "Place: Paris"),
        ("[[the old man|PER NOM bob]]", "the [[old man|PER NOM bob]]",
         ["entities: boundary moved ‹the old man› → ‹old man›"]),
        ("[[the old man|PER NOM bob]]", "[[the old man|ORG NOM bob]]", ["entities: ‹the old man› type PER → ORG"]),
        ("[[the old man|PER NOM bob]]", "[[the old man|PER bob]]", ["entities: ‹the old man› level NOM → NAM"]),
        ("[[the old man|PER NOM bob]]", "the old man", ["entities: removed ‹the old man› (PER NOM, bob)"]),
        ("It was a test,” [[he", "It was a [[test|WEA NOM t]],” [[he", ["entities: added ‹test› as WEA NOM, t"]),
        ("E met | Contact.Meet | actual", "E met | Contact.Meet | other", ["events: ‹met› realis actual → other"]),
        ("E met | Contact.Meet | actual", "E met | Contact.Meet | actual | negative",
         ["events: ‹met› polarity positive → negative"]),
        ("| Origin: Paris", "| Destination: Paris", ["arguments: ‹left› role of ‹Paris› Origin → Destination"]),
        ("| Person: Bob Ray", "| Person: the old man", ["arguments: ‹left› Person ‹Bob Ray› → ‹the old man›"]),
        (" | Origin: Paris", "", ["arguments: ‹left› removed Origin ‹Paris›"]),
        ("| Origin: Paris", "| Origin: Paris | Agent: Bob Ray", ["arguments: ‹left› added Agent ‹Bob Ray›"]),
        ("Q that she won |", "Q she won |", ["quotes: content changed ‹that she won› → ‹she won›"]),
        ("cue: told | source: Ann | addressee: Bob", "source: Ann | addressee: Bob",
         ["quotes: ‹that she won› cue ‹told› → none"]),
        ("source: Ann | addressee: Bob", "source: Bob | addressee: Bob",
         ["quotes: ‹that she won› source ‹Ann› → ‹Bob›"]),
        ("source: Ann | addressee: Bob", "source: Ann", ["quotes: ‹that she won› addressee ‹Bob› → none"]),
        ("| direct |", "| unmarked |", ["quotes: ‹“It was a test,”› directness direct → unmarked"]),
        ("source: he | direct", "source: none | direct",
         ["quotes: ‹“It was a test,”› source ‹he› → none", "quotes: ‹“It was a test,”› unattributed no → yes"]),
        ("| #leaving", "| #going", ["clusters: event cluster renamed leaving → going (1 mention)"]),
        ("PER ann", "PER ann_lee", "renamed ann"),
        ("bob]]", "ann]]", "merged"),
    ],
)  # fmt: skip
def test_one_edit_is_described(folders, old, new, expected):
    if expected == "Place: Paris":
        assert describe(folders, (old, new), (" | Place: Paris", "")) == [
            "entities: removed ‹Paris› (GPE NAM, paris)",
            "arguments: ‹met› removed Place ‹Paris›",
        ]
    elif expected == "renamed ann":
        assert describe(folders, (old, new), ("PRO ann", "PRO ann_lee")) == [
            "clusters: entity cluster renamed ann → ann_lee (3 mentions)"
        ]
    elif expected == "merged":
        assert describe(folders, (old, new)) == ["clusters: entity clusters merged: bob (5 mentions) into ann"]
    else:
        assert describe(folders, (old, new)) == expected


def test_an_event_and_a_quote_come_and_go_as_one_change(folders):
    event = "E left | Movement.TransportPerson | actual | Person: Bob Ray | Origin: Paris | #leaving\n"
    quote = "Q “It was a test,” | cue: said | source: he | direct | assertion | #u2\n"
    assert describe(folders, (event, ""), (quote, "")) == [
        "events: removed ‹left› (Movement.TransportPerson, actual, leaving; Person ‹Bob Ray›, Origin ‹Paris›)",
        "quotes: removed ‹“It was a test,”› (quote said by ‹he›, cue ‹said›, direct, assertion, u2)",
    ]
    back = differences.diff(folders("b", GOOD.replace(event, "")), folders("a", GOOD))
    assert [c.kind for c in back] == ["added"] and "as Movement.TransportPerson" in back.changes[0].description


def test_a_trigger_that_moved_is_the_same_event(folders):
    assert describe(folders, ("E met |", "E met Bob |")) == ["events: boundary moved ‹met› → ‹met Bob›"]


def test_split_and_single_moves_of_clusters(folders):
    split = describe(folders, ("[[Bob Ray|PER bob]]", "[[Bob Ray|PER ray]]"), ("NOM bob", "NOM ray"))
    assert split == ["clusters: entity cluster split: bob into bob (3 mentions) and ray (2 mentions)"]
    both = describe(folders, ("PER ann]]", "PER x]]"), ("PRO ann", "PRO y"))
    assert both == ["clusters: entity cluster split: ann into x (2 mentions) and y (1 mention)"]
    assert describe(folders, ("[[she|PER PRO ann]]", "[[she|PER PRO bob]]")) == ["clusters: ‹she› cluster ann → bob"]
    three = describe(folders, ("Bob|PER bob", "Bob|PER ann"))
    assert three[0].startswith("clusters: entity: 2 mentions moved from bob to ann: 010 ‹Bob›")
    merged = describe(folders, ("PER ann", "PER both"), ("PRO ann", "PRO both"), ("PER bob", "PER both"),
                  ("NOM bob", "NOM both"), ("PRO bob", "PRO both"))  # fmt: skip
    assert merged == ["clusters: entity clusters merged: ann (3 mentions), bob (5 mentions) into both"]


def test_regions_drawn_again_are_not_removed_and_added(folders):
    """Every id is another; one mention got another type, one another boundary."""
    other = task(
        GOOD.replace("[[the old man|PER NOM", "the [[old man|PER NOM").replace("[[Bob Ray|PER", "[[Bob Ray|ORG")
    )
    for entry in other["annotations"][0]["result"]:
        for key in ("id", "from_id", "to_id"):
            if key in entry:
                entry[key] = "new" + entry[key]
    changes = differences.diff(folders("a", GOOD), folders("b", other))
    assert changes.totals == {"entities": {"type": 1, "boundary": 1}}


def test_shifted_numbers_are_no_change(folders):
    """One mention more before all others shifts every id of the notation; only it is new."""
    changes = differences.diff(folders("a", GOOD), folders("b", GOOD.replace("Big news", "[[Big news|ORG big]]")))
    assert [c.description for c in changes] == ["added ‹Big news› as ORG NAM, big"]


def test_order_of_results_is_no_change(folders):
    shuffled = copy.deepcopy(task())
    shuffled["annotations"][0]["result"].reverse()
    assert not differences.diff(folders("a", GOOD), folders("b", shuffled))


def write_yaml(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_changes_beside_the_articles(tmp_path, folders):
    """Registries, discrepancies, manifest and ontology of two annotations folders."""
    sides = []
    for name in ("a", "b"):
        folder = tmp_path / f"annotations_{name}"
        folder.mkdir()
        shutil.copy(ANNOTATIONS / "ontology.yaml", folder)
        sides.append(folder)
    a, b = sides
    shutil.copytree(folders("x", GOOD), a / "gold")
    renamed = GOOD.replace("PER bob", "PER rob").replace("PRO bob", "PRO rob").replace("NOM bob", "NOM rob")
    shutil.copytree(folders("y", renamed), b / "gold")
    people = {"ann": {"name": "Ann", "type": "PER"}, "bob": {"name": "Bob", "type": "PER"}}
    write_yaml(a / "clusters" / "entities.yaml", people | {"both": {"name": "both", "members": ["ann", "bob"]}})
    later = {"ann": {"name": "Ann Lee", "type": "PER"}, "rob": people["bob"], "new": {"name": "N"}}
    write_yaml(b / "clusters" / "entities.yaml", later | {"both": {"name": "both", "members": ["ann", "rob"]}})
    span = {"doc_id": "010_x", "start": 0, "end": 3, "text": "Big"}
    row = {"id": "d1", "relation": "variant", "reason": "r", "spans": [span]}
    write_yaml(a / "discrepancies.yaml", [row])
    write_yaml(b / "discrepancies.yaml", [row | {"relation": "framing"}, row | {"id": "d2"}])
    write_yaml(a / "documents.yaml", {"documents": {"010_x": {"review": "unreviewed"}}})
    write_yaml(b / "documents.yaml", {"documents": {"010_x": {"review": "reviewed"}}})
    ontology = (b / "ontology.yaml").read_text(encoding="utf-8")
    ontology = ontology.replace("  ORDINAL: {kind: value,", "  EPOCH: {kind: value, help: x}\n  ORDINAL: {kind: value,")
    (b / "ontology.yaml").write_text(ontology.replace("NAM: A proper name", "NAM: A name"), encoding="utf-8")
    changes = differences.diff(a, b)
    assert [f"{c.layer}: {c.description}" for c in changes] == [
        "ontology: added entities.EPOCH",
        "ontology: levels.NAM is reworded",
        "articles: review unreviewed → reviewed",
        "clusters: entity cluster renamed bob → rob (5 mentions)",
        "registry: entities: ann name Ann → Ann Lee",
        "registry: entities: added new ‹N›",
        "discrepancies: d1 relation variant → framing",
        "discrepancies: added d2 (variant): 010 ‹Big›: r",
    ]
    assert not differences.diff(a, a)


def test_a_new_article_is_one_change(folders, tmp_path):
    a = folders("a", GOOD)
    b = folders("b", GOOD)
    more = task()
    more["data"]["doc_id"] = "011_y"
    (tmp_path / "b" / "011_y.json").write_text(dumps(canonicalize(more)), encoding="utf-8")
    assert [c.description for c in differences.diff(a, b)] == ["article added: 10 entities, 2 events, 2 quotes"]
    more["data"] = {"doc_id": "010_x", "text": TEXT.replace("Big", "Bad")}
    b = folders("b", more)
    (tmp_path / "b" / "011_y.json").unlink()
    assert [c.kind for c in differences.diff(a, b)] == ["text"]


def test_forms_and_exit_codes(folders, capsys):
    a, b = folders("a", GOOD), folders("b", GOOD.replace("NOM bob", "bob"))
    assert differences.main([a, b]) == 0
    text = capsys.readouterr().out
    assert "\nentities\n  010 " in text and text.endswith("\nentities: 1 level\n")
    assert differences.main([a, b, "--exit-code", "--markdown"]) == 1
    assert "### entities\n\n- `010 " in capsys.readouterr().out
    assert differences.main([a, a, "--exit-code"]) == 0
    assert capsys.readouterr().out == f"nothing changed between {a} and {a}\n"
    assert differences.main([a, b, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows["totals"] == {"entities": {"level": 1}}
    assert [rows["changes"][0][k] for k in ("doc_id", "before", "after")] == ["010_x", "NOM", "NAM"]
    assert main(["diff", a, "no-such-thing"]) == 2
    assert "no-such-thing: is neither a folder nor a git revision" in capsys.readouterr().err


def test_a_revision_is_read_from_git(tmp_path, folders, monkeypatch):
    """In a repository of its own: committed, then changed in the working tree."""
    gold = tmp_path / "annotations" / "gold"
    shutil.copytree(folders("a", GOOD), gold)
    shutil.copy(ANNOTATIONS / "ontology.yaml", gold.parent)
    for command in ("init -q", "add annotations", "-c user.name=x -c user.email=x@y commit -q -m x"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    monkeypatch.setattr(revisions, "ROOT", tmp_path)
    monkeypatch.setattr(revisions, "ANNOTATIONS", gold.parent)
    assert not differences.diff("HEAD")
    shutil.copy(folders("b", GOOD.replace("NOM bob", "bob")) + "/010_x.json", gold)
    changes = differences.diff("HEAD")
    assert (changes.a, changes.b, changes.totals) == ("HEAD", "working tree", {"entities": {"level": 1}})
    assert revisions.is_revision("HEAD") and not revisions.is_revision("v9")


def test_the_gold_does_not_differ_from_itself():
    done = run_scripts("diff", "annotations", "--exit-code")
    assert done.returncode == 0, done.stdout


def test_an_old_manifest_is_read_as_it_was(tmp_path):
    """What would be refused today (YAML's bare yes) stands in older revisions, and a diff must reach them."""
    for name, value in (("a", True), ("b", "yes")):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(ANNOTATIONS / "ontology.yaml", folder)
        write_yaml(folder / "documents.yaml", {"documents": {"010_x": {"translated": value}}})
    changes = differences.diff(tmp_path / "a", tmp_path / "b")
    assert [c.description for c in changes] == ["translated True → yes"]
