"""The request queue: starts per turn, order, and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from service.errors import IncompleteBody, Overloaded
from service.web.request_queue import (
    REFUSALS_PER_TURN,
    REQUESTS_PER_TURN,
    SLICES_PER_TURN,
    RequestQueue,
)

PATIENT, IMPATIENT = 60.0, 0.0
"""Queue times: one that never expires in a test, and one that expires at the next turn."""


class Requests:
    """The requests of a test and the outcome of each, in order."""

    def __init__(self, queue: RequestQueue) -> None:
        self._queue = queue
        self.scopes: list[Any] = []
        self.started: list[int] = []
        self.refused: list[int] = []
        self.dropped: list[int] = []

    def submit(self, count: int = 1, path: str = "/assess") -> None:
        """Submit `count` requests."""
        for _ in range(count):
            number = len(self.scopes)
            self.scopes.append({"path": path})
            self._queue.submit(self.scopes[-1], _Request(self, number))


class _Request:
    def __init__(self, requests: Requests, number: int) -> None:
        self._requests = requests
        self._number = number

    def start(self) -> None:
        self._requests.started.append(self._number)

    def refuse(self) -> None:
        self._requests.refused.append(self._number)

    def drop(self) -> None:
        self._requests.dropped.append(self._number)


def run(test: Callable[[RequestQueue, Requests], Awaitable[None]], seconds: float = PATIENT) -> None:
    """Run a test in an event loop, with its own queue."""

    async def main() -> None:
        queue = RequestQueue(seconds)
        await test(queue, Requests(queue))

    asyncio.run(main())


async def turn() -> None:
    """Wait for one turn of the loop."""
    await asyncio.sleep(0)


def test_so_many_requests_start_in_a_turn_and_the_others_in_the_next_in_order() -> None:
    """A flood is spread over turns of the loop, without a refusal."""

    async def flood(_: RequestQueue, requests: Requests) -> None:
        requests.submit(3 * REQUESTS_PER_TURN - 1)
        for turns in (1, 2):
            assert requests.started == list(range(turns * REQUESTS_PER_TURN))
            await turn()
        assert requests.started == list(range(3 * REQUESTS_PER_TURN - 1))
        assert requests.refused == []

    run(flood)


def test_each_turn_has_room_again() -> None:
    """Requests that arrive in successive turns do not wait."""

    async def steady(queue: RequestQueue, requests: Requests) -> None:
        for turns in range(1, 5):
            requests.submit(REQUESTS_PER_TURN)
            assert len(requests.started) == turns * REQUESTS_PER_TURN
            await turn()
        assert queue.figures().age == 0

    run(steady)


def test_a_request_does_not_overtake_those_that_wait() -> None:
    """A new request waits behind queued ones, even in a new turn."""

    async def late(_: RequestQueue, requests: Requests) -> None:
        requests.submit(2 * REQUESTS_PER_TURN + 1)
        await turn()
        requests.submit()
        assert requests.started == list(range(2 * REQUESTS_PER_TURN))
        await turn()
        assert requests.started == list(range(2 * REQUESTS_PER_TURN + 2))

    run(late)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_health_and_metrics_never_wait(path: str) -> None:
    """Probes and metrics bypass the queue and use none of its starts."""

    async def probe(_: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN, path)
        requests.submit(2 * REQUESTS_PER_TURN)
        requests.submit(1, path)
        assert requests.started == [*range(2 * REQUESTS_PER_TURN), 3 * REQUESTS_PER_TURN]

    run(probe)


def test_a_request_that_waited_too_long_is_refused() -> None:
    """The next request may still be in time."""

    async def wait(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN + REFUSALS_PER_TURN + 1)
        await turn()
        assert requests.started == list(range(REQUESTS_PER_TURN))
        assert len(requests.refused) == REFUSALS_PER_TURN
        await turn()
        assert len(requests.refused) == REFUSALS_PER_TURN + 1
        figures = queue.figures()
        assert (figures.expired, figures.left) == (REFUSALS_PER_TURN + 1, 0)
        assert figures.age > 0

    run(wait, IMPATIENT)


def test_a_request_of_a_disconnected_client_is_not_started() -> None:
    """Its place goes to the next request, and it is counted once."""

    async def leave(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN + 3)
        for number in (0, REQUESTS_PER_TURN + 1, REQUESTS_PER_TURN + 1):
            queue.withdraw(requests.scopes[number])
        await turn()
        assert requests.started == [*range(REQUESTS_PER_TURN + 1), REQUESTS_PER_TURN + 2]
        assert requests.dropped == [REQUESTS_PER_TURN + 1]
        assert queue.figures().left == 1

    run(leave)


def test_the_figures_are_those_since_the_last_look() -> None:
    """The longest wait is reported once."""

    async def look(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN + 3)
        await turn()
        assert queue.figures().age > 0
        assert queue.figures() == (0.0, 0, 0)

    run(look)


def test_a_request_with_a_late_body_queues_again() -> None:
    """A request whose body arrives late queues again, in order and within the bound of a turn."""

    async def late(queue: RequestQueue, requests: Requests) -> None:
        scope: Any = {}
        await queue.turn(scope)  # the queue has room
        requests.submit(2 * REQUESTS_PER_TURN - 1)
        assert len(requests.started) == REQUESTS_PER_TURN - 1
        waiting = asyncio.create_task(queue.turn(scope))
        await turn()
        assert not waiting.done()
        requests.submit()
        await waiting
        assert len(requests.started) == 2 * REQUESTS_PER_TURN

    run(late)


@pytest.mark.parametrize(
    ("seconds", "is_left", "error"), [(IMPATIENT, False, Overloaded), (PATIENT, True, IncompleteBody)]
)
def test_a_request_with_a_late_body_gets_the_reason_of_its_refusal(
    seconds: float,
    is_left: bool,  # noqa: FBT001
    error: type[Exception],
) -> None:
    """The late request gets the reason: it waited too long, or its client disconnected."""

    async def late(queue: RequestQueue, requests: Requests) -> None:
        scope: Any = {}
        waiting = asyncio.create_task(queue.turn(scope))
        if is_left:
            asyncio.get_running_loop().call_soon(queue.withdraw, scope)
        requests.submit(REQUESTS_PER_TURN)
        with pytest.raises(error):
            await waiting

    run(late, seconds)


def test_batches_and_single_requests_do_not_delay_each_other() -> None:
    """Slices of batches and single requests have separate bounds in a turn."""

    async def both(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(4 * REQUESTS_PER_TURN)
        scopes: list[Any] = [{} for _ in range(2 * SLICES_PER_TURN)]
        slices = [asyncio.create_task(queue.slice_turn(scope)) for scope in scopes]
        done = []
        for _ in range(6):
            await turn()
            done.append(sum(each.done() for each in slices))
        assert sorted({*done}) == [0, SLICES_PER_TURN, 2 * SLICES_PER_TURN]
        assert len(requests.started) == 4 * REQUESTS_PER_TURN

    run(both)


def test_a_batch_of_a_disconnected_client_stops() -> None:
    """A batch stops if its client disconnects."""

    async def leave(queue: RequestQueue, _: Requests) -> None:
        scope: Any = {}
        waiting = asyncio.create_task(queue.slice_turn(scope))
        await turn()
        queue.withdraw(scope)
        with pytest.raises(IncompleteBody):
            await waiting

    run(leave)


def test_a_stop_refuses_all_that_still_waits() -> None:
    """A queued request gets a refusal instead of a closed connection."""

    async def stop(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN + 2)
        queue.refuse_all()
        await turn()
        assert requests.refused == [REQUESTS_PER_TURN, REQUESTS_PER_TURN + 1]

    run(stop)


def test_a_task_that_was_cancelled_while_it_waited_is_passed_over() -> None:
    """A cancelled task takes no turn from the others, whether it would start, be refused or be dropped."""

    async def cancel(queue: RequestQueue, requests: Requests) -> None:
        scopes: list[Any] = [{}, {}, {}]
        cancelled, dropped, other = [asyncio.create_task(queue.turn(scope)) for scope in scopes]
        for each in (cancelled, dropped):
            asyncio.get_running_loop().call_soon(each.cancel)
        asyncio.get_running_loop().call_soon(queue.withdraw, scopes[1])
        requests.submit(REQUESTS_PER_TURN)
        await asyncio.wait([cancelled, dropped, other])
        assert [each.cancelled() for each in (cancelled, dropped, other)] == [True, True, False]

    run(cancel)
