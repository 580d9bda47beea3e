"""Run moto's S3 server, from an environment of its own (.s3), on a loopback port for the time of a test."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from scripts.files import ROOT
from tests.support.requirements import skip_or_fail

PROGRAM = ROOT / ".s3" / "bin" / "moto_server"  # make .s3/.ready creates it
START_SECONDS = 60


class S3Server:
    """A running server; a context manager. It accepts any key until ``check_keys`` is called.

    Attributes:
        port: Its port on 127.0.0.1.
    """

    def __init__(self) -> None:
        if not PROGRAM.exists():
            skip_or_fail("no moto server; run: make .s3/.ready")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def __enter__(self) -> S3Server:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [str(PROGRAM), "-H", "127.0.0.1", "-p", str(self.port)],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._request("GET", "/moto-api/")
                return self
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def put_bucket(self, bucket: str) -> None:
        """Create a bucket."""
        self._request("PUT", f"/{bucket}")

    def put(self, bucket: str, files: Mapping[str, bytes]) -> None:
        """Create a bucket with these objects."""
        self.put_bucket(bucket)
        for key, content in files.items():
            self._request("PUT", f"/{bucket}/{key}", content)

    def forbid(self, bucket: str, action: str) -> None:
        """Deny everybody an action, such as ``s3:GetObject``, on a bucket and its objects."""
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resources}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self._request("PUT", f"/{bucket}?policy", json.dumps(policy).encode())

    def check_keys(self, check: bool) -> None:
        """Let the server check the keys of requests: there are no users, so it refuses every key."""
        self._request("POST", "/moto-api/reset-auth", b"0" if check else b"inf")

    def _request(self, method: str, path: str, content: bytes | None = None) -> bytes:
        # Without a type, urllib would say that the content is a form, which moto would then parse.
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            body: bytes = answer.read()
        return body


def make_environment(port: int, folder: Path, **more: str) -> dict[str, str]:
    """Return the environment in which fsspec finds the server, or a proxy before it, at a port.

    ``folder`` stands in for the home folder, so that no configuration of the user's is read.
    """
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FSSPEC_"))}
    return {
        **mine, "HOME": str(folder), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true", **more,
    }  # fmt: skip
