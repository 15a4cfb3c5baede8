"""The protocol between a response and its connection."""

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
    """A transport that records each write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.written.append(b"".join(parts))

    def set_write_buffer_limits(self, high: int) -> None:
        """Ignore the limits."""

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _: str) -> None:
        """Return no address."""


@pytest.fixture
def transport() -> _Transport:
    """A connection."""
    return _Transport()


def test_a_head_and_the_first_body_part_are_one_write(transport: Any) -> None:
    """Head and first body part are one write, and later parts are separate writes."""
    joined = CoalescingTransport(transport)
    for part in (b"head;", b"first;", b"second;"):
        joined.write(part)
    assert transport.written == [b"head;first;", b"second;"]


def test_a_response_without_a_body_is_written(transport: Any) -> None:
    """A response without a body is written when it ends."""
    joined = CoalescingTransport(transport)
    joined.write(b"head")
    joined.write(b"")
    assert transport.written == [b"head"]


def test_an_interim_response_is_written_at_once(transport: Any) -> None:
    """`100 Continue` is written at once, because its client waits for it."""
    joined = CoalescingTransport(transport)
    for part in (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"body"):
        joined.write(part)
    assert transport.written == [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nbody"]


def test_a_large_document_is_not_copied(transport: Any) -> None:
    """Large documents are written without a copy, so that slow clients share the bytes."""
    document = b"x" * 500_000
    parts: list[bytes] = []
    transport.writelines = parts.extend
    joined = CoalescingTransport(transport)
    joined.write(b"head")
    joined.write(document)
    assert parts[1] is document


def test_a_head_alone_is_sent_before_the_end(transport: Any) -> None:
    """A client sees the head of a response that breaks off."""
    joined = CoalescingTransport(transport)
    joined.write(b"head")
    joined.close()
    assert (transport.written, joined.is_closing()) == ([b"head"], True)


@pytest.mark.parametrize(
    "page", ["docs/configuration.md", "deploy/README.md", "openapi/README.md", "openapi/base.yaml"]
)
def test_a_proxy_closes_an_idle_connection_first(page: str) -> None:
    """The service keeps idle connections longer than the 60 seconds of common proxies, and announces the time."""
    config = Config("", http=Connection, head_seconds=1, drain_seconds=1, shutdown_seconds=1, is_renewable=False)
    assert config.timeout_keep_alive == IDLE_SECONDS > 60
    assert f"after {IDLE_SECONDS} seconds" in (ROOT / page).read_text(encoding="utf-8")


def test_an_empty_line_does_not_keep_a_connection() -> None:
    """Only the start of a request stops the idle timeout."""

    async def unasked(scope: object, receive: object, send: object) -> None:  # noqa: ARG001 (the signature of uvicorn)
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
