"""Work at the end of an event-loop turn.

It is done once, for all requests of the turn together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class TurnEnd:
    """A function call at the end of an event-loop turn.

    Several schedules make one call. The calls of a turn are made in the order in which they were first scheduled.
    Without a loop, the call is immediate.
    """

    __slots__ = ("_call", "_loop")

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._loop: asyncio.AbstractEventLoop | None = None
        """The loop of the scheduled call. A loop that ends earlier never makes it."""

    def schedule(self) -> None:
        """Call the function at the end of this turn."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._call()
            return
        if self._loop is not loop:
            self._loop = loop
            loop.call_soon(self._run)

    def _run(self) -> None:
        self._loop = None
        self._call()
