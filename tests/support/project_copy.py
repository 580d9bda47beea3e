"""A copy of the project that tests may change and run scripts in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.files import ROOT
from tests.support.processes import run_python

PARTS = ("annotations", "benchmark", "corpus", "scripts", "seeds", "pyproject.toml", ".gitignore")


class ProjectCopy:
    """A copy of the parts of the project that its scripts need (PARTS)."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(exist_ok=True)
        waste = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=waste)
            elif (ROOT / part).is_file():
                shutil.copy(ROOT / part, root / part)

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run Python in the copy, with the copy's own package; ``options`` are those of ``subprocess.run``."""
        env = os.environ | {"PYTHONPATH": str(self.root / "benchmark")}
        return run_python(*arguments, cwd=self.root, env=env, **options)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start Python as :meth:`run` does; both streams are pipes."""
        env = os.environ | {"PYTHONPATH": str(self.root / "benchmark")} | options.pop("env", {})
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen([sys.executable, *arguments], cwd=self.root, env=env, text=True, **pipes | options)

    def done(self, *arguments: str) -> str:
        """Run Python, expect exit code 0 and return what it printed."""
        found = self.run(*arguments)
        assert found.returncode == 0, f"{arguments}: {found.stdout}{found.stderr}"
        return found.stdout

    def git(self, *arguments: str) -> str:
        """Run git in the copy, with an author of its own, and return what it printed."""
        own = ["-c", "user.name=x", "-c", "user.email=x@y.z", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
        done = subprocess.run(["git", *own, *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout
