"""A proxy before the real server that answers a request wrongly, as another program or a broken server may."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_PAGE = b"<!DOCTYPE html>\n<html><body>\n<h1>Welcome</h1>\nplease log in\n</body></html>\n"
# Name → status and body in place of those of the true answer.
BODIES: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "page": (200, lambda true: _PAGE),
    "page with 500": (500, lambda true: _PAGE),
    "500": (500, lambda true: b'{"detail": "server error"}'),
    "403": (403, lambda true: b'{"detail": "not\\nallowed"}'),
    "404": (404, lambda true: _PAGE),
    "empty": (200, lambda true: b""),
    "half": (200, lambda true: true[: len(true) // 2]),
    "no UTF-8": (200, lambda true: b'{"id": "\xff\xfe"}'),
    "deep": (200, lambda true: b"[" * 100_000),
    **{f"JSON {x}": (200, lambda true, x=x: x.encode()) for x in ("[]", "{}", "null", "5", '"x"', "[1]")},
}  # fmt: skip
# What happens to the connection instead: after half of the answer, after nothing, or for ever.
BREAKS = ("cut", "reset", "closed", "stall")
FAULTS = (*BODIES, *BREAKS)


class WrongServer:
    """Passes requests on to a server, and answers the one of a number by a fault; a context manager.

    Attributes:
        url: the proxy's address.
        fault: of FAULTS; or a function that changes the value of a JSON answer and returns it.
        number: of the request that is answered wrongly, from 1; 0 for none.
        name: part of the method and path of the only requests that are answered wrongly and counted.
        lasting: whether all later ones are as well.
        done: whether the server gets the request that is answered wrongly.
        requests: method and path of each request that came.
    """

    def __init__(self, server: str):
        place = urlsplit(server)
        self.host, self.port = place.hostname or "", place.port or 80
        self.reset()

    def reset(
        self,
        fault: str | Callable[[Any], Any] = "",
        number: int = 0,
        name: str = "",
        lasting: bool = False,
        done: bool = True,
    ) -> None:
        """Set what happens next, and count from the beginning."""
        self.fault, self.number, self.name, self.lasting, self.done = fault, number, name, lasting, done
        self.requests: list[str] = []
        self.wrong = 0

    def __enter__(self) -> WrongServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                outer.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._ended = threading.Event()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.requests.append(f"{handler.command} {urlsplit(handler.path).path}")
        count = sum(self.name in request for request in self.requests)
        is_wrong = (
            bool(self.number)
            and self.name in self.requests[-1]
            and (count == self.number or (self.lasting and count > self.number))
        )
        self.wrong += is_wrong
        status, kind, true = (200, "application/json", b"{}")
        if self.done or not is_wrong:
            status, kind, true = self._ask(handler, body)
        if not is_wrong:
            self._send(handler, status, kind, true)
        elif callable(self.fault):
            with contextlib.suppress(ValueError):
                true = json.dumps(self.fault(json.loads(true))).encode()
            self._send(handler, status, kind, true)
        elif self.fault in BODIES:
            status, make = BODIES[self.fault]
            wrong = make(true)
            self._send(handler, status, "text/html" if wrong == _PAGE else kind, wrong)
        else:
            self._break(handler, status, kind, true)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in ("host", "accept-encoding")}
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers.get("Content-Type", ""), content

    def _send(self, handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes, size: int = -1) -> None:
        with contextlib.suppress(OSError):
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(body) if size < 0 else size))
            handler.end_headers()
            handler.wfile.write(body)

    def _break(self, handler: BaseHTTPRequestHandler, status: int, kind: str, true: bytes) -> None:
        handler.close_connection = True
        if self.fault in ("cut", "stall"):
            self._send(handler, status, kind, true[: len(true) // 2], max(len(true), 1))
        if self.fault == "stall":
            self._ended.wait(600)
        if self.fault == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        time.sleep(0)
