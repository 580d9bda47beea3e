"""The real Label Studio server as a child process, on a loopback port, with its state in one folder.

The server has its own virtual environment, because it pins what the project must not share: ``make
.label-studio/venv``. A data folder carries its own log-in (``login.json``, readable by its owner alone) and
is locked while a server uses it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from scripts.files import ROOT

STATE = ROOT / ".label-studio"
PROGRAM = STATE / "venv" / "bin" / "label-studio"
USERNAME = "annotator@example.org"


class ServerError(RuntimeError):
    """The server cannot run; the first line says why, and the tail of its log follows where there is one."""


class Server:
    """A running server: ``url``, ``username``, ``password`` and ``token`` to reach it, ``pid`` to end it.

    ``data`` is the server's folder, made where missing: the first start in it takes about half a minute,
    later ones a few seconds. ``timeout`` bounds the start, in seconds. Raises ServerError.
    """

    def __init__(self, data: Path, timeout: float = 180):
        if not PROGRAM.exists():
            raise ServerError("the Label Studio server is not installed; run: make .label-studio/venv")
        self.data = data.resolve()
        self.data.mkdir(parents=True, exist_ok=True)
        login = _login(self.data / "login.json")
        self.username, self.password, self.token = login["username"], login["password"], login["token"]
        self.log = self.data / "server.log"
        lock = _lock(self.data)
        try:
            port = _free_port()
            self.url = f"http://127.0.0.1:{port}"
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    [PROGRAM, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)],
                    env=_environment(self.data, login), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    cwd=self.data, start_new_session=True, pass_fds=[lock],
                )  # fmt: skip
        finally:
            os.close(lock)  # the server holds its own copy: the folder is locked exactly as long as it lives
        self.pid = self._process.pid
        try:
            self._wait(timeout)
        except BaseException:
            self.stop()
            raise

    def _wait(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not healthy(self.url):
            if self._process.poll() is not None:
                raise ServerError(f"the server ended with code {self._process.returncode}{self._tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"the server did not answer on {self.url} within {timeout:.0f} s{self._tail()}")
            time.sleep(0.1)

    def _tail(self, lines: int = 15) -> str:
        last = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join([f"; the end of {self.log}:", *last])

    def client(self) -> Any:
        """A ``label_studio_sdk.LabelStudio`` logged in here."""
        return client(self.url, self.token)

    def stop(self) -> None:
        """End this server and nothing else; a second call does nothing."""
        if self._process.poll() is None:
            end_group(self.pid, lambda: self._process.poll() is not None)
            self._process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def client(url: str, token: str) -> Any:
    """A ``label_studio_sdk.LabelStudio`` for a server; for one on loopback past any proxy.

    The SDK takes seconds to import: nothing else imports it.
    """
    import httpx
    from label_studio_sdk import LabelStudio

    own = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    return LabelStudio(
        base_url=url,
        api_key=token,
        httpx_client=httpx.Client(trust_env=not own, timeout=120, follow_redirects=True),
    )


def said_by(error: Exception) -> str | None:
    """One line for an error of the SDK or of the connection; None for any other."""
    family = type(error).__module__.split(".")[0]
    if family == "label_studio_sdk":
        code, body = getattr(error, "status_code", None), getattr(error, "body", None)
        if isinstance(body, dict):
            body = body.get("validation_errors") or body.get("detail")
        hint = "; check LABEL_STUDIO_API_KEY" if code in (401, 403) else ""
        return f"the server answered {code}: {' '.join(str(body or error).split())[:300]}{hint}"
    if family in ("httpx", "httpcore"):
        why = " ".join(str(error).split()) or type(error).__name__
        return f"the server does not answer ({why}); see that it runs and do it again: nothing is lost"
    return None


def new_password(data: Path, email: str) -> str:
    """Give a user of our own server a new password, with the server's own command."""
    password, login = secrets.token_urlsafe(12), _login(data / "login.json")
    done = subprocess.run(
        [PROGRAM, "reset_password", "--username", email, "--password", password],
        env=_environment(data.resolve(), login), stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=data,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise ServerError(f"no password was set: {' '.join((done.stderr or done.stdout).split())[-300:]}")
    return password


def healthy(url: str) -> bool:
    """True where a Label Studio server answers at ``url``."""
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/health", timeout=5) as answer:
            return json.load(answer).get("status") == "UP"
    except (URLError, OSError, ValueError):
        return False


def in_use(data: Path) -> bool:
    """True while a server runs on this data folder."""
    if not (data / "lock").exists():
        return False
    try:
        os.close(_lock(data))
    except ServerError:
        return True
    return False


def end_group(pid: int, ended: Any, patience: float = 10) -> None:
    """Ask the process group of ``pid`` to end; kill it where ``ended()`` says no for ``patience`` seconds."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if ended():
                return
            time.sleep(0.05)


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only its owner may read, in one step."""
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
    os.replace(new, path)


def _login(path: Path) -> dict[str, str]:
    # The server takes its log-in from the environment only while it creates its database: it must last.
    if not path.exists():
        token = secrets.token_hex(20)
        write_private(path, {"username": USERNAME, "password": secrets.token_urlsafe(12), "token": token})
    return json.loads(path.read_text(encoding="utf-8"))


def _lock(data: Path) -> int:
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise ServerError(f"another server uses {data}; stop it, or give another folder") from None
    return lock


def _free_port() -> int:
    # Chosen before the start, because on a busy port the server silently takes the next one.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(data: Path, login: dict[str, str]) -> dict[str, str]:
    ours = {
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
    }
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LABEL_STUDIO_", "DJANGO_"))}
    return inherited | {f"LABEL_STUDIO_{key}": value for key, value in ours.items()}
