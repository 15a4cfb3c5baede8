"""The shared store where it is away; `tests/faults` asks the real one."""

from __future__ import annotations

import asyncio
import socket

import pytest

from service.access.limiter_redis import RedisLimiter
from service.access.rate_limit import Quota, Taken

QUOTA = Quota(2, 60)


class Heard:
    """The names of the access events so far."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def note(self, event: str, **_: object) -> None:
        """Remember."""
        self.seen.append(event)

    warn = note

    def limit_store_failed(self) -> None:
        """Remember."""
        self.seen.append("failed")

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Never asked here."""


class Script:
    """A store's answers, one a question; an error is raised."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    async def __call__(self, **_: object) -> object:
        """The next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_what_is_no_url_of_a_store_is_refused() -> None:
    """Only the two schemes are taken, and only a whole URL, so that a slip is told at the start."""
    for url in ("http://127.0.0.1", "127.0.0.1:6379", ""):
        with pytest.raises(ValueError, match=r"^no redis:// or rediss:// URL$"):
            RedisLimiter(url, Heard())
    with pytest.raises(ValueError, match=r"^Port could not be cast to integer value"):
        RedisLimiter("redis://127.0.0.1:port", Heard())


def test_a_store_that_refuses_connections_lets_requests_pass() -> None:
    """An outage is told once, and in its pause the store is not even asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    heard = Heard()
    limiter = RedisLimiter(f"redis://127.0.0.1:{port}/0", heard, clock=lambda: 5.0)

    async def asked() -> list[Taken | None]:
        return [await limiter.take("a", QUOTA, 1) for _ in range(3)]

    assert asyncio.run(asked()) == [None] * 3
    assert heard.seen == ["failed", "limit_store_down"]


def test_a_store_that_hangs_is_given_up_soon() -> None:
    """A listener that never answers costs one request its patience, and the next ones nothing."""
    heard = Heard()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        limiter = RedisLimiter(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", heard, clock=lambda: 5.0)

        async def asked() -> Taken | None:
            return await asyncio.wait_for(limiter.take("a", QUOTA, 1), 30)

        assert asyncio.run(asked()) is None
    assert heard.seen == ["failed", "limit_store_down"]


def test_an_outage_begins_and_ends_once() -> None:
    """Each failure is counted; the log has one line for the beginning and one for the end."""
    heard, now = Heard(), [0.0]
    limiter = RedisLimiter("redis://127.0.0.1:1/0", heard, clock=lambda: now[0])
    limiter._take = Script([1, 1, 59_001], OSError(), OSError(), [0, 2, -2])  # type: ignore[assignment]

    async def ask() -> Taken | None:
        now[0] += 2
        return await limiter.take("a", QUOTA, 1)

    async def asked() -> list[Taken | None]:
        return [await ask() for _ in range(4)]

    first, second, third, last = asyncio.run(asked())
    assert first == Taken(is_allowed=True, remaining=1, resets_in=60)
    assert (second, third) == (None, None)
    assert last == Taken(is_allowed=False, remaining=0, resets_in=60)
    assert heard.seen == ["failed", "limit_store_down", "failed", "limit_store_up"]
