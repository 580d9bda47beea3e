"""A TCP proxy on a loopback port that breaks connections where a test wants it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Sequence
from itertools import pairwise

FAULTS = ("cut", "reset", "stall", "refuse", "503")
_SERVICE_UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PIECE_BYTES = 1 << 16


class BrokenProxy:
    """A proxy that lets ``after`` bytes of a server's answers pass, then breaks connections; a context manager.

    Attributes:
        port: Its port on 127.0.0.1.
        passed: Number of bytes of answers that have passed.
        answers: After how many of these bytes each answer began.
        broken: Number of connections that were broken.

    Args:
        server: The server's port.
        fault: What happens to a connection: ``cut`` closes it in order, ``reset`` sends RST, ``stall`` sends nothing
            more, ``refuse`` resets it and closes the listening port, as a server that dies; ``503`` answers with that
            status in place of the answer that would have begun next (until then bytes pass).
        after: Bytes of answers, over all connections, that pass before; None breaks nothing.
        lasting: Whether every connection is broken from then on; otherwise only one is.
    """

    def __init__(self, server: int, fault: str = "cut", after: int | None = None, lasting: bool = False):
        self._server, self._fault, self._after, self._lasting = server, fault, after, lasting
        self.passed, self.broken = 0, 0
        self.answers: list[int] = []
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> BrokenProxy:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        _close(self._listener)
        for each in self._sockets:
            _close(each)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            upstream = socket.create_connection(("127.0.0.1", self._server))
        except OSError:
            return _close(client)
        self._sockets += client, upstream
        asked = [True]  # whether a request came since the last bytes of an answer
        threading.Thread(target=self._forward_requests, args=(client, upstream, asked), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := upstream.recv(_PIECE_BYTES):
                with self._lock:
                    if asked[0]:
                        asked[0] = False
                        self.answers.append(self.passed)
                        is_first = True
                    else:
                        is_first = False
                    count = self._choose_passing(len(data), is_first)
                    self.passed += count
                client.sendall(data[:count])
                if count < len(data):
                    self._break(client)
                    break
            else:
                _close(client)
        if self._fault != "stall":
            _close(upstream)

    def _forward_requests(self, client: socket.socket, upstream: socket.socket, asked: list[bool]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(_PIECE_BYTES):
                asked[0] = True
                upstream.sendall(data)
        _close(upstream)

    def _choose_passing(self, size: int, is_first: bool) -> int:
        """Return how many of the next bytes pass; fewer than all breaks the connection."""
        if self._after is None or self.passed + size <= self._after or (self.broken and not self._lasting):
            return size
        if self._fault == "503" and not is_first:
            return size
        self.broken += 1
        return 0 if self._fault == "503" else max(0, self._after - self.passed)

    def _break(self, client: socket.socket) -> None:
        if self._fault == "stall":
            return
        if self._fault == "503":
            client.sendall(_SERVICE_UNAVAILABLE)
        if self._fault in ("reset", "refuse"):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.shutdown(socket.SHUT_RD)  # the other thread waits in recv, and RST is sent only once it does not
            client.close()
        if self._fault == "refuse":
            _close(self._listener)
        _close(client)


def _close(open_socket: socket.socket) -> None:
    with contextlib.suppress(OSError):
        open_socket.shutdown(socket.SHUT_RDWR)
    open_socket.close()


def choose_places(proxy: BrokenProxy, per_answer: int) -> Sequence[int]:
    """Return places to break at, from a proxy that broke nothing: around the begin of each answer, and inside it."""
    begins = [*proxy.answers, proxy.passed]
    out = {0, proxy.passed - 1}
    for begin, end in pairwise(begins):
        out |= {begin, begin + 1, *(begin + (end - begin) * i // per_answer for i in range(1, per_answer))}
    return sorted(place for place in out if 0 <= place < proxy.passed)
