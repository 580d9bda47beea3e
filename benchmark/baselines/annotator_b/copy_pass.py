"""Write annotator B's pass as predictions, for the ceiling row of the leaderboard.

python benchmark/baselines/annotator_b/copy_pass.py        writes predictions.jsonl beside this file
"""

from __future__ import annotations

import sys
from pathlib import Path

from vostochny.formats import jsonl
from vostochny.formats.input import Input
from vostochny.system import interruption

HERE = Path(__file__).resolve().parent
PASS = HERE.parents[2] / "annotations" / "annotators" / "b"


def main() -> int:
    """Read the Label Studio tasks of the pass and write them as predictions."""
    documents, _ = Input(PASS).read_predictions(Input().read_gold())
    jsonl.write(str(HERE / "predictions.jsonl"), list(documents.values()))
    return 0


if __name__ == "__main__":
    sys.exit(interruption.run_program(main, "copy_pass"))
