"""The former file names of commands, kept until 3.0: each prints the new name and runs it."""

import os
import sys
from pathlib import Path


def to(command: str) -> None:
    """Print the new name and replace this process with ``python -m scripts COMMAND``.

    With an empty ``command`` the first argument of the process is the command: scripts/label_studio.py had several.
    """
    root = str(Path(__file__).resolve().parents[1])
    new = ["-m", "scripts", *filter(None, [command]), *sys.argv[1:]]
    line = f"{sys.argv[0]} is now: python {' '.join(new[:3])}"
    # Not by the package's printer: without the environment, the command that follows says what is missing.
    print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line), file=sys.stderr)
    # The former files ran from any folder; the package is found only from the root or by its path.
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    os.execve(sys.executable, [sys.executable, *new], os.environ | {"PYTHONPATH": path})
