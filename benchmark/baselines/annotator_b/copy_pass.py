"""Write annotator B's pass as predictions, for the ceiling row of the leaderboard.

python benchmark/baselines/annotator_b/copy_pass.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

import json
from pathlib import Path

from vostochny.formats import jsonl, label_studio
from vostochny.ontology import load_ontology

HERE = Path(__file__).resolve().parent
PASS = HERE.parents[2] / "annotations" / "annotators" / "b"


def main() -> None:
    """Read the Label Studio tasks of the pass and write them as predictions."""
    tasks = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(PASS.glob("*.json"))]
    documents = [label_studio.read(task, load_ontology(), task["data"]["doc_id"]) for task in tasks]
    jsonl.write(str(HERE / "predictions.jsonl"), documents)


if __name__ == "__main__":
    main()
