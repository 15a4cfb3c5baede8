"""A queue that bounds the requests started per event-loop turn.

The other requests wait in order. A refusal costs about a fifth of an answer, so refusing every excess request at once
would spend most of a core on refusals. A bound per turn keeps turns short, so that new connections and health checks
are served in between. A semaphore cannot do this: an answer is computed without a suspension, so it would never count
above one.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Final, NamedTuple, Protocol, cast

from litestar.types import Scope

from service.errors import IncompleteBody, Overloaded

NEVER_WAIT: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Probes and metrics never wait, so that an overloaded process is not restarted."""

REQUESTS_PER_TURN: Final = 32
SLICES_PER_TURN: Final = 4
"""Slices of batches, which wait apart from single requests so that neither holds up the other."""

REFUSALS_PER_TURN: Final = 256

_ARRIVED: Final = "triage.arrived"
"""Scope key: when the request came to the queue, in seconds of `time.perf_counter`."""

_IS_WHOLE: Final = "triage.is_whole"
"""Scope key, present once all of the request has been received."""


class QueuedRequest(Protocol):
    """A request that waits for its turn."""

    def start(self) -> None:
        """Start the request."""

    def refuse(self) -> None:
        """Refuse the request.

        The queue calls this after too long a wait, or when the process stops.
        """

    def drop(self) -> None:
        """Drop the request of a client that has left."""


class QueueFigures(NamedTuple):
    """The figures of the queue since the last reading."""

    age: float
    """The longest wait in seconds."""

    expired: int
    """Requests refused because they waited too long."""

    left: int
    """Requests whose clients left while they waited."""


class RequestQueue:
    """The waiting requests of one process.

    Each request waits at most `seconds`.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._requests: OrderedDict[int, tuple[float, QueuedRequest]] = OrderedDict()
        self._slices: OrderedDict[int, asyncio.Future[None]] = OrderedDict()
        self._started = 0
        self._is_scheduled = False
        self._expired = self._left = 0
        self._age = 0.0

    @property
    def has_turn(self) -> bool:
        """Whether a request may start in this turn.

        It may if there is room and no other request waits.
        """
        return not self._requests and self._started < REQUESTS_PER_TURN

    def count_start(self) -> None:
        """Count a request that starts in this turn."""
        self._started += 1
        self._schedule()

    def submit(self, scope: Scope, request: QueuedRequest) -> None:
        """Start `request` in this turn or a later one.

        It starts in this turn if there is room and no other request waits.
        """
        now = time.perf_counter()
        cast("dict[str, float]", scope)[_ARRIVED] = now
        if scope["path"] in NEVER_WAIT:
            request.start()
        elif self.has_turn:
            self.count_start()
            request.start()
        else:
            self.wait(scope, request, now)

    async def turn(self, scope: Scope) -> None:
        """Wait for the turn of a started request.

        This is for a request whose body came after its head. Raises `Overloaded` after too long a wait, and
        `IncompleteBody` if the client leaves.
        """
        if self.has_turn:
            self.count_start()
            return
        future = asyncio.get_running_loop().create_future()
        self.wait(scope, _Suspended(future), time.perf_counter())
        await future

    async def slice_turn(self, scope: Scope) -> None:
        """Wait for the turn of a batch's next slice.

        Raises `IncompleteBody` if the client leaves.
        """
        future = asyncio.get_running_loop().create_future()
        self._slices[id(scope)] = future
        self._schedule()
        await future

    def wait(self, key: object, request: QueuedRequest, since: float) -> None:
        """Queue `request` for a later turn.

        Its wait counts from `since`. `key` is an object that lives at least as long as the request waits.
        """
        self._requests[id(key)] = since, request
        self._schedule()

    def remove(self, key: object) -> None:
        """Remove a request that will be parsed.

        It is queued again, with a new waiting time.
        """
        self._requests.pop(id(key), None)

    def withdraw(self, key: object) -> None:
        """Remove a request whose client has left."""
        if (waiting := self._requests.pop(id(key), None)) is not None:
            self._left += 1
            waiting[1].drop()
        if (future := self._slices.pop(id(key), None)) is not None:
            _Suspended(future).drop()

    def refuse_all(self) -> None:
        """Refuse all waiting requests when the process stops."""
        while self._requests:
            self._requests.popitem(last=False)[1][1].refuse()

    def figures(self) -> QueueFigures:
        """Return the figures since the last call."""
        seen = QueueFigures(self._age, self._expired, self._left)
        self._age, self._expired, self._left = 0.0, 0, 0
        return seen

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        """Start the oldest requests and slices.

        Requests that have waited too long are refused.
        """
        self._is_scheduled = False
        self._started = refused = 0
        now = time.perf_counter()
        while self._requests and self._started < REQUESTS_PER_TURN and refused < REFUSALS_PER_TURN:
            _, (since, request) = self._requests.popitem(last=False)
            self._age = max(self._age, now - since)
            if now - since > self._seconds:
                refused += 1
                request.refuse()
            else:
                self._started += 1
                request.start()
        self._expired += refused
        for _ in range(min(SLICES_PER_TURN, len(self._slices))):
            _Suspended(self._slices.popitem(last=False)[1]).start()
        if self._started or self._requests or self._slices:
            self._schedule()


class _Suspended:
    """A started request that is suspended until its turn."""

    def __init__(self, future: asyncio.Future[None]) -> None:
        self._future = future

    def start(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def refuse(self) -> None:
        if not self._future.done():
            self._future.set_exception(Overloaded())

    def drop(self) -> None:
        if not self._future.done():
            self._future.set_exception(IncompleteBody())


def arrived(scope: Scope) -> float:
    """Return the arrival time of a request, in `time.perf_counter` seconds."""
    return cast("dict[str, float]", scope).get(_ARRIVED) or time.perf_counter()


def mark_arrived(scope: Scope, at: float) -> None:
    """Set the arrival time of a request that waited unparsed."""
    cast("dict[str, float]", scope)[_ARRIVED] = at


def mark_whole(scope: Scope) -> None:
    """Mark a request as completely received."""
    cast("dict[str, bool]", scope)[_IS_WHOLE] = True


def is_whole(scope: Scope) -> bool:
    """Return whether a request is completely received."""
    return _IS_WHOLE in scope
