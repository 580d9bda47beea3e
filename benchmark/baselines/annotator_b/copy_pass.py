"""Write annotator B's pass as predictions, for the ceiling row of the leaderboard.

python benchmark/baselines/annotator_b/copy_pass.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

from pathlib import Path

from vostochny.formats import jsonl
from vostochny.formats.input import Input

HERE = Path(__file__).resolve().parent
PASS = HERE.parents[2] / "annotations" / "annotators" / "b"


def main() -> None:
    """Read the Label Studio tasks of the pass and write them as predictions."""
    documents, _ = Input(PASS).read_predictions(Input().read_gold())
    jsonl.write(str(HERE / "predictions.jsonl"), list(documents.values()))


if __name__ == "__main__":
    main()
