"""Run Debian's PostgreSQL in a folder of its own, on a loopback port, for the time of a test."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support.requirements import skip_or_fail

DATABASE = "label_studio"
USER = "label_studio"
OWNER = "postgres"  # PostgreSQL refuses to run as root; Debian's package creates this user


class PostgreSQL:
    """A running database server with one empty database; a context manager.

    Attributes:
        settings: What Label Studio needs to use the database, for ``Server(database=…)``.
    """

    def __init__(self) -> None:
        self._programs = find_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="vostochny-postgresql-"))
        self._password = secrets.token_urlsafe(12)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        self.settings = {
            "DJANGO_DB": "default",
            "POSTGRE_NAME": DATABASE,
            "POSTGRE_USER": USER,
            "POSTGRE_PASSWORD": self._password,
            "POSTGRE_HOST": "127.0.0.1",
            "POSTGRE_PORT": self._port,
        }

    def __enter__(self) -> PostgreSQL:
        try:
            password = self._folder / "password"
            password.write_text(self._password, encoding="utf-8")
            if os.getuid() == 0:
                for path in (self._folder, password):
                    shutil.chown(path, OWNER)
            data = self._folder / "data"
            self._run("initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8")
            options = f"-c listen_addresses=127.0.0.1 -p {self._port} -k {self._folder}"
            self._run("pg_ctl", "start", "-w", "-D", data, "-l", self._folder / "log", "-o", options)
            self._run("createdb", "-h", "127.0.0.1", "-p", self._port, "-U", USER, DATABASE)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-m", "fast", "-D", self._folder / "data")
        shutil.rmtree(self._folder, ignore_errors=True)

    def query(self, statement: str) -> str:
        """Return what psql prints for a statement, without heads and alignment."""
        place = ("-h", "127.0.0.1", "-p", self._port, "-U", USER, "-d", DATABASE)
        return self._run("psql", *place, "-A", "-t", "-c", statement).strip()

    def _run(self, program: str, *arguments: str | Path) -> str:
        """Run one of PostgreSQL's programs as a user that it accepts; return what it prints."""
        user = ["runuser", "-u", OWNER, "--"] if os.getuid() == 0 else []
        # To a file, not a pipe: the server that pg_ctl starts keeps what it inherits open.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            done = subprocess.run(
                [*user, str(self._programs / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=self._folder,
                env=os.environ | {"PGPASSWORD": self._password}, check=False,
            )  # fmt: skip
            output.seek(0)
            text = output.read()
        assert done.returncode == 0, f"{program}: {text}"
        return text


def find_programs() -> Path:
    """Return the folder of the newest PostgreSQL's programs, which Debian keeps off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not folders:
        skip_or_fail("no PostgreSQL; install Debian's package postgresql")
    return folders[-1].parent
