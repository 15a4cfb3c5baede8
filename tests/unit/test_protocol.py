"""What stands between an answer and its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import pytest
from uvicorn.server import ServerState

from service.server.config import IDLE_SECONDS, Config
from service.server.protocol import Connection
from service.server.transport import CoalescingTransport

ROOT = Path(__file__).parents[2]


class _Transport:
    """Keeps what is written, write by write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.written.append(b"".join(parts))

    def set_write_buffer_limits(self, high: int) -> None:
        """It takes everything at once."""

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _: str) -> None:
        """Nobody knows who is at the other end."""


@pytest.fixture
def transport() -> _Transport:
    """A connection."""
    return _Transport()


def test_a_head_goes_with_what_follows_it(transport: Any) -> None:
    """Two writes of an answer are one on the connection, and the rest goes as it comes."""
    joined = CoalescingTransport(transport)
    for part in (b"head;", b"first;", b"second;"):
        joined.write(part)
    assert transport.written == [b"head;first;", b"second;"]


def test_an_empty_body_lets_the_head_go(transport: Any) -> None:
    """Nothing is kept back once the answer is at its end."""
    joined = CoalescingTransport(transport)
    joined.write(b"head")
    joined.write(b"")
    assert transport.written == [b"head"]


def test_what_comes_before_the_answer_goes_at_once(transport: Any) -> None:
    """A client that waits for `100 Continue` sends nothing before it."""
    joined = CoalescingTransport(transport)
    for part in (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"body"):
        joined.write(part)
    assert transport.written == [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nbody"]


def test_a_large_document_is_not_copied(transport: Any) -> None:
    """Clients that do not read it share its bytes."""
    document = b"x" * 500_000
    parts: list[bytes] = []
    transport.writelines = parts.extend
    joined = CoalescingTransport(transport)
    joined.write(b"head")
    joined.write(document)
    assert parts[1] is document


def test_a_head_alone_is_sent_before_the_end(transport: Any) -> None:
    """A client sees that an answer began and did not come."""
    joined = CoalescingTransport(transport)
    joined.write(b"head")
    joined.close()
    assert (transport.written, joined.is_closing()) == ([b"head"], True)


@pytest.mark.parametrize(
    "page", ["docs/configuration.md", "deploy/README.md", "openapi/README.md", "openapi/base.yaml"]
)
def test_a_proxy_lets_go_of_an_idle_connection_first(page: str) -> None:
    """The service keeps one for longer than the 60 seconds of common proxies, and says for how long."""
    config = Config("", http=Connection, head_seconds=1, drain_seconds=1, shutdown_seconds=1, is_renewable=False)
    assert config.timeout_keep_alive == IDLE_SECONDS > 60
    assert f"after {IDLE_SECONDS} seconds" in (ROOT / page).read_text(encoding="utf-8")


def test_an_empty_line_does_not_keep_a_connection() -> None:
    """Only a request that has begun stays the clock of an idle connection."""

    async def unasked(scope: object, receive: object, send: object) -> None:  # noqa: ARG001 (what uvicorn wants)
        raise AssertionError

    def factory() -> Any:
        return unasked

    async def clocks() -> list[bool]:
        config = Config(
            cast("Any", factory),
            http=Connection,
            head_seconds=1,
            drain_seconds=1,
            shutdown_seconds=1,
            is_renewable=False,
        )
        connection = Connection(config, ServerState(), {})
        connection.connection_made(cast("asyncio.Transport", _Transport()))
        clock = asyncio.get_running_loop().call_later(60, print)
        connection.timeout_keep_alive_task = clock
        stayed = []
        for data in (b"\r\n", b"GET /"):
            connection.data_received(data)
            stayed.append(clock.cancelled())
        connection.connection_lost(None)
        return stayed

    assert asyncio.run(clocks()) == [False, True]
