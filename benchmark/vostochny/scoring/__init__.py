"""Score predictions against gold: two sets of documents go in, a :class:`Result` comes out.

There are two ways, which compute the same counts and add them to the same total:

- :func:`score` takes documents that are in memory already (:mod:`in_memory`). It can show every mistake, and it has
  intervals of scores across documents.
- :func:`score_files` takes JSON Lines files of any size and number, in one process or many (:mod:`streaming`). Memory
  does not grow with the files.

:func:`score_systems` takes inputs as a command has them, and chooses the way (:mod:`systems`).

How a score of many files flows, each step in a module of its own:

1. **shards → parts** (:mod:`streaming`, :mod:`parts`). The user names files, folders or patterns; each file is a
   shard. Where gold and predictions have equally many shards, the n-th gold shard and the n-th prediction shard make
   one *part*, and parts are scored side by side by an engine (:mod:`executors`: this process, several processes, or a
   Dask cluster). Otherwise all shards are one part. Systems that are compared are read together.
2. **parts → chunks** (:mod:`chunks`). The shards of a part are read a few megabytes of lines at a time, and the items
   of their lines become columns (:mod:`line_items`).
3. **chunks → joined batches** (:mod:`joining`, :mod:`batches`). Gold and predictions are joined by ``doc_id`` while
   all are read; whatever has found its partners becomes a *batch*, whose columns are checked and given to the metrics.
   Only lines with something wrong become documents, so that the checked reader can say what.
4. **batches → totals** (:mod:`parts`, :mod:`totals`). The counts of each batch are added to a *total*; the totals of
   all parts are added up.
5. **total → result** (:mod:`totals`, :mod:`result`). The sum becomes measures, problems and the signature.

Two things are known only after step 4 and start it again: predictions use a type that the ontology lacks, so that the
types of the whole gold must be collected first; or gold and predictions are split or ordered so differently that their
lines must first be rewritten into common *buckets*, which then are the parts (:mod:`buckets`).

What is asked of a score, and who computes it, is in :mod:`options`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vostochny.scoring.in_memory import score
from vostochny.scoring.options import Execution, Options
from vostochny.scoring.result import Coverage, Result, view_name
from vostochny.scoring.systems import score_systems

if TYPE_CHECKING:
    from vostochny.scoring.streaming import read_first_pairs as read_first_pairs
    from vostochny.scoring.streaming import score_files as score_files

__all__ = [
    "Coverage",
    "Execution",
    "Options",
    "Result",
    "read_first_pairs",
    "score",
    "score_files",
    "score_systems",
    "view_name",
]


def __getattr__(name: str) -> Any:
    # Imported on first use, because a score of the corpus does without it.
    if name in ("read_first_pairs", "score_files"):
        from vostochny.scoring import streaming

        return getattr(streaming, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
