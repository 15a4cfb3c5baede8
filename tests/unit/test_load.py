"""Which requests are in hand, and which are too many."""

from __future__ import annotations

from typing import Any

from service.web.load import Load


def scope(path: str = "/assess") -> Any:
    """A request's scope, as far as the load looks at it."""
    return {"path": path}


def arrived(load: Load, *scopes: Any) -> list[bool]:
    """Whether each is too much, after all have come."""
    for one in scopes:
        load.arrive(one)
    return [load.is_too_much(one) for one in scopes]


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
    assert not load.is_too_much(slow)
    load.leave(slow)
    load.arrive(slow)
    assert arrived(load, scope()) == [False]


def test_a_look_tells_the_most_at_once_and_the_refused() -> None:
    """The peak between two looks is told once, and the refused are counted when they are answered."""
    load = Load(1)
    both = scope(), scope()
    arrived(load, *both)
    for one in both:
        load.leave(one)
    assert load.look() == (2, 1)
    assert load.look() == (0, 0)
