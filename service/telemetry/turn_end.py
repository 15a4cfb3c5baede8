"""Work that is done once at the end of an event-loop turn, for all requests of the turn together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class TurnEnd:
    """Calls a function at the end of this turn of the event loop, however often it is scheduled; at once without one.

    The end of a turn is behind the responses of the turn, so what is left to it delays none of them.
    """

    __slots__ = ("_call", "_loop")

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._loop: asyncio.AbstractEventLoop | None = None
        """The loop that will make the call; a loop that has ended before that makes none."""

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
