"""The shared store, unavailable or faulty; `tests/faults` uses a real one."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from service.access import limiter_redis
from service.access.limiter_redis import RedisLimiter
from service.access.rate_limit import Quota, Taken

QUOTA = Quota(2, 60)


class RecordedEvents:
    """The names of the recorded access events."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def note(self, event: str, **_: object) -> None:
        """Record the event."""
        self.seen.append(event)

    warn = note

    def limit_store_failed(self) -> None:
        """Record the event."""
        self.seen.append("failed")

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Unused here."""


class Script:
    """A store's replies, one per call; errors are raised."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    async def __call__(self, **_: object) -> object:
        """The next reply."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_invalid_url_of_a_store_is_refused() -> None:
    """Only a complete URL with one of two schemes is accepted, so that an error stops the start."""
    for url in ("http://127.0.0.1", "127.0.0.1:6379", ""):
        with pytest.raises(ValueError, match=r"^not a redis:// or rediss:// URL$"):
            RedisLimiter(url, RecordedEvents())
    with pytest.raises(ValueError, match=r"^Port could not be cast to integer value"):
        RedisLimiter("redis://127.0.0.1:port", RecordedEvents())


def test_a_store_that_refuses_connections_lets_requests_pass() -> None:
    """An outage is logged once, and during the pause the store is not called."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    record = RecordedEvents()
    limiter = RedisLimiter(f"redis://127.0.0.1:{port}/0", record, clock=lambda: 5.0)

    async def asked() -> list[Taken | None]:
        return [await limiter.take("a", QUOTA, 1) for _ in range(3)]

    assert asyncio.run(asked()) == [None] * 3
    assert record.seen == ["failed", "limit_store_down"]


def test_a_store_that_hangs_is_given_up_soon() -> None:
    """A store that never answers delays one request by the timeout, and the next ones not at all."""
    record = RecordedEvents()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        limiter = RedisLimiter(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", record, clock=lambda: 5.0)

        async def asked() -> Taken | None:
            return await asyncio.wait_for(limiter.take("a", QUOTA, 1), 30)

        assert asyncio.run(asked()) is None
    assert record.seen == ["failed", "limit_store_down"]


def test_an_outage_begins_and_ends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each failure is counted; the log has one line for the start and one for the end."""
    record, now = RecordedEvents(), [0.0]
    script = Script([1, 1, 59_001], OSError(), OSError(), [0, 2, 60_000])
    monkeypatch.setattr(Redis, "register_script", lambda *_: script)
    limiter = RedisLimiter("redis://127.0.0.1:1/0", record, clock=lambda: now[0])

    async def ask() -> Taken | None:
        now[0] += 2
        return await limiter.take("a", QUOTA, 1)

    async def asked() -> list[Taken | None]:
        return [await ask() for _ in range(4)]

    first, second, third, last = asyncio.run(asked())
    assert first == Taken(is_allowed=True, remaining=1, resets_in=60)
    assert (second, third) == (None, None)
    assert last == Taken(is_allowed=False, remaining=0, resets_in=60)
    assert record.seen == ["failed", "limit_store_down", "failed", "limit_store_up"]


_digits = st.integers(-(10**30), 10**30).map(lambda number: b"%d" % number)
_word = st.one_of(_digits, st.binary(max_size=12).map(lambda word: word.replace(b"\r", b"").replace(b"\n", b"")))
_simple = st.builds(
    lambda kind, word: kind + word + b"\r\n", st.sampled_from([b":", b"+", b"-", b"$", b"*", b"#"]), _word
)
_bulk = _word.map(lambda word: b"$%d\r\n%b\r\n" % (len(word), word))
_nil = st.sampled_from([b"$-1\r\n", b"*-1\r\n", b"_\r\n"])
_value = st.recursive(
    st.one_of(_simple, _bulk, _nil),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: b"*%d\r\n%b" % (len(parts), b"".join(parts))),
)
_count = st.integers(-5, 10**6).map(lambda number: b":%d\r\n" % number)
_triple = st.lists(st.one_of(_count, _value), min_size=3, max_size=3).map(lambda parts: b"*3\r\n" + b"".join(parts))


async def _answered(reply: bytes, asked: int) -> tuple[list[Taken | None], list[str]]:
    """The results of `asked` requests and the events, for a `reply`."""
    connections: list[asyncio.Task[None] | None] = []

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        with contextlib.suppress(OSError):
            while await reader.read(65_536):
                writer.write(reply)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    clients: list[Redis] = []

    def keep(client: Redis, script: str) -> AsyncScript:
        clients.append(client)
        return AsyncScript(client, script)

    seen, now = RecordedEvents(), [0.0]
    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Redis, "register_script", keep)
            url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
            limiter = RedisLimiter(url, seen, clock=lambda: now[0])
        taken = []
        for _ in range(asked):
            now[0] += 2
            taken.append(await limiter.take("a", QUOTA, 1))
        await clients[0].aclose(close_connection_pool=True)
        await asyncio.gather(*(connection for connection in connections if connection is not None))
    return taken, seen.seen


@settings(max_examples=150, deadline=None)
@given(reply=st.one_of(_value, _triple, st.binary(min_size=1, max_size=40)))
@example(b":abc\r\n")
@example(b":1\r\n")
@example(b"*3\r\n$1\r\n1\r\n$1\r\n1\r\n$2\r\n60\r\n")
@example(b"*2\r\n:1\r\n:1\r\n")
@example(b"*3\r\n:1\r\n:-1\r\n:60\r\n")
@example(b"*3\r\n:1\r\n:1\r\n:99999999999\r\n")
@example(b"*3\r\n-ERR no\r\n:1\r\n:1\r\n")
@example(b"*1\r\n" * 5_000)
@example(b"-NOSCRIPT no\r\n")
@example(b"$-2\r\n")
@example(b"\xff\xfe")
@example(b"HTTP/1.1 400 Bad Request\r\n\r\n")
def test_no_reply_of_the_store_fails_a_request(reply: bytes) -> None:
    """Any reply is either a count that the script can return, or an outage in which requests pass."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limiter_redis, "PATIENCE_SECONDS", 0.02)
        taken, events = asyncio.run(_answered(reply, 2))
    for one in taken:
        if one is not None:
            assert 0 <= one.remaining <= QUOTA.requests
            assert 1 <= one.resets_in <= QUOTA.seconds
    assert events.count("failed") == taken.count(None)


def test_a_valid_count_of_the_store_is_used() -> None:
    """A valid count is accepted, so the property above does not hold trivially."""
    taken, events = asyncio.run(_answered(b"*3\r\n:1\r\n:1\r\n:59001\r\n", 2))
    assert taken == [Taken(is_allowed=True, remaining=1, resets_in=60)] * 2
    assert events == []
