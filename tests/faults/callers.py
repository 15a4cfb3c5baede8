"""Clients that send requests over raw sockets and count every outcome."""

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
    """A request's body and the correct response."""

    body: bytes
    answer: bytes

    @property
    def request(self) -> bytes:
        """All bytes of the request."""
        head = "POST /assess HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: "
        return f"{head}{len(self.body)}\r\n\r\n".encode() + self.body


@dataclass
class Tally:
    """The outcomes of all requests."""

    right: int = 0
    wrong: int = 0
    lost: int = 0
    unconnected: int = 0
    slowest: float = 0.0
    refused: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        """The sum of both."""
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
        """All requests without the correct response."""
        return self.wrong + self.lost + self.unconnected + self.refused.total()


class Callers:
    """Clients that each send one request after another during a block.

    Afterwards `tally` is the sum of all outcomes. After `Connection: close` a client reconnects, or stops if
    `is_polite`, like a load balancer that sends further requests elsewhere.
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
        """Start the clients."""
        self._under_way = [self._pool.submit(self._call, number) for number in range(self._clients)]
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the clients after their last responses."""
        self._end.set()
        self.tally = sum((each.result() for each in self._under_way), Tally())
        self._pool.shutdown()

    def all_left(self) -> bool:
        """Whether every client has stopped after `Connection: close`."""
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
        """Send one request; return whether the connection ends with its response."""
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
    """The status, lower-case head and body of one complete response.

    Raises `ConnectionError` if it is incomplete.
    """
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
        raise ConnectionError("the response is incomplete")
    return part
