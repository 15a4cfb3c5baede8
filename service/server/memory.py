"""The memory budget of open connections."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from service.server.refusal_kinds import CONNECTIONS

MEMORY_LIMIT: Final = 104 << 20
"""The most bytes of all connections of a process. With the process itself, a pod needs less than 256 MiB."""

MEMORY_RESERVE: Final = 16 << 20
"""Part of the limit for whole requests only. Unfinished requests cannot use it up."""

CONNECTION_LIMIT: Final = 12_000
"""The most open connections of a process. An idle one needs some 6 KiB."""

OVER_LIMIT_CONNECTIONS: Final = 1024
"""Connections above the limit, for health and metrics only. The oldest one is closed first.

They are more than are accepted between two reads, so a health check is read before its connection is closed.
"""

CONNECTION_COST: Final = 6 << 10
"""Measured bytes of one open connection, without text."""

REQUEST_COST: Final = 10 << 10
"""Measured bytes of one request in progress, without text."""

WAITING_COST: Final = 2 << 10
"""Measured bytes of one plain request that waits unparsed, without text."""

FIELD_COST: Final = 160
"""Measured bytes of one header field, without text."""

SMALL: Final = 16 << 10
"""The largest unfinished request, in bytes, that may use the reserve as well."""


class Abortable(Protocol):
    """A connection that can be ended at once."""

    def abort_as(self, label: str) -> None:
        """End the connection, counted under this label."""


class Memory:
    """The bytes held by all connections of one process.

    It also keeps the connections above the limit.
    """

    def __init__(
        self, limit: int = MEMORY_LIMIT, connections: int = CONNECTION_LIMIT, over_limit: int = OVER_LIMIT_CONNECTIONS
    ) -> None:
        self._limit = limit
        self._over_limit_max = over_limit
        self._over_limit: dict[Abortable, None] = {}
        self.connections = connections
        self.held = 0

    @property
    def is_full(self) -> bool:
        """Whether no request may start, not even a whole one."""
        return self.held > self._limit

    @property
    def is_crowded(self) -> bool:
        """Whether only the reserve is left."""
        return self.held > self._limit - MEMORY_RESERVE

    def add_over_limit(self, connection: Abortable) -> None:
        """Keep a connection above the limit.

        If there are too many such connections, the oldest one is aborted.
        """
        self._over_limit[connection] = None
        if len(self._over_limit) > self._over_limit_max:
            oldest = next(iter(self._over_limit))
            self.drop_over_limit(oldest)
            oldest.abort_as(CONNECTIONS)

    def drop_over_limit(self, connection: Abortable) -> None:
        """Forget a connection that has ended."""
        self._over_limit.pop(connection, None)


class ConnectionMemory:
    """The bytes held by one connection.

    They are those of its requests in order, of unparsed data and of unsent data.
    """

    __slots__ = ("_memory", "_requests", "_unparsed", "_unsent")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._requests: deque[int] = deque()
        self._unparsed = 0
        self._unsent = 0
        memory.held += CONNECTION_COST

    @property
    def requests(self) -> int:
        """The number of unanswered requests."""
        return len(self._requests)

    @property
    def must_release(self) -> bool:
        """Whether this connection must release the bytes that it holds."""
        memory = self._memory
        if not memory.is_crowded:
            return False
        return memory.is_full or sum(self._requests) + self._unparsed + self._unsent > SMALL

    def begin(self, size: int, fields: int) -> None:
        """Add a request with a complete head."""
        self._hold(REQUEST_COST + size + FIELD_COST * fields)

    def begin_waiting(self, size: int) -> None:
        """Add a plain request that waits unparsed.

        Its text is held twice: as received, and in parts.
        """
        self._hold(WAITING_COST + 2 * size)

    def _hold(self, cost: int) -> None:
        self._requests.append(cost)
        self._memory.held += cost

    def grow(self, size: int) -> None:
        """Add a part of the newest request's body."""
        self._requests[-1] += size
        self._memory.held += size

    def release(self, size: int) -> None:
        """Subtract a processed part of the oldest request's body."""
        if self._requests:
            self._requests[0] -= size
            self._memory.held -= size

    def end(self) -> None:
        """Subtract the oldest request once it is answered.

        A closed connection has no request left.
        """
        if self._requests:
            self._memory.held -= self._requests.popleft()

    def drop_newest(self) -> None:
        """Subtract the newest request, which will not be answered."""
        self._memory.held -= self._requests.pop()

    def set_unparsed(self, size: int) -> None:
        """Replace the bytes that belong to an incomplete line or chunk."""
        self._memory.held += size - self._unparsed
        self._unparsed = size

    def set_unsent(self, size: int) -> None:
        """Replace the bytes that the client has not taken."""
        self._memory.held += size - self._unsent
        self._unsent = size

    def close(self) -> None:
        """Subtract everything."""
        self._memory.held -= CONNECTION_COST + sum(self._requests) + self._unparsed + self._unsent
        self._requests.clear()
        self._unparsed = self._unsent = 0
