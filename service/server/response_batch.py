"""Responses that are written together.

A write to a reader that sleeps wakes it on another core, and the process then runs more slowly. `docs/decisions.md` has
the measurements.
"""

from __future__ import annotations

import asyncio
from typing import Final

from service.turn_end import TurnEnd

RESPONSES_PER_BATCH: Final = 8
"""The most responses that wait for each other. Sixteen saved 2 % more, and wait twice as long."""


class ResponseBatch:
    """The responses of an event-loop turn that are not yet written.

    The first response of a turn is written at once, so that a service with few requests delays none. The others are
    written at the end of the turn, or earlier if the batch is full.
    """

    def __init__(self) -> None:
        self._responses: dict[asyncio.Transport, bytes] = {}
        self._is_first = True
        self._turn_end = TurnEnd(self._end_turn)

    def schedule(self) -> None:
        """Schedule the write at the end of this turn.

        If this precedes a log line of the turn, a slow reader of the log delays no response.
        """
        self._turn_end.schedule()

    def holds(self, transport: asyncio.Transport) -> bool:
        """Return whether a response to this client is not yet written."""
        return transport in self._responses

    def add(self, transport: asyncio.Transport, response: bytes) -> None:
        """Write the first response of a turn, and keep the others.

        No response to the same client may be waiting.
        """
        self.schedule()
        self._responses[transport] = response
        if self._is_first or len(self._responses) >= RESPONSES_PER_BATCH:
            self._is_first = False
            self.write()

    def write(self) -> None:
        """Write the responses in order.

        One is dropped if its client has left.
        """
        responses, self._responses = self._responses, {}
        for transport, response in responses.items():
            if not transport.is_closing():
                transport.write(response)

    def _end_turn(self) -> None:
        self._is_first = True
        self.write()
