"""Work at the end of an event-loop turn.

It is done once, for all requests of the turn together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class TurnEnd:
    """A function call at the end of an event-loop turn.

    The call is made once, however often it is scheduled, and immediately without a loop. The end of a turn is behind
    the responses of the turn, so the call delays none of them.
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
