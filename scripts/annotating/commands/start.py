"""Start Label Studio with the gold in it; print its address and log-in.

A server that runs already is used as it is. Edits made there that were not pulled yet stay.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from scripts import exchange
from scripts.annotating import projects, sync
from scripts.annotating.commands.push import push_gold
from scripts.annotating.server import Server, ServerError, explain_errors, is_in_use, wait_for_answer
from vostochny.system import console, interruption
from vostochny.system.arguments import ArgumentParser


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    login = projects.read_local_server()
    server = None
    if login is None:
        server = Server(projects.DATA, outlives=True)
        login = {key: getattr(server, key) for key in ("url", "username", "password")}
    # One that was left behind by a killed `start` may still be starting.
    elif not wait_for_answer(login["url"], lambda: is_in_use(projects.DATA)):
        raise ServerError(f"the server at {login['url']} runs but does not answer; stop it and start again")
    try:
        push_gold(anyway=True)
    except (sync.Refused, exchange.FolderLocked) as error:
        # The server runs all the same, with the tasks that it had.
        console.print_error(error)
    finally:
        if server is not None and not interruption.was_interrupted():
            server.leave_running()
    console.print_line(f"{login['url']}  log in as {login['username']} with {login['password']}")
    return 0
