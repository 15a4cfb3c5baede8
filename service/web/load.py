"""How many requests are in hand, and which are refused because there are too many.

A request counts from the moment that all of it has come until it is answered: one that is still arriving costs
nothing yet, and neither does an idle connection. uvicorn's own limit counts both. A stream of lines is answered while
it comes, so it counts while there are lines of it to answer, and not while it waits for more. An array has to be
kept whole, and is large: the bytes of all arrays have a bound of their own, from the first that comes until the
answer has ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, cast

from litestar.types import HTTPReceiveMessage, Receive, Scope

from service.errors import Overloaded

NEVER_SHED: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""What the platform asks: a busy process must not be taken for a dead one, and its counters are needed now."""

MOST_HELD: Final = 64 << 20
"""Bytes of arrays at once in one process: with what it needs itself, less than the memory that a worker is given."""

_HELD: Final = "triage.held"
"""Where the scope says how many bytes of its array are held."""

_IN_HAND: Final = "triage.in_hand"
"""Where the scope says whether its request is to be refused; absent until all of the request has come."""


def has_come(scope: Scope) -> bool:
    """Whether all of a request has come."""
    return _IN_HAND in scope


def is_too_much(scope: Scope) -> bool:
    """Whether this request is to be refused."""
    return cast("dict[str, bool]", scope).get(_IN_HAND, False)


class Load:
    """The requests in hand in this process; beyond `bound` those that come are refused."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._in_hand = 0
        self._most = 0
        self._shed = 0
        self._held = 0

    def arrive(self, scope: Scope) -> None:
        """All of a request has come, and it will be looked at."""
        marks = cast("dict[str, bool]", scope)
        if _IN_HAND in marks:  # answered before all of it had come
            return
        self._in_hand += 1
        self._most = max(self._most, self._in_hand)
        marks[_IN_HAND] = self._in_hand > self._bound and scope["path"] not in NEVER_SHED

    async def at_work(self, scope: Scope, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The parts of a stream, each of which is in hand until the next is asked for."""
        async for part in parts:
            self.arrive(scope)
            yield part
            self._rest(scope)

    def _rest(self, scope: Scope) -> None:
        """There is nothing to answer until more comes."""
        if cast("dict[str, bool]", scope).pop(_IN_HAND, None) is not None:
            self._in_hand -= 1

    def holding(self, scope: Scope, receive: Receive) -> Receive:
        """`receive`, which raises `Overloaded` where there is no room to hold what came until the answer has ended."""
        marks = cast("dict[str, int]", scope)

        async def held() -> HTTPReceiveMessage:
            message = cast("HTTPReceiveMessage", await receive())
            size = len(cast("bytes", message.get("body", b"")))
            marks[_HELD] = marks.get(_HELD, 0) + size
            self._held += size
            if self._held > MOST_HELD:
                raise Overloaded
            return message

        return held

    def shed(self) -> None:
        """A request was refused because there are too many."""
        self._shed += 1

    def leave(self, scope: Scope) -> None:
        """A request has been answered."""
        marks = cast("dict[str, int]", scope)
        self._held -= marks.pop(_HELD, 0)
        if _IN_HAND not in marks:
            marks[_IN_HAND] = False
            return
        self._in_hand -= 1

    def look(self) -> tuple[int, int]:
        """The most requests that were in hand at once, and how many were refused, since the last look."""
        seen = self._most, self._shed
        self._most, self._shed = self._in_hand, 0
        return seen
