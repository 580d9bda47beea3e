"""The maintainer's commands, run as ``python -m scripts COMMAND``; not part of the installed package."""
