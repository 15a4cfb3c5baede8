"""The queue of requests: how many start in a turn of the loop, in which order, and which never start."""

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
"""Seconds in which nothing expires in a test, and in which all that waits has expired at the next turn."""


class Requests:
    """Requests of a test, and what became of each, in order."""

    def __init__(self, queue: RequestQueue) -> None:
        self._queue = queue
        self.scopes: list[Any] = []
        self.started: list[int] = []
        self.refused: list[int] = []
        self.dropped: list[int] = []

    def submit(self, count: int = 1, path: str = "/assess") -> None:
        """Submit so many requests."""
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
    """Run a test in a loop, with a queue of its own."""

    async def main() -> None:
        queue = RequestQueue(seconds)
        await test(queue, Requests(queue))

    asyncio.run(main())


async def turn() -> None:
    """Let one turn of the loop pass."""
    await asyncio.sleep(0)


def test_so_many_requests_start_in_a_turn_and_the_others_in_the_next_in_order() -> None:
    """A flood makes no turn of the loop long, and refuses nobody."""

    async def flood(_: RequestQueue, requests: Requests) -> None:
        requests.submit(3 * REQUESTS_PER_TURN - 1)
        for turns in (1, 2):
            assert requests.started == list(range(turns * REQUESTS_PER_TURN))
            await turn()
        assert requests.started == list(range(3 * REQUESTS_PER_TURN - 1))
        assert requests.refused == []

    run(flood)


def test_each_turn_has_room_again() -> None:
    """Requests that come one turn after another never wait."""

    async def steady(queue: RequestQueue, requests: Requests) -> None:
        for turns in range(1, 5):
            requests.submit(REQUESTS_PER_TURN)
            assert len(requests.started) == turns * REQUESTS_PER_TURN
            await turn()
        assert queue.figures().age == 0

    run(steady)


def test_a_request_does_not_overtake_those_that_wait() -> None:
    """Also not in a new turn, before the queue has started those."""

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
    """A busy process is not taken for a dead one, and takes no room from them."""

    async def probe(_: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN, path)
        requests.submit(2 * REQUESTS_PER_TURN)
        requests.submit(1, path)
        assert requests.started == [*range(2 * REQUESTS_PER_TURN), 3 * REQUESTS_PER_TURN]

    run(probe)


def test_a_request_that_waited_too_long_is_refused() -> None:
    """Its client would not wait for the answer, and the next one may still be in time."""

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


def test_a_request_whose_client_left_is_not_started() -> None:
    """Its place goes to the next, and it is counted once."""

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
    """The longest wait is told once."""

    async def look(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN + 3)
        await turn()
        assert queue.figures().age > 0
        assert queue.figures() == (0.0, 0, 0)

    run(look)


def test_a_request_whose_body_came_late_waits_for_its_turn_again() -> None:
    """A flood whose bodies come behind their heads is bounded as any other; it waits in the same order."""

    async def late(queue: RequestQueue, requests: Requests) -> None:
        scope: Any = {}
        await queue.turn(scope)  # there is room
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
def test_a_request_whose_body_came_late_learns_why_it_has_no_turn(
    seconds: float,
    is_left: bool,  # noqa: FBT001
    error: type[Exception],
) -> None:
    """It waited too long, or its client left."""

    async def late(queue: RequestQueue, requests: Requests) -> None:
        scope: Any = {}
        waiting = asyncio.create_task(queue.turn(scope))
        if is_left:
            asyncio.get_running_loop().call_soon(queue.withdraw, scope)
        requests.submit(REQUESTS_PER_TURN)
        with pytest.raises(error):
            await waiting

    run(late, seconds)


def test_batches_and_single_requests_do_not_hold_each_other_up() -> None:
    """Each has its own bound in a turn: a few slices of batches beside the single requests."""

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


def test_a_batch_whose_client_left_does_not_go_on() -> None:
    """The rest of it would be answered to nobody."""

    async def leave(queue: RequestQueue, _: Requests) -> None:
        scope: Any = {}
        waiting = asyncio.create_task(queue.slice_turn(scope))
        await turn()
        queue.withdraw(scope)
        with pytest.raises(IncompleteBody):
            await waiting

    run(leave)


def test_a_stop_refuses_all_that_still_waits() -> None:
    """A client learns that it has to ask elsewhere; its connection does not just end."""

    async def stop(queue: RequestQueue, requests: Requests) -> None:
        requests.submit(REQUESTS_PER_TURN + 2)
        queue.refuse_all()
        await turn()
        assert requests.refused == [REQUESTS_PER_TURN, REQUESTS_PER_TURN + 1]

    run(stop)


def test_a_task_that_was_cancelled_while_it_waited_is_passed_over() -> None:
    """The others have their turns, whether it was to be started, refused or dropped."""

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
