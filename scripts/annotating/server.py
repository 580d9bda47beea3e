"""Run the real Label Studio server as a child process on a loopback port, with its data in one folder.

The server has its own virtual environment (``make .label-studio/venv``), because it pins versions of packages that the
project needs in others. A data folder contains its own log-in (``login.json``, readable by its owner only). It is
locked while a server uses it, and the lock states the server's process and address.
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from scripts.errors import CommandError
from scripts.files import ROOT, read_json
from vostochny.errors import InputError
from vostochny.system import children, interruption, outputs

STATE = ROOT / ".label-studio"
PROGRAM = STATE / "venv" / "bin" / "label-studio"
USERNAME = "annotator@example.org"
PRIVATE_UMASK = 0o077  # of the server, whose files contain log-ins
START_SECONDS = 180.0  # longest wait for a server that starts
ANSWER_SECONDS = 60  # longest wait for the next bytes of an answer
_SET_SIGNAL_AT_PARENTS_DEATH = 1  # of Linux's prctl
LOCK_SECONDS = 5.0  # longest time from locking a data folder to writing into the lock
_LOCK = "lock"


class ServerError(CommandError):
    """The server cannot run or refuses a request; where it ended by itself, the end of its log follows the reason."""


class Server:
    """A running server: ``url``, ``username``, ``password`` and ``token`` to reach it, ``pid`` to end it.

    ``data`` is the server's folder, created if needed: the first start in it takes about half a minute, later ones a
    few seconds. An interruption of the command ends the server, unless ``leave_running`` is called before; so does, on
    Linux, a kill of the command, unless the server ``outlives`` it. ``timeout`` is the longest wait for the start, in
    seconds. ``database`` names a database other than the SQLite file in that folder, by the server's own settings
    without their prefix (``DJANGO_DB``, ``POSTGRE_HOST`` …). Raises ServerError where the server is not installed, ends
    or does not answer in time, or where the folder is in use.
    """

    def __init__(
        self,
        data: Path,
        timeout: float = START_SECONDS,
        database: Mapping[str, str] | None = None,
        outlives: bool = False,
    ):
        if not PROGRAM.exists():
            raise ServerError("the Label Studio server is not installed; run: make .label-studio/venv")
        self.data, self.database = Path(os.path.realpath(data)), database or {}
        make_private_folder(self.data)
        login = _login(self.data / "login.json")
        self.username, self.password, self.token = login["username"], login["password"], login["token"]
        self.log = self.data / "server.log"
        lock = _lock(self.data)
        try:
            port = _free_port()
            self.url = f"http://127.0.0.1:{port}"
            os.truncate(lock, 0)
            opener = functools.partial(os.open, mode=0o600)
            begin = functools.partial(_begin, lock, self.url, None if outlives else ctypes.CDLL(None))
            with open(self.log, "wb", opener=opener) as log, interruption.hold_signals():
                self._process = subprocess.Popen(
                    [PROGRAM, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)],
                    env=_environment(self.data, login, self.database), cwd=self.data,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=[lock],
                    umask=PRIVATE_UMASK, preexec_fn=begin,
                )  # fmt: skip
                self.leave_running = interruption.register_clean_up(self.stop)
        finally:
            # The server inherited the lock: the folder stays locked exactly as long as the server lives, also where
            # this process is killed.
            os.close(lock)
        self.pid = self._process.pid
        try:
            self._wait(timeout)
        except BaseException:
            self.stop()
            raise

    def _wait(self, timeout: float) -> None:
        """Wait until the server answers. Raises ServerError where it ends or ``timeout`` seconds pass."""
        if wait_for_answer(self.url, lambda: self._process.poll() is None, timeout):
            return
        code = self._process.poll()
        if code is not None:
            raise ServerError(f"the server ended with code {code}{self._tail()}")
        raise ServerError(f"the server did not answer on {self.url} within {timeout:.0f} s{self._tail()}")

    def _tail(self, lines: int = 15) -> str:
        """Return the last lines of the server's log as the continuation of a message."""
        last = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join([f"; the end of {self.log}:", *last])

    def client(self) -> Any:
        """Return a ``label_studio_sdk.LabelStudio`` that is logged in to this server."""
        return connect(self.url, self.token)

    def stop(self) -> None:
        """End this server and no other process; a second call does nothing."""
        if self._process.poll() is None:
            children.end_group(self._process.pid)
            self._process.wait()
        self.leave_running()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def connect(url: str, token: str) -> Any:
    """Return a ``label_studio_sdk.LabelStudio`` for a server; a server on loopback is reached past any proxy.

    The SDK takes seconds to import, so it is imported only here.
    """
    import httpx
    import label_studio_sdk

    from scripts.annotating import answers

    is_local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    sdk: Any = label_studio_sdk  # its client is not typed
    return sdk.LabelStudio(
        base_url=url,
        api_key=token,
        max_retries=0,  # a request without an answer may have been carried out: again, it would create things twice
        httpx_client=httpx.Client(
            trust_env=not is_local,
            timeout=ANSWER_SECONDS,
            follow_redirects=True,
            event_hooks={"response": [answers.check_answer]},
        ),
    )


@contextmanager
def explain_errors() -> Iterator[None]:
    """Raise errors of the SDK and of the connection as a ServerError of one line; also usable as a decorator."""
    try:
        yield
    except (CommandError, InputError, OSError):
        raise
    except Exception as error:
        message = _explain(error)
        if message is None:
            raise
        raise ServerError(message) from error


def _explain(error: Exception) -> str | None:
    """Return one line for an error of the SDK or of the connection, None for any other error."""
    # By the package's name, so that the SDK need not be imported where nothing has used it.
    package = type(error).__module__.split(".")[0]
    if package == "label_studio_sdk":
        code, body = getattr(error, "status_code", None), getattr(error, "body", None)
        if isinstance(body, dict):
            body = body.get("validation_errors") or body.get("detail")
        if str(body).lstrip().startswith("<"):
            body = "with a page instead of data"
        hint = "; check LABEL_STUDIO_API_KEY" if code in (401, 403) else ""
        return f"the server answered {code}: {' '.join(str(body or error).split())[:300]}{hint}"
    if package in ("httpx", "httpcore"):
        reason = " ".join(str(error).split()) or type(error).__name__
        return f"the server does not answer ({reason}); check that it runs and repeat the command: nothing is lost"
    if isinstance(error, ValueError):  # among others pydantic's, where the server answered something unexpected
        return " ".join(str(error).split())
    return None


def set_new_password(data: Path, email: str, database: Mapping[str, str] | None = None) -> str:
    """Set a random password for a user of a local server, by the server's own command, and return it."""
    password, login = secrets.token_urlsafe(12), _login(data / "login.json")
    # Every user of the machine can read a process's arguments. The server's command asks for a password that it is not
    # given; in a session of its own it has no terminal to ask at, and reads standard input.
    process = children.run(
        [str(PROGRAM), "reset_password", "--username", email], input=f"{password}\n",
        env=_environment(Path(os.path.realpath(data)), login, database or {}), capture_output=True, text=True, cwd=data,
        umask=PRIVATE_UMASK,
    )  # fmt: skip
    if process.returncode:
        raise ServerError(f"no password was set: {' '.join((process.stderr or process.stdout).split())[-300:]}")
    return password


def is_healthy(url: str) -> bool:
    """Return True where a Label Studio server answers at ``url``."""
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/health", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "UP")
    except (OSError, HTTPException, ValueError, LookupError, TypeError):  # something else may have the port by now
        return False


def wait_for_answer(url: str, is_alive: Callable[[], bool], timeout: float = START_SECONDS) -> bool:
    """Return True once a server answers, False where it ends before that or ``timeout`` seconds have passed."""
    deadline = time.monotonic() + timeout
    while not is_healthy(url):
        if not is_alive() or time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def is_in_use(data: Path) -> bool:
    """Return True while a server runs on this data folder."""
    if not (data / _LOCK).exists():
        return False
    try:
        os.close(_lock(data))
    except ServerError:
        return True
    return False


def find_process(data: Path) -> tuple[int, str] | None:
    """Return process id and address of the server that runs on a data folder, also of one that is still starting.

    None where no server runs. Raises ServerError where the lock does not name the process that has it.
    """
    # A lock without content is from the moment between locking and starting.
    deadline = time.monotonic() + LOCK_SECONDS
    while is_in_use(data):
        try:
            process = read_json(data / _LOCK)
            pid, url = process["pid"], process["url"]
            if type(pid) is int and pid > 1 and isinstance(url, str):
                return pid, url
        except (InputError, LookupError, TypeError):
            pass
        if time.monotonic() > deadline:
            raise ServerError(f"{data / _LOCK} does not name the process that uses {data}; end that process")
        time.sleep(0.05)
    return None


def _begin(lock: int, url: str, system: ctypes.CDLL | None) -> None:
    """Prepare the server's process: write into the lock which one it is; with ``system``, end it with its parent.

    The process itself calls this before it executes the server: were it left to the parent, a kill of that one could
    leave a server that nobody knows.
    """
    if system is not None and hasattr(system, "prctl"):
        system.prctl(_SET_SIGNAL_AT_PARENTS_DEATH, signal.SIGTERM)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)


def make_private_folder(folder: Path) -> None:
    """Create a folder that only its owner may enter, whatever the umask; close it, and STATE around it, if need be."""
    for place in (STATE, folder) if folder.is_relative_to(STATE) else (folder,):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(place.stat().st_mode) != 0o700:
            place.chmod(0o700)


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file that only its owner may read, whole or not at all, into a folder that only they may enter."""
    make_private_folder(path.parent)
    outputs.write_file(path, json.dumps(content, indent=1), mode=0o600)


def _login(path: Path) -> dict[str, str]:
    """Return the log-in in a file, which is created with random secrets if needed."""
    # Stored, because the server takes the log-in from the environment only when it creates its database.
    if not path.exists():
        token = secrets.token_hex(20)
        write_private(path, {"username": USERNAME, "password": secrets.token_urlsafe(12), "token": token})
    return read_login(path, ("username", "password", "token"))


def read_login(path: Path, keys: Collection[str]) -> dict[str, Any]:
    """Return a file that contains a log-in, and make it readable by its owner only. Raises ServerError on damage."""
    if stat.S_IMODE(path.stat().st_mode) != 0o600:
        path.chmod(0o600)
    try:
        login = read_json(path)
    except InputError as error:
        raise ServerError(f"{error}; end the server, remove the file and start again") from None
    if not isinstance(login, dict) or not all(isinstance(login.get(key), str) for key in keys):
        raise ServerError(f"{path} is damaged: {', '.join(keys)} must be there; end the server, remove it, start again")
    return login


def _lock(data: Path) -> int:
    """Lock a data folder and return the file handle that keeps it locked. Raises ServerError where it is in use."""
    lock = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise ServerError(f"another server uses {data}; stop it, or use another folder") from None
    return lock


def _free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    # Chosen before the start, because on a busy port the server silently takes the next one, which we would not know.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(data: Path, login: dict[str, str], database: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server process: its data folder and log-in, nothing sent to anybody outside."""
    settings = {
        "BASE_DATA_DIR": str(data),
        "USERNAME": login["username"],
        "PASSWORD": login["password"],
        "USER_TOKEN": login["token"],
        "ENABLE_LEGACY_API_TOKEN": "true",
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LATEST_VERSION_CHECK": "false",
        "COLLECT_ANALYTICS": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        **database,
    }
    # Settings of the user's are for another server: LABEL_STUDIO_URL and the like would confuse this one.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LABEL_STUDIO_", "DJANGO_"))}
    return inherited | {f"LABEL_STUDIO_{key}": value for key, value in settings.items()}
