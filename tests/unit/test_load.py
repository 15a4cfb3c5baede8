"""Which requests are in hand, and which are too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service import settings
from service.errors import Overloaded, SettingsFault
from service.web.load import MOST_HELD, Load, is_too_much
from service.web.routes import BATCH_TIMES


def scope(path: str = "/assess") -> Any:
    """A request's scope, as far as the load looks at it."""
    return {"path": path}


def arrived(load: Load, *scopes: Any) -> list[bool]:
    """Whether each is too much, after all have come."""
    for one in scopes:
        load.arrive(one)
    return [is_too_much(one) for one in scopes]


def test_of_many_at_once_the_first_are_taken() -> None:
    """A flood does not stop the answers."""
    assert arrived(Load(2), *(scope() for _ in range(5))) == [False, False, True, True, True]


def test_health_and_metrics_are_never_refused() -> None:
    """A busy process must not be taken for a dead one."""
    paths = ("/assess", "/assess", "/health/live", "/health/ready", "/metrics", "/docs")
    assert arrived(Load(1), *map(scope, paths)) == [False, True, False, False, False, True]


def test_an_answer_makes_room() -> None:
    """What has been answered no longer counts."""
    load, first, second = Load(1), scope(), scope()
    assert arrived(load, first) == [False]
    load.leave(first)
    assert arrived(load, second) == [False]


def test_what_has_not_wholly_come_does_not_count() -> None:
    """A body that is on its way crowds nobody out, and one refused before its end never counts."""
    load, slow = Load(1), scope()
    assert not is_too_much(slow)
    load.leave(slow)
    load.arrive(slow)
    assert arrived(load, scope()) == [False]


def test_a_look_tells_the_most_at_once_and_the_refused() -> None:
    """The peak between two looks is told once, and so is each that was refused, and no other."""
    load = Load(1)
    both = scope(), scope()
    arrived(load, *both)
    for one in both:
        load.leave(one)
    assert load.look() == (2, 0)
    load.shed()
    assert load.look() == (0, 1)
    assert load.look() == (0, 0)


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_stream_is_in_hand_while_there_is_something_to_answer(is_whole: bool) -> None:  # noqa: FBT001
    """From each part until more is asked for; whether its end has come by then or not, nothing is left behind."""
    load, stream = Load(1), scope()
    seen = []

    async def come() -> AsyncIterator[bytes]:
        yield b"a"
        load.look()
        seen.append(load.look())
        yield b"b"

    async def worked() -> None:
        async for part in load.at_work(stream, come()):
            seen.append(load.look())
            if is_whole and part == b"b":
                load.arrive(stream)
        load.leave(stream)

    asyncio.run(worked())
    assert seen == [(1, 0), (0, 0), (1, 0)]
    assert arrived(load, scope()) == [False]


def test_the_largest_array_that_can_be_allowed_has_room() -> None:
    """Whatever body limit is set, one array alone is never refused for want of room: it would be for ever."""
    largest = MOST_HELD // BATCH_TIMES
    assert settings.read({"TRIAGE_BODY_LIMIT_BYTES": str(largest)}).body_limit_bytes == largest
    with pytest.raises(SettingsFault):
        settings.read({"TRIAGE_BODY_LIMIT_BYTES": str(largest + 1)})


def test_arrays_that_come_have_a_common_bound() -> None:
    """The one that would fill the memory is refused, wherever it is by then; what has been answered makes room."""
    load, first, second, third = Load(8), scope(), scope(), scope()

    async def come(one: Any, size: int) -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": bytes(size), "more_body": True}

        await load.holding(one, receive)()

    asyncio.run(come(first, MOST_HELD - 1))
    asyncio.run(come(second, 1))
    with pytest.raises(Overloaded):
        asyncio.run(come(second, 1))
    load.leave(second)
    asyncio.run(come(third, 1))
    load.leave(first)
    asyncio.run(come(third, MOST_HELD - 1))
