"""The store: one reader of annotations on the disk, as they would be, and in a git revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts import files
from scripts.annotating.task_files import find_doc_ids
from scripts.store import (
    CONSISTENCY,
    DISCREPANCIES,
    MANIFEST,
    ONTOLOGY,
    REGISTRIES,
    Store,
    find_doc_id,
    registry_path,
)
from tests.support.small_annotations import DISCREPANCIES as RECORDS
from tests.support.small_annotations import FIRST, SECOND, AnnotationsCopy
from vostochny.errors import InputError


def problems_of(read: Any, *arguments: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(*arguments)
    return list(map(str, caught.value.problems))


# A billion of values in ten lines, each ten of the line before.
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ("a: 1\nb: 2\na: 3\n", ["x.yaml:3: a: is a repeated key, which line 1 has already; keep one"]),
        ("- {id: 1, id: 2}\n", ["x.yaml:1: id: is a repeated key, which line 1 has already; keep one"]),
        ("a:\n  b: 1\n  c:\n    d: 1\n    d: 1\n  b: 1\n", ["x.yaml:5: d:", "x.yaml:6: b:"]),
        ("1: x\n1: y\n'2': x\n2: y\n", ["x.yaml:2: 1:"]),
        ("? [a]\n: x\n", ["x.yaml:1: is not YAML: found unhashable key"]),
        ("a: [\n", ["x.yaml:2: is not YAML"]),
        ("a: 2023-13-13\n", ["x.yaml: is not YAML: month must be in 1..12"]),
        ("a: \x00\n", ["x.yaml: is not YAML"]),
        ("[" * 9999, ["x.yaml: is not YAML: maximum recursion depth"]),
        ("a: &a [*a]\n", ["x.yaml:1: is not YAML: has more than 1000000 values with its aliases"]),
        ("- \n" * 1_000_001, ["x.yaml: has more than 1000000 lines and commas"]),
        (LAUGHS, ["x.yaml:6: is not YAML: has more than 1000000 values with its aliases"]),
        ("a: !!python/object/apply:os.system [id]\n", ["x.yaml:1: is not YAML: could not determine a constructor"]),
        ('a: b\nc: "\\ud83d"\n', ["x.yaml:2: is not YAML: has half a character"]),
    ],
)
def test_yaml_that_loses_or_breaks_something_is_refused(source: str, problems: list[str]) -> None:
    said = problems_of(files.parse_yaml, "x.yaml", source.encode())
    assert len(said) == len(problems) and all(map(str.startswith, said, problems)), said


def test_equal_keys_of_different_mappings_are_no_repetition() -> None:
    source = b"base: &base {a: 1}\nother: {<<: *base, a: 2}\nlist: [*base, *base, {a: 1}]\n"
    assert files.parse_yaml("x.yaml", source)["other"] == {"a": 2}


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (ONTOLOGY, lambda store: store.ontology),
        (MANIFEST, Store.read_manifest),
        (DISCREPANCIES, Store.read_discrepancies),
        (CONSISTENCY, Store.read_reasons),
        *((registry_path(kind), Store.read_registries) for kind in REGISTRIES),
    ],
)
def test_every_yaml_file_is_read_by_the_reader_that_refuses_repeated_keys(
    path: str, read: Any, copy: AnnotationsCopy
) -> None:
    row = b"{zzz: 1, zzz: 2}"
    store = Store(copy.annotations, {path: b"- " + row if path == DISCREPANCIES else b"a: " + row}, "here")
    assert problems_of(read, store) == [f"here/{path}:1: zzz: is a repeated key, which line 1 has already; keep one"]


def test_the_folder_on_the_disk_and_in_memory_read_the_same(copy: AnnotationsCopy) -> None:
    disk = Store(copy.annotations)
    contents = {
        str(path.relative_to(copy.annotations)): path.read_bytes()
        for path in copy.annotations.rglob("*")
        if path.is_file()
    }
    memory = Store(None, contents, "rev")
    for read in (
        Store.read_documents, Store.read_gold, Store.read_tasks, Store.list_passes, Store.read_manifest,
        Store.read_registries, Store.read_discrepancies, Store.read_adjudication, Store.read_reasons,
        Store.read_guidelines, Store.read_ontology_source, Store.read_agreement, Store.read_task_files,
    ):  # fmt: skip
        assert read(disk) == read(memory), read
    assert disk.read_documents("annotators/a") == memory.read_documents("annotators/a") == disk.read_documents()
    assert disk.list_names("", "/") == memory.list_names("", "/") == ["annotators", "clusters", "gold"]
    assert problems_of(memory.read_bytes, "zzz") == ["rev/zzz: cannot be read: no such file"]


def test_a_folder_as_it_would_be(copy: AnnotationsCopy) -> None:
    store = Store(copy.annotations)
    first = store.read_bytes(store.task_path(FIRST))
    other = Store(copy.annotations, {store.task_path("002_new"): first, store.task_path(SECOND): b"[]"})
    assert other.list_tasks() == [FIRST, SECOND, "002_new"]
    said = problems_of(other.read_documents)
    assert said == [
        f"{copy.gold}/{SECOND}.json: is not a JSON object",
        f"{copy.gold}/002_new.json: data.doc_id: is '{FIRST}'; name the file {FIRST}.json",
    ]
    assert store.list_tasks() == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"null", "is not a JSON object"),
        (b'{"data": 1, "annotations": []}', "is not a task, {data: {doc_id, text}, annotations: […]}"),
        (b'{"data": {"doc_id": "000_first"}}', "is not a task, {data: {doc_id, text}, annotations: […]}"),
        (b'{"data": {"doc_id": "000_first"}, "annotations": []}', "data.text: is not a string"),
        (b'{"data": {"doc_id": "000_first", "text": "x"}, "annotations": []}', "data.text: differs from seeds/"),
        (b'{"data": {}, "annotations": []}', "data.doc_id: is not a string"),
    ],
)
def test_a_task_that_cannot_be_used_is_named(content: bytes, problem: str, copy: AnnotationsCopy) -> None:
    store = Store(copy.annotations, {f"gold/{FIRST}.json": content}, "here")
    (said,) = problems_of(store.read_gold)
    assert said.startswith(f"here/gold/{FIRST}.json: {problem}")


def test_a_bare_folder_follows_the_ontology_around_it(copy: AnnotationsCopy, tmp_path: Path) -> None:
    ontology = (copy.annotations / ONTOLOGY).read_text(encoding="utf-8").replace("  ORDINAL:", "  NEWTYPE:")
    (copy.annotations / ONTOLOGY).write_text(ontology, encoding="utf-8")
    bare = Store(copy.gold, gold="")
    assert "NEWTYPE" in bare.ontology.entity_types and bare.list_tasks() == [FIRST, SECOND]
    assert "ORDINAL" in Store(tmp_path, gold="").ontology.entity_types  # the project's
    assert problems_of(Store(tmp_path, gold="").read_documents) == [f"{tmp_path}: contains no <doc_id>.json"]
    assert problems_of(lambda: Store(tmp_path).ontology)[0].endswith(
        f"is not an annotations folder: it has no {ONTOLOGY}"
    )


def test_an_article_is_found_by_its_id_or_a_unique_beginning() -> None:
    known = ["001_a", "001_b", "002", "0021_c"]
    assert [find_doc_id(prefix, known) for prefix in ("001_a", "002", "0021")] == ["001_a", "002", "0021_c"]
    assert problems_of(find_doc_id, "001", known) == ["doc_id: '001' fits 001_a, 001_b; write more of the id"]
    assert problems_of(find_doc_id, "9", known) == [f"doc_id: unknown document '9'; expected one of {', '.join(known)}"]
    assert find_doc_ids(["002", "all"], known) == known and find_doc_ids((), known) == []


@pytest.mark.parametrize("spans", ["words", ["words"], [{"start": 1, "end": 2}], None])
def test_discrepancies_have_spans_before_anything_uses_them(spans: Any, copy: AnnotationsCopy) -> None:
    copy.write_yaml(DISCREPANCIES, [RECORDS[0], RECORDS[1] | {"spans": spans}])
    store = Store(copy.annotations, name="here")
    assert problems_of(store.read_discrepancies) == [
        f"here/discrepancies.yaml: said.spans: is not a list of doc_id, start, end and text: {spans}"
    ]
    assert len(store.read_discrepancies(required=())) == 2  # the rules say more about each


def test_what_may_be_missing_is_empty(copy: AnnotationsCopy) -> None:
    store = Store(None, {ONTOLOGY: (copy.annotations / ONTOLOGY).read_bytes()}, "rev")
    assert store.read_registries() == store.read_adjudication() == store.read_reasons() == store.read_agreement() == {}
    assert (
        store.read_discrepancies() == store.list_passes() == store.list_tasks() == [] and store.read_guidelines() == ""
    )
    assert problems_of(store.read_manifest) == ["rev/documents.yaml: cannot be read: no such file"]
