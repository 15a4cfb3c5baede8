"""Quotas counted in memory."""

from __future__ import annotations

import asyncio

from service.access.limiter_memory import MemoryLimiter
from service.access.rate_limit import Quota, Taken

THREE = Quota(3, 60)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The current time."""
        return self.now


def take(limiter: MemoryLimiter, who: str = "a", cost: int = 1, quota: Quota = THREE) -> Taken:
    """The result of one call."""
    return asyncio.run(limiter.take(who, quota, cost))


def test_a_quota_is_restored_after_its_window() -> None:
    """A window allows a number of requests, and the next window the same number again."""
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    assert [take(limiter).remaining for _ in range(3)] == [2, 1, 0]
    assert take(limiter) == Taken(is_allowed=False, remaining=0, resets_in=60)
    clock.now += 59.5
    assert take(limiter) == Taken(is_allowed=False, remaining=0, resets_in=1)
    clock.now += 0.5
    assert take(limiter) == Taken(is_allowed=True, remaining=2, resets_in=60)


def test_a_window_never_lasts_longer_than_its_quota() -> None:
    """The time until a reset is in 1 to 60 for a quota per minute, whatever the clock reads."""
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    for clock.now in (249.89091686441233, 309.8909, 309.89091686441233):
        assert 1 <= take(limiter).resets_in <= 60


def test_each_has_a_quota_of_its_own() -> None:
    """Each client has its own quota."""
    limiter = MemoryLimiter(clock=Clock())
    assert [take(limiter, who).is_allowed for who in "aaaab"] == [True, True, True, False, True]


def test_a_refusal_takes_nothing() -> None:
    """A refused request costs nothing, and a cheaper one still passes; one request may take the whole quota."""
    limiter = MemoryLimiter(clock=Clock())
    assert not take(limiter, cost=4).is_allowed
    assert take(limiter, cost=2).is_allowed
    assert take(limiter, cost=2) == Taken(is_allowed=False, remaining=1, resets_in=60)
    assert take(limiter, cost=1).is_allowed
    assert take(limiter, "b", cost=3).is_allowed


def test_ended_windows_are_removed() -> None:
    """Windows of absent clients are removed."""
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    for number in range(50):
        take(limiter, str(number))
    clock.now += 60
    take(limiter)
    assert len(limiter.windows) == 1


def test_memory_has_a_bound_and_the_oldest_goes_first() -> None:
    """The number of windows is bounded, and the newest ones are kept."""
    limiter = MemoryLimiter(most=10, clock=Clock())
    for number in range(100):
        take(limiter, str(number), cost=3)
    assert len(limiter.windows) == 10
    assert not take(limiter, "99").is_allowed
    assert take(limiter, "0").is_allowed
