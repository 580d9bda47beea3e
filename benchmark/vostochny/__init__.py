"""The Vostochny benchmark: one summit, five newsrooms.

``vostochny.load()`` gives the articles with their gold, ``vostochny.score(predictions)`` scores predictions and
``vostochny.evaluate(extract)`` runs an extractor and scores it; see :mod:`vostochny.api`.
"""

from __future__ import annotations

from vostochny.system import bytecode

bytecode.protect()  # before another module is compiled

from vostochny.version import __version__  # noqa: E402

# The command imports this package before it can answer a signal, and typing is slow to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vostochny.api import evaluate as evaluate
    from vostochny.api import load as load
    from vostochny.api import score as score

__all__ = ["__version__", "evaluate", "load", "score"]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `vostochny --help` does not wait for numpy and the scorer.
    if name in ("evaluate", "load", "score"):
        from vostochny import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
