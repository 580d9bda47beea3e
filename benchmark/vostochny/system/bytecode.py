"""Keep Python from storing half a compiled module where the disk has no room.

Older Pythons (3.11 among them; python/cpython#126606) store what there was room for, and take it for whole at the next
start: then no command starts any more, with a traceback that ends in "marshal data too short". This module is the
first one that the package imports, and imports only what the interpreter has loaded or what is built into it.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys

MIN_ROOM_BYTES = 16 << 20  # more than all modules of a command, compiled
_HEADER_BYTES = 16  # of a compiled module, before what marshal wrote


def protect() -> None:
    """Store no compiled modules in this process where there is little room for them, and remove those cut off so far.

    Those are of the modules that were imported before this one: they were stored before they could call this.
    """
    if _measure_room() >= MIN_ROOM_BYTES:
        return
    sys.dont_write_bytecode = True
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__cached__", None)
        if name.partition(".")[0] in ("vostochny", "scripts") and path and _is_cut_off(path):
            with contextlib.suppress(OSError):
                os.unlink(path)


def _measure_room() -> int:
    """Return how large a file beside the package's own may become, in bytes."""
    room = sys.maxsize
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        room = room if limit == resource.RLIM_INFINITY else limit
    except ImportError:  # pragma: no cover (Windows)
        pass
    try:
        state = os.statvfs(os.path.dirname(__file__))
    except (OSError, AttributeError):  # a package in an archive; Windows
        return room
    return min(room, state.f_bavail * state.f_frsize)


def _is_cut_off(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            marshal.loads(file.read()[_HEADER_BYTES:])
    except OSError:
        return False
    except (EOFError, ValueError, TypeError):
        return True
    return False
