"""Create a user on the server that `start` started, or set a new password; print how to log in."""

from __future__ import annotations

import os
from collections.abc import Sequence

from scripts.annotating import projects
from scripts.annotating.server import ServerError, explain_errors, set_new_password
from vostochny.system import console
from vostochny.system.arguments import ArgumentParser


@explain_errors()
def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("email", metavar="EMAIL", help="the user's log-in")
    email = parser.parse_args(arguments).email
    if os.environ.get("LABEL_STUDIO_URL"):
        raise ServerError("users of another server are created in its browser pages: Organization, Add People")
    client, _ = projects.connect_to_server()
    if email not in {user.email for user in client.users.list()}:
        client.users.create(email=email, username=email.split("@")[0])
    console.print_line(f"{email} logs in with {set_new_password(projects.DATA, email)}")
    return 0
