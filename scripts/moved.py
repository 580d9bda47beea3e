"""The former names of commands, kept for one release: each says the new name and runs it."""

import os
import sys
from pathlib import Path


def to(command: str) -> None:
    """Replace this process with ``python -m scripts COMMAND``; an empty command is the first argument."""
    root = str(Path(__file__).resolve().parents[1])
    new = ["-m", "scripts", *filter(None, [command]), *sys.argv[1:]]
    print(f"{sys.argv[0]} is now: python {' '.join(new[: 2 + bool(command)])}", file=sys.stderr)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    os.execve(sys.executable, [sys.executable, *new], os.environ | {"PYTHONPATH": path})
