"""Clients that keep asking over raw sockets, and count to the last request what became of each."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Pair:
    """A request's body and the answer that is right."""

    body: bytes
    answer: bytes

    @property
    def request(self) -> bytes:
        """All bytes of the request."""
        head = "POST /assess HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: "
        return f"{head}{len(self.body)}\r\n\r\n".encode() + self.body


@dataclass
class Tally:
    """What became of all requests that were sent."""

    right: int = 0
    wrong: int = 0
    lost: int = 0
    unconnected: int = 0
    slowest: float = 0.0
    refused: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.right + other.right,
            self.wrong + other.wrong,
            self.lost + other.lost,
            self.unconnected + other.unconnected,
            max(self.slowest, other.slowest),
            self.refused + other.refused,
        )

    @property
    def failed(self) -> int:
        """All that did not end in the right answer."""
        return self.wrong + self.lost + self.unconnected + self.refused.total()


class Callers:
    """So many clients that ask, one request at a time each, until the block ends; `tally` is then the sum.

    A client that is told `Connection: close` connects anew, or leaves for good where `is_polite`: that is what a
    load balancer does, which sends what comes next elsewhere.
    """

    def __init__(
        self, port: int, pairs: list[Pair], *, clients: int = 16, pause: float = 0.002, is_polite: bool = False
    ) -> None:
        self._port = port
        self._pairs = pairs
        self._clients = clients
        self._pause = pause
        self._is_polite = is_polite
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(clients)
        self._under_way: list[Future[Tally]] = []
        self.tally = Tally()

    def __enter__(self) -> Self:
        """Begin."""
        self._under_way = [self._pool.submit(self._call, number) for number in range(self._clients)]
        return self

    def __exit__(self, *_: object) -> None:
        """End after the answers that are still to come."""
        self._end.set()
        self.tally = sum((each.result() for each in self._under_way), Tally())
        self._pool.shutdown()

    def all_left(self) -> bool:
        """Whether every client has been told to go."""
        return all(each.done() for each in self._under_way)

    def _call(self, number: int) -> Tally:
        tally = Tally()
        connection: socket.socket | None = None
        while not self._end.wait(self._pause):
            pair = self._pairs[number % len(self._pairs)]
            number += 1
            if connection is None:
                try:
                    connection = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                except OSError:
                    tally.unconnected += 1
                    continue
            is_last = self._ask(connection, pair, tally)
            if is_last:
                connection.close()
                connection = None
                if self._is_polite:
                    break
        if connection is not None:
            connection.close()
        return tally

    @staticmethod
    def _ask(connection: socket.socket, pair: Pair, tally: Tally) -> bool:
        """One request and its answer; whether it was the last one on this connection."""
        began = time.monotonic()
        try:
            connection.sendall(pair.request)
            status, head, body = receive(connection)
        except OSError:
            tally.lost += 1
            return True
        tally.slowest = max(tally.slowest, time.monotonic() - began)
        if status != 200:
            tally.refused[status] += 1
        elif body == pair.answer:
            tally.right += 1
        else:
            tally.wrong += 1
        return b"\r\nconnection: close" in head


def receive(connection: socket.socket) -> tuple[int, bytes, bytes]:
    """The status, head in small letters and body of one whole answer; `ConnectionError` where it is not whole."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _part(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    head = head.lower()
    length = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += _part(connection)
    return int(head.split()[1]), head, body


def _part(connection: socket.socket) -> bytes:
    part = connection.recv(262144)
    if not part:
        raise ConnectionError("the answer is not whole")
    return part
