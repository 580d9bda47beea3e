"""Stop the server that `start` started; what was edited there stays for the next start."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.annotating import projects
from scripts.annotating.server import is_in_use
from vostochny.system import children, console
from vostochny.system.arguments import ArgumentParser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.parse_args(arguments)
    # A process id alone proves nothing: the system gives the number of a dead process to another one. The lock on the
    # data folder, which read_local_server looks at, shows that the process is still our server.
    server = projects.read_local_server()
    if server is None:
        console.print_line("no server is running")
    else:
        children.end_group(server["pid"], lambda: not is_in_use(projects.DATA))
        console.print_line("stopped")
    return 0
