"""The error of a command that cannot do its work."""


class CommandError(ValueError):
    """A command cannot be carried out; the message states why and what to do.

    ``python -m scripts`` prints the message and exits with 2. Files with problems raise
    :class:`vostochny.errors.InputError` instead, which lists every problem.
    """
