"""Write annotator B's pass as predictions, for the ceiling row of the leaderboard.

python benchmark/baselines/annotator_b/copy_pass.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

from pathlib import Path

from vostochny import corpus
from vostochny.formats import jsonl, registry
from vostochny.ontology import load_ontology

HERE = Path(__file__).resolve().parent
PASS = HERE.parents[2] / "annotations" / "annotators" / "b"


def main() -> None:
    """Read the Label Studio tasks of the pass and write them as predictions."""
    ontology = load_ontology()
    gold = jsonl.read_gold(str(corpus.documents_path()), ontology)
    documents, _ = registry.read_predictions(str(PASS), gold, ontology)
    jsonl.write(str(HERE / "predictions.jsonl"), list(documents.values()))


if __name__ == "__main__":
    main()
