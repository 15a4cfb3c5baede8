"""Latency at a steady rate, independent of earlier responses.

A load generator that waits for responses before it sends more (like `wrk`) omits exactly the requests that would have
waited; here each one is timed from the moment at which it is due. It never sleeps, because it has its own core and
the operating system's timers are coarser than the responses.
"""

from __future__ import annotations

import random
import selectors
import socket
import statistics
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_CONNECTIONS = 64
_SEED = 20
_PATIENCE_SECONDS = 5
_HEAD = b"POST /assess HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    due: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    whole: int = 0

    def take(self) -> bool:
        """Whether the response is complete."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise RuntimeError("the server closed a connection")
        self.received += part
        if not self.whole and (end := self.received.find(b"\r\n\r\n")) > 0:
            head = bytes(self.received[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError("a response was not a success")
            length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            self.whole = end + 4 + int(length)
        if not self.whole or len(self.received) < self.whole:
            return False
        self.received.clear()
        self.whole = 0
        return True


def latencies(port: int, bodies: Sequence[bytes], per_second: float, seconds: float) -> list[float]:
    """The seconds of each response at `per_second` random, repeatable arrivals."""
    chance = random.Random(_SEED)  # noqa: S311 (arrivals, no secrets)
    requests = [_HEAD % (len(body), body) for body in bodies]
    selector = selectors.DefaultSelector()
    idle: deque[_Connection] = deque()
    for _ in range(_CONNECTIONS):
        connection = _Connection(socket.create_connection(("127.0.0.1", port)))
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        idle.append(connection)
    begun = due = time.perf_counter() + 0.05
    took: list[float] = []
    sent = 0
    while True:
        now = time.perf_counter()
        while due <= now and due < begun + seconds and idle:
            connection = idle.popleft()
            connection.due = due
            connection.socket.sendall(requests[sent % len(requests)])
            sent += 1
            due += chance.expovariate(per_second)
        for key, _ in selector.select(0):
            if key.data.take():
                took.append(time.perf_counter() - key.data.due)
                idle.append(key.data)
        if due >= begun + seconds and len(took) == sent:
            break
        if now > begun + seconds + _PATIENCE_SECONDS:
            raise RuntimeError("answers are missing")
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    selector.close()
    return took


def p99(took: Sequence[float]) -> float:
    """The 99th percentile of the response times."""
    return statistics.quantiles(took, n=100)[98]
