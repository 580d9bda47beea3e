"""A gold of one's own, with labels of its own: read, streamed, and from another project's server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.processes import run_vostochny
from tests.support.two_articles import ONTOLOGY, make_gold
from vostochny import scoring
from vostochny.errors import InputError
from vostochny.formats import jsonl
from vostochny.formats.input import Input
from vostochny.model import Document
from vostochny.stats import scores


def score(*arguments: str, code: int = 0) -> dict[str, Any]:
    done = run_vostochny("score", *arguments, "--json", "-", "--resamples", "0")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}


def test_a_gold_with_labels_of_its_own(sample_files, tmp_path):
    result = score(str(sample_files["tasks-of-others"]), "--gold", str(sample_files["tasks-of-others"]))
    assert result["metrics"]["entities.names"]["value"] == 1
    assert set(result["metrics"]["entities.names"]["by"]["type"]) == {"Person", "Place"}
    # Against it anything that reads as predictions can be scored; a label it lacks is a mistake that is named.
    rows = [{"doc_id": d.doc_id, "entities": [{"text": "Kim", "type": "Persn"}]} for d in make_gold()]
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    wrong = score(str(path), "--gold", str(sample_files["tasks-of-others"]), code=2)
    assert "unknown entity type 'Persn'; did you mean 'Person'?" in wrong["stderr"]
    path.write_text(path.read_text().replace("Persn", "Person"))
    assert score(str(path), "--gold", str(sample_files["tasks-of-others"]))["metrics"]["entities.names"]["right"] == 2


def test_a_large_gold_with_labels_of_its_own_is_streamed(tmp_path, set_batch_size):
    """Types of the whole gold are known in every batch, wherever they stand first."""
    one = replace(make_gold()[0], events=(), quotes=())

    def typed(i: int, half: int) -> Document:
        return replace(one, doc_id=f"d{i}", entities=(replace(one.entities[0], type=f"Own{half}"),))

    documents = [typed(i, i // 30) for i in range(60)]
    swapped = [typed(i, 1 - i // 30) for i in range(60)]
    files_ = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    jsonl.write(str(files_[0]), documents, with_text=True)
    jsonl.write(str(files_[1]), swapped)
    set_batch_size(3000)
    result = scoring.score_files(str(files_[0]), str(files_[1]), ONTOLOGY, scoring.Options(resamples=0))
    s = scores.score(result.measures["entities.all"].counts[0])
    assert (s.right, s.gold, s.predicted) == (0, 60, 60)
    assert scores.score(result.measures["entities.unlabelled"].counts[0]).f1 == 1
    for unknown, predicted in (("ignore", 60), ("wrong", 60)):
        options = scoring.Options(resamples=0, unknown=unknown)
        result = scoring.score_files(str(files_[0]), str(files_[1]), ONTOLOGY, options)
        assert scores.score(result.measures["entities.all"].counts[0]).predicted == predicted
    files_[1].write_text(files_[1].read_text().replace("Own1", "Own2"))
    with pytest.raises(InputError, match="unknown entity type 'Own2'"):
        scoring.score_files(str(files_[0]), str(files_[1]), ONTOLOGY, scoring.Options(resamples=0))


THEIRS = """<View><Text name="article" value="$body"/><Labels name="ner" toName="article">
<Label value="Persona"/><Label value="Lugar"/></Labels>
<Choices name="tone" toName="article"><Choice value="calm"/></Choices></View>"""


@pytest.mark.server
def test_another_project_s_export_from_the_real_server_is_a_gold(make_project, client, tmp_path):
    number = make_project(THEIRS)
    tasks = []
    for d in make_gold():
        result = [
            {"id": f"r{i}", "from_name": "ner", "to_name": "article", "type": "labels",
             "value": {"start": e.span.start, "end": e.span.end, "text": e.span.of(d.text),
                       "labels": ["Persona" if e.type == "PER" else "Lugar"]}}
            for i, e in enumerate(d.entities)
        ]  # fmt: skip
        tone = {"id": "t", "from_name": "tone", "to_name": "article", "type": "choices", "value": {"choices": ["calm"]}}
        data = {"body": d.text, "filename": f"{d.doc_id}.txt"}
        tasks.append({"data": data, "annotations": [{"result": [*result, tone]}]})
    client.projects.import_tasks(id=number, request=tasks)
    exported = client.projects.exports.as_json(number)
    path = tmp_path / "export.json"
    path.write_text(json.dumps(exported, default=str), encoding="utf-8")
    gold = Input(path).read_gold()
    assert {d.doc_id for d in gold.documents} == {"one.txt", "two.txt"}
    assert {"Persona", "Lugar"} <= set(gold.ontology.mentions)
    assert "left out: 2 choices results of Label Studio" in gold.notes
    # Their own extractor, in its own format, is scored against it; the texts say which document is which.
    docs = [{"text": d.text, "ents": [{"start": 0, "end": 3, "label": "Persona"}]} for d in make_gold()]
    predicted = tmp_path / "out.json"
    predicted.write_text(json.dumps(docs), encoding="utf-8")
    result = score(str(predicted), "--gold", str(path))
    assert result["metrics"]["entities.names"]["gold"] == 7
    assert (result["metrics"]["entities.names"]["right"], result["metrics"]["entities.names"]["predicted"]) == (1, 2)
