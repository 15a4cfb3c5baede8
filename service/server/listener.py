"""Takes in all connections that wait; the loop's own listener takes one a turn, and in a flood a turn is long.

Without it a health check on a connection of its own waits until a flood over older connections ends.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 256
"""Connections that are taken in a turn; more would keep those that are open waiting."""


class Listener:
    """Stands beside the loop's own listener on the same socket, until it is closed."""

    def __init__(
        self, sock: socket.socket, connection: Callable[[], asyncio.Protocol], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._sock = sock
        self._connection = connection
        self._loop = loop
        self._opening: set[asyncio.Task[object]] = set()
        loop.add_reader(self._sock, self._take)

    def close(self) -> None:
        """Take no more."""
        self._loop.remove_reader(self._sock)
        self._sock.close()

    def _take(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = self._sock.accept()
            except OSError:  # none is left; or no descriptor is, which the loop's own listener sees to
                return
            accepted.setblocking(False)  # noqa: FBT003 (the library's name for it is in its own signature)
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._connection, accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
