"""Where gold, predictions, metrics and statistics meet: two sets of documents in, a result out.

:func:`score` takes documents that are held; :func:`score_files` takes files of any size and number, and any number of
processes. Both give a :class:`Result`.
"""

from vostochny.scoring.in_memory import score
from vostochny.scoring.options import Options, Run
from vostochny.scoring.result import Coverage, Result, view_name
from vostochny.scoring.streaming import first_pairs, is_streamed, score_files

__all__ = ["Coverage", "Options", "Result", "Run", "first_pairs", "is_streamed", "score", "score_files", "view_name"]
