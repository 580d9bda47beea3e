"""Programs run in a process of their own, as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from scripts.files import ROOT


def run_python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run the interpreter of the tests; ``options`` are those of ``subprocess.run`` (cwd, env, input, check …).

    Both streams are captured, as text unless the options say otherwise.
    """
    return subprocess.run([sys.executable, *arguments], **({"capture_output": True, "text": True} | options))


def run_vostochny(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run the command line of the package."""
    return run_python("-m", "vostochny", *arguments, **options)


def run_scripts(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run ``python -m scripts`` in the project's root."""
    return run_python("-m", "scripts", *arguments, **({"cwd": ROOT} | options))
