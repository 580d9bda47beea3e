"""The maintainer's commands, run as ``python -m scripts COMMAND``; not part of the installed package."""

import contextlib

with contextlib.suppress(ModuleNotFoundError):  # scripts.__main__ says what is missing
    import vostochny  # noqa: F401  (first, since it sees to it that a full disk leaves no half compiled module)
