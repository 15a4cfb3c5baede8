"""A flood: requests at a fixed rate, whatever the responses.

`python -m tests.faults.flood` runs in a process of its own, so that it does not slow down the test's measurements.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

from tests.faults.callers import Pair


class Flood:
    """Connections that send requests when due.

    With `rate` 0 each free connection sends at once.
    """

    def __init__(self, port: int, pair: Pair, *, rate: float, connections: int) -> None:
        self._pair = pair
        self._rate = rate
        self._selector = selectors.DefaultSelector()
        self._free: deque[socket.socket] = deque()
        self._received: dict[socket.socket, bytearray] = {}
        self._began: dict[socket.socket, float] = {}
        self._statuses: Counter[int] = Counter()
        self._seconds: list[float] = []
        self._sent = self._wrong = self._lost = 0
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port), timeout=20)
            connection.settimeout(0)
            self._selector.register(connection, selectors.EVENT_READ)
            self._received[connection] = bytearray()
            self._free.append(connection)

    def run(self, seconds: float) -> dict[str, Any]:
        """Send for `seconds`, wait for outstanding responses, and return the counts."""
        began = time.monotonic()
        request = self._pair.request
        while (now := time.monotonic()) < began + seconds:
            due = int((now - began) * self._rate) if self._rate else self._sent + len(self._free)
            for _ in range(min(due - self._sent, len(self._free))):
                connection = self._free.popleft()
                self._began[connection] = time.monotonic()
                connection.send(request)
                self._sent += 1
            self._take(0.001)
        while self._began and time.monotonic() < began + seconds + 20:
            self._take(0.1)
        answered = sorted(self._seconds)
        return {
            "sent": self._sent,
            "right": self._statuses[200] - self._wrong,
            "refused": self._statuses[503],
            "others": self._statuses.total() - self._statuses[200] - self._statuses[503],
            "wrong": self._wrong,
            "lost": self._lost + len(self._began),
            "median": answered[len(answered) // 2] if answered else 0,
        }

    def _take(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            connection: Any = key.fileobj
            try:
                part = connection.recv(262_144)
            except OSError:
                part = b""
            if not part:
                self._selector.unregister(connection)
                self._lost += self._began.pop(connection, None) is not None
                continue
            received = self._received[connection]
            received += part
            head, end, body = bytes(received).partition(b"\r\n\r\n")
            if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
                continue
            received.clear()
            if b"\r\nconnection: close" in head.lower():
                self._selector.unregister(connection)
            else:
                self._free.append(connection)
            status = int(head[9:12])
            seconds_taken = time.monotonic() - self._began.pop(connection)
            self._statuses[status] += 1
            if status == 200:
                self._seconds.append(seconds_taken)
                self._wrong += body != self._pair.answer


if __name__ == "__main__":
    port, rate, connections, seconds, body, answer = sys.argv[1:]
    pair = Pair(Path(body).read_bytes(), Path(answer).read_bytes())
    came = Flood(int(port), pair, rate=float(rate), connections=int(connections)).run(float(seconds))
    sys.stdout.write(json.dumps(came))
