"""A bound on the memory that arrays hold at once.

The bytes of an array count from its first byte until the response has ended.
"""

from __future__ import annotations

from typing import Final, cast

from litestar.types import HTTPReceiveMessage, Receive, Scope

from service.errors import Overloaded

ARRAY_MEMORY_BYTES: Final = 64 << 20
"""The most bytes of all arrays of one process. With the process itself, a worker needs less than its memory limit."""

_HELD: Final = "triage.held"
"""Scope key: the bytes of the request's array that are held."""


class ArrayMemory:
    """The bytes of the arrays in progress."""

    def __init__(self) -> None:
        self._held = 0

    def holding(self, scope: Scope, receive: Receive) -> Receive:
        """Return `receive` with a count of the bytes it returns.

        It raises `Overloaded` if there is no room to hold them.
        """
        marks = cast("dict[str, int]", scope)

        async def held() -> HTTPReceiveMessage:
            message = cast("HTTPReceiveMessage", await receive())
            size = len(cast("bytes", message.get("body", b"")))
            marks[_HELD] = marks.get(_HELD, 0) + size
            self._held += size
            if self._held > ARRAY_MEMORY_BYTES:
                raise Overloaded
            return message

        return held

    def release(self, scope: Scope) -> None:
        """Release the bytes of an answered request."""
        self._held -= cast("dict[str, int]", scope).pop(_HELD, 0)
