"""Maintainers' commands on bad files: one line per problem, exit code 2, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from scripts.annotating.sync_gold import list_clusters
from scripts.store import Store
from tests.support.calls import Case, run_cases
from tests.support.effort import AT_LENGTH
from tests.support.options import list_script_arguments
from tests.support.project_copy import ProjectCopy
from vostochny.errors import InputError
from vostochny.formats import label_studio
from vostochny.model import Document

FIRST = "000_d2a22a04d9ae6505"
ALL = (
    "corpus --check", "datasheet --check", "label-config --check", "leaderboard --check",
    "agreement --check", "adjudicate check", "validate",
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    return ProjectCopy(tmp_path_factory.mktemp("bad") / "tree")


@contextmanager
def changed(path: Path, change: Callable[[str], str]) -> Iterator[None]:
    """Change a file's text within a ``with`` block; ``change`` is one of the functions below, or any other."""
    before = path.read_bytes()
    path.write_bytes(change(before.decode("utf-8")).encode("utf-8"))
    try:
        yield
    finally:
        path.write_bytes(before)


def append(words: str) -> Callable[[str], str]:
    return lambda text: text + words


def prepend(words: str) -> Callable[[str], str]:
    return lambda text: words + text


def content(words: str) -> Callable[[str], str]:
    """Replace the whole text."""
    return lambda _: words


def swap(old: str, new: str) -> Callable[[str], str]:
    """Replace the first ``old``."""
    return lambda text: text.replace(old, new, 1)


# File, what is wrong with it, the commands that read it, and what each of them says.
BAD: list[tuple[str, Callable[[str], str], tuple[str, ...], str]] = [
    ("annotations/ontology.yaml", prepend("]\n"), ALL, "annotations/ontology.yaml:1: is not YAML"),
    ("annotations/ontology.yaml", content("version: 1\n"), ALL[2:3],
     "ontology.yaml: Object missing required field `entities`"),
    ("annotations/documents.yaml", content("canary: x\n"), (ALL[0], ALL[1], ALL[6]), "yaml: documents: is not a"),
    ("annotations/documents.yaml", swap("canary:", "c:"), ALL[:1], "documents.yaml: canary: is missing"),
    ("annotations/documents.yaml", swap("date: null", "date: 2023-09-13"), (ALL[0], ALL[6]),
     f"{FIRST}.date: is 2023-09-13, which YAML reads as a date; write it in quotes"),
    ("annotations/documents.yaml", swap("    language: en\n", ""), ALL[:1], f"{FIRST}.language: is missing"),
    ("annotations/clusters/entities.yaml", append("zzz:\n"), ALL[:1], "zzz: is not a mapping of fields"),
    ("annotations/clusters/events.yaml", append("zzz: {name: z, type: Contact.Meet, date: 2023-09-13}\n"), ALL[:1],
     "events.yaml: zzz.date: is 2023-09-13; write words"),
    ("annotations/discrepancies.yaml", append("- id: zzz\n- words\n"), (*ALL[:2], "diff annotations"),
     "discrepancies.yaml: zzz.relation: is missing"),
    ("annotations/discrepancies.yaml", append("- {id: zzz, relation: variant, reason: r, spans: [x]}\n"),
     (*ALL[:1], "diff annotations"), "discrepancies.yaml: zzz.spans: is not a list of doc_id, start, end and text"),
    ("annotations/annotators/shown.json", content("{}"), (ALL[1], ALL[4]), "shown.json: places: is not a list of"),
    ("annotations/ontology.yaml", prepend("version: 1\n"), (ALL[2], ALL[6]),
     "ontology.yaml:4: version: is a repeated key, which line 1 has already"),
    ("annotations/documents.yaml", prepend("canary: x\n"), (ALL[0], ALL[1], ALL[6], "notation show 003"),
     "documents.yaml:5: canary: is a repeated key, which line 1 has already"),
    ("annotations/clusters/entities.yaml", append("zzz: {name: x}\nzzz: {name: y}\n"),
     (ALL[0], ALL[6], "diff annotations"), "zzz: is a repeated key, which line"),
    ("annotations/discrepancies.yaml", append("- {id: zzz, id: yyy}\n"), (*ALL[:2], ALL[6]),
     "id: is a repeated key"),
    ("annotations/consistency.yaml", append("zzz: x\nzzz: y\n"), (ALL[1], "validate --consistency"),
     "zzz: is a repeated key"),
    ("annotations/adjudication.jsonl", prepend('{"doc_id": 1}\n'), (ALL[1], ALL[5]), "jsonl:1: layer: is missing"),
    ("annotations/adjudication.jsonl", prepend('{"doc_id"\n'), (ALL[1], ALL[5]), "jsonl:1: column 10: is not JSON"),
    (f"annotations/annotators/a/{FIRST}.json", content("{\n"), ALL[3:6], f"annotators/a/{FIRST}.json:2: column 1"),
    ("benchmark/baselines/lookup/predictions.jsonl", prepend('{"doc_id"\n'), ALL[3:4], "predictions.jsonl:1:"),
    ("annotations/agreement.json", content("{}"), ALL[1:2], "agreement.json: is missing or empty; run python -m"),
    ("annotations/agreement.json", swap('"f1": {', '"f2": {'), ALL[:2], "json: has no tables f1 and kappa"),
    ("benchmark/leaderboard/lookup.json", content("{"), ALL[1:2], "lookup.json:1: column 2: is not JSON"),
    ("annotations/agreement.json", content('{"f1": {"x": {"f1": "1"}}, "kappa": {}}'), ALL[:2],
     "agreement.json: f1[...].f1: Expected `float | null`, got `str`; run python -m scripts build agreement"),
    ("annotations/agreement.json", content('{"f1": {}, "kappa": {}}'), ALL[1:2], "f1.names and values: is missing"),
    ("annotations/agreement.json", content('{"f1": {}, "kappa": {"x": {"kappa": 1, "items": []}}}'), ALL[:2],
     "agreement.json: kappa[...].items: Expected `float`, got `array`"),
    ("benchmark/leaderboard/lookup.json", content("[]"), ALL[1:2], "lookup.json: Expected `object`, got `array`"),
    ("benchmark/leaderboard/lookup.json", content('{"metrics": {"entities.names": 5}}'), ALL[1:2],
     "lookup.json: metrics[...]: Expected `object | null`, got `int`; run python -m scripts build leaderboard"),
    ("benchmark/coverage.json", content("{}"), ALL[1:2], "Object missing required field `scores`; run"),
    ("benchmark/coverage.json", content('{"scores": [{"of_new_articles": {"new_articles": 5}}]}'), ALL[1:2],
     "coverage.json: scores[0].of_new_articles[...]: Expected `array`, got `int`"),
    ("benchmark/coverage.json", content('{"scores": []}'), ALL[1:2], "json: scores: has no these_articles"),
    ("benchmark/speed.json", content("[]"), ALL[1:2], "speed.json: has a value of another kind"),
    ("benchmark/baselines/lookup/system.json", content("[]"), (ALL[1], ALL[3]), "lookup/system.json"),
]  # fmt: skip


def test_a_bad_file_is_named(tree: ProjectCopy) -> None:
    (tree.root / "docs").mkdir(exist_ok=True)
    for name in ("README.md", "DATASHEET.md", "docs/metrics.md", "docs/rows.md", "docs/scale.md"):
        (tree.root / name).write_text("", encoding="utf-8")
    cases = [
        Case(message, {file: change((tree.root / file).read_text(encoding="utf-8")).encode()}, commands)
        for file, change, commands, message in BAD
    ]
    for outcome in run_cases(tree.root, cases):
        assert outcome.is_clean and outcome.code == 2 and outcome.case in outcome.printed + outcome.errors, outcome


# Every command that reads tasks before it needs a server; start, pull, update and status need one first.
READ_TASKS = (
    "corpus --check", "leaderboard --check", "agreement --check", "agreement annotations/gold annotations/annotators/b",
    "adjudicate check", "adjudicate list annotations/gold annotations/annotators/b", "validate",
    "validate --consistency", "notation show 000", "notation take 000.txt", "diff annotations",
    "diff annotations/gold annotations/annotators/b", "passes c=annotations/gold", "roundtrip annotations/gold out",
    "push", "release patch --dry-run --since HEAD",
)  # fmt: skip


def test_a_task_that_is_not_an_object_is_named_by_every_command(tree: ProjectCopy) -> None:
    tree.git("init", "--quiet")
    tree.git("add", "annotations")
    tree.git("commit", "--quiet", "--message", "x")
    (tree.root / "000.txt").write_text(tree.done("-m", "scripts", "notation", "show", "000"), encoding="utf-8")
    files = [f"annotations/{folder}/{FIRST}.json" for folder in ("gold", "annotators/a")]
    for outcome in run_cases(tree.root, [Case("a list", dict.fromkeys(files, b"[]"), READ_TASKS)]):
        said = outcome.printed + outcome.errors
        assert outcome.is_clean and outcome.code == 2, outcome
        assert any(f"{file}: is not a JSON object" in said for file in files), outcome


PASS_A, PASS_B = "annotations/annotators/a", "annotations/annotators/b"
# Path that a command takes → command lines with it ({}).
PATHS = {
    ("notation", "take", "file"): ["notation take {}"],
    ("notation", "tasks", "folder"): ["notation tasks {} out"],
    ("notation", "tasks", "out"): ["notation tasks lines {}"],
    ("discrepancies", "file"): ["discrepancies take {}", "discrepancies check {}"],
    ("add-article", "file"): ["add-article {}", "add-article --id 905_x {}"],
    ("validate", "annotations"): ["validate {}", "validate --consistency {}", "validate --json {}"],
    ("agreement", "passes"): [f"agreement {{}} {PASS_B}", f"agreement {PASS_A} {{}}"],
    ("adjudicate", "list", "a"): [f"adjudicate list {{}} {PASS_B}"],
    ("adjudicate", "list", "b"): [f"adjudicate list {PASS_A} {{}}"],
    ("push", "annotations"): ["push --annotations {}"],
    ("push", "predictions"): ["push --predictions {}"],
    ("pull", "annotations"): ["pull --annotations {}"],
    ("status", "annotations"): ["status --annotations {}"],
    ("update", "annotations"): ["update --annotations {}"],
    ("update", "corpus"): ["update --corpus {}"],
    ("roundtrip", "source"): ["roundtrip {} out"],
    ("roundtrip", "target"): [f"roundtrip {PASS_A} {{}}"],
    ("roundtrip", "server_data"): [f"roundtrip {PASS_A} out --server-data {{}}"],
    **{
        (name, "without_text"): [f"{name} --without-text {{}}"]
        for name in ("build", "corpus", "label-config", "leaderboard", "datasheet")
    },
    # Not declared as paths: a revision or a folder, NAME=DIR.
    ("diff", "a"): ["diff {}"],
    ("diff", "b"): ["diff annotations {}"],
    ("passes", "passes"): ["passes c={}", f"passes c={PASS_A} d={{}}"],
}


def test_no_command_waits_for_a_path_or_reads_it_without_end(tree: ProjectCopy) -> None:
    declared = {(*command, a.dest) for command, a in list_script_arguments() if a.type is Path}
    assert declared == PATHS.keys() - {("diff", "a"), ("diff", "b"), ("passes", "passes")}
    os.mkfifo(tree.root / "pipe")
    (tree.root / "empty").mkdir()
    (tree.root / "loop").symlink_to("loop")
    (tree.root / "sparse").touch()
    os.truncate(tree.root / "sparse", 10 << 30)  # no byte of them on the disk
    (tree.root / "lines").mkdir()
    (tree.root / "lines" / "000.txt").write_text("S x\n", encoding="utf-8")
    (tree.root / "pipes").mkdir()
    os.mkfifo(tree.root / "pipes" / f"{FIRST}.json")
    os.mkfifo(tree.root / "pipes" / f"{FIRST}.txt")
    paths = [
        "pipe",
        "pipes",
        "empty",
        "loop",
        "sparse",
        "/dev/zero",
        "/dev/null",
        "/proc/self/mem",
        "missing",
        "x" * 300,
    ]
    lines = [line for lines in PATHS.values() for line in lines]
    cases = [Case(path, {}, tuple(line.format(path) for line in lines)) for path in paths]
    if not AT_LENGTH:  # each command with one path, each path with several commands
        cases = [
            Case(path, {}, case.commands[i :: len(paths)])
            for i, (path, case) in enumerate(zip(paths, cases, strict=True))
        ]
    outcomes = run_cases(tree.root, cases)
    assert [o for o in outcomes if not o.is_clean] == []
    print(len(outcomes), "commands with bad paths")
    read = [o for o in outcomes if o.code == 0 and o.case not in ("empty", "missing") and "without" not in o.command]
    assert [(o.command, o.printed) for o in read] == []


def test_every_problem_of_a_manifest_is_named(tree: ProjectCopy) -> None:
    with changed(
        tree.root / "annotations/documents.yaml", lambda text: text.replace("    url: null\n", "    url: 5\n")
    ):
        done = tree.run("-m", "scripts", "corpus", "--check")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 5)


def test_a_result_that_is_not_json_is_out_of_date(tree: ProjectCopy) -> None:
    with changed(tree.root / "benchmark/leaderboard/lookup.json", content("{")):
        done = tree.run("-m", "scripts", "leaderboard", "--check")
    hint = "benchmark/leaderboard/lookup.json: not current; run python -m scripts build leaderboard\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, hint, "")


def test_generated_files_with_other_line_ends_are_out_of_date(tree: ProjectCopy) -> None:
    """Generated files are compared byte for byte, because their hashes are published."""
    with changed(tree.root / "corpus/documents/test.jsonl", lambda text: text.replace("\n", "\r\n")):
        assert tree.run("-m", "scripts", "corpus", "--check").returncode == 1
    with changed(tree.root / "annotations/label_studio.xml", lambda text: text.replace("\n", "\r\n")):
        assert tree.run("-m", "scripts", "label-config", "--check").returncode == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("corpus --without-text seeds/{0}.txt", "which is an input; give an output outside it"),
        ("adjudicate list nowhere annotations/annotators/b", "nowhere: contains no <doc_id>.json"),
        ("adjudicate list annotations/annotators/a annotations/clusters", "clusters: contains no <doc_id>.json"),
        ("agreement annotations/annotators/a nowhere", "nowhere: contains no <doc_id>.json"),
        ("agreement --check annotations/annotators/a annotations/annotators/b", "give no folders"),
        ("notation tasks nowhere out", "nowhere: contains no <doc_id>.txt"),
        ("notation take seeds", "seeds: cannot be read: Is a directory"),
        ("passes annotations", "'annotations' is not of the form NAME=DIR"),
        ("passes ../a=annotations/annotators/a", "'../a' is not of the form NAME=DIR"),
        ("passes a=x a=y", "a name is repeated"),
    ],
)  # fmt: skip
def test_a_wrong_folder_is_named(tree: ProjectCopy, command: str, message: str) -> None:
    name, *arguments = command.format(FIRST).split()
    done = tree.run("-m", "scripts", name, *arguments)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_an_article_may_contain_any_line_break_of_unicode(tree: ProjectCopy, tmp_path: Path) -> None:
    """JSON Lines end at line feeds; U+2028 and U+0085 are characters of the text."""
    path = tmp_path / "905_x.txt"
    path.write_bytes("A title\n\nKim met\u2028Putin in Russia,\u0085and they agreed.\n".encode())
    manifest = tree.root / "annotations/documents.yaml"
    before = manifest.read_bytes()
    tree.done("-m", "scripts", "add-article", str(path))
    try:
        out = tmp_path / "bare"
        tree.done("-m", "scripts", "corpus", "--without-text", str(out))
        rows = (out / "documents/test.jsonl").read_bytes().split(b"\n")[:-1]
        assert [json.loads(row)["doc_id"] for row in rows][-1] == "905_x"
    finally:
        manifest.write_bytes(before)
        (tree.root / "seeds/905_x.txt").unlink()
        (tree.root / "annotations/gold/905_x.json").unlink()


@pytest.mark.parametrize(
    "command",
    ["--help", "validate --rules", "notation show 003", "adjudicate list annotations/annotators/a annotations/gold"],
)
def test_a_reader_may_stop_early(tree: ProjectCopy, command: str) -> None:
    read, write = os.pipe()
    os.close(read)
    name, *arguments = command.split()
    try:
        done = tree.run("-m", "scripts", name, *arguments, capture_output=False, stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_problems_name_the_revision_and_not_its_temporary_folder(tree: ProjectCopy) -> None:
    tree.git("init", "--quiet")
    ontology = tree.root / "annotations/ontology.yaml"
    with changed(ontology, prepend("]\n")):
        tree.git("add", "annotations")
        tree.git("commit", "--quiet", "--message", "x")
    done = tree.run("-m", "scripts", "diff", "HEAD")
    assert (done.returncode, done.stderr.startswith("HEAD/ontology.yaml:1: is not YAML")) == (2, True), done.stderr
    assert yaml.safe_load(ontology.read_text(encoding="utf-8"))


def test_a_link_in_a_revision_leads_nowhere(tree: ProjectCopy) -> None:
    """A revision is read from git's archive in memory, in which a link is no file."""
    link = tree.root / "annotations/gold/905_x.json"
    link.symlink_to("/etc/hostname")
    try:
        tree.git("init", "--quiet")
        tree.git("add", "annotations")
        tree.git("commit", "--quiet", "--message", "x")
    finally:
        link.unlink()
    done = tree.run("-m", "scripts", "diff", "HEAD", "annotations")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_a_broken_registry_can_be_pushed_to_be_corrected(tmp_path: Path) -> None:
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "entities.yaml").write_text("kim:\nputin: words\n2023: {name: y}\n", encoding="utf-8")
    (tmp_path / "clusters" / "events.yaml").write_text("- a list\n", encoding="utf-8")
    lists = list_clusters(Store(tmp_path), {})
    assert [row["alias"] for row in lists["entity_clusters"]] == ["kim", "putin", "2023"]
    assert lists["event_clusters"] == []


def test_every_bad_task_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "000_a.json").write_text("{", encoding="utf-8")
    task = label_studio.dumps(label_studio.write(Document("002_c", "Words.")))
    (tmp_path / "001_b.json").write_text(task, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Store(tmp_path, gold="").read_tasks()
    said = [(Path(problem.file).name, problem.field) for problem in caught.value.problems]
    assert said == [("000_a.json", "column 2"), ("001_b.json", "data.doc_id")]
