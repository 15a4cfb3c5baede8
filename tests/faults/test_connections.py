"""Slow clients, idle clients, and too many connections."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.callers import Callers, Pair, receive
from tests.faults.processes import descriptors, memory, processor_seconds
from tests.waiting import until

HEAD = b"POST /assess HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
ROOM = 15_000
"""Descriptors that this test and the service need for ten thousand connections."""


@pytest.fixture
def connections() -> Iterator[list[socket.socket]]:
    """Connections that close with the test."""
    opened: list[socket.socket] = []
    yield opened
    for each in opened:
        each.close()


@pytest.mark.parametrize("part", ["heads", "bodies"])
def test_slow_clients_delay_no_others_and_time_out(
    serve: Callable[..., Any],
    pairs: list[Pair],
    report: Callable[..., None],
    connections: list[socket.socket],
    part: str,
) -> None:
    """Five hundred clients that send byte by byte get 408 in time, without an effect on others."""
    service = serve(knowledge="", body_seconds="3")
    for _ in range(500):
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=20)
        connection.sendall(HEAD if part == "bodies" else HEAD[:31])
        connections.append(connection)
    with Callers(service.port, pairs, clients=4) as callers:
        began = time.monotonic()
        while time.monotonic() < began + 2:
            for connection in connections:
                connection.sendall(b"x")
            time.sleep(0.25)
        statuses = {receive(connection)[0] for connection in connections}
        seconds = time.monotonic() - began
    tally = callers.tally
    report(
        f"slowloris, {part}",
        slow_clients=len(connections),
        right=tally.right,
        failed=tally.failed,
        **{"s slowest response": f"{tally.slowest:.2f}"},
    )
    assert statuses == {408}
    assert seconds < 6
    assert tally.failed == 0
    assert tally.slowest < 2
    assert service.stop() == 0


def test_ten_thousand_idle_connections_take_memory_and_nothing_else(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None], connections: list[socket.socket]
) -> None:
    """With ten thousand idle connections new ones are answered, at a few KiB each."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < ROOM:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    service = serve(knowledge="", body_seconds="30")
    pid = service.process.pid
    before = memory(pid)
    connections.extend(socket.create_connection(("127.0.0.1", service.port), timeout=20) for _ in range(10_000))
    until(lambda: descriptors(pid) >= len(connections), "not all connections are accepted", seconds=25)
    cost = memory(pid) - before
    computed = processor_seconds(pid)
    time.sleep(2)
    share = (processor_seconds(pid) - computed) / 2
    with Callers(service.port, pairs, clients=4) as callers:
        time.sleep(2)
    tally = callers.tally
    report(
        "10,000 idle connections",
        right=tally.right,
        failed=tally.failed,
        **{"MiB more": f"{cost:.0f}", "s slowest response": f"{tally.slowest:.2f}"},
    )
    assert tally.failed == 0
    assert tally.right > 100
    assert cost < 200
    assert share < 0.25
    assert service.stop() == 0


def test_running_out_of_descriptors_passes_by_itself(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None], connections: list[socket.socket]
) -> None:
    """If silent clients take every descriptor, connected ones are answered, no loop spins, and the silent time out."""
    service = serve(knowledge="", body_seconds="4")
    pid = service.process.pid
    early = socket.create_connection(("127.0.0.1", service.port), timeout=20)
    early.sendall(pairs[0].request)
    assert receive(early)[2] == pairs[0].answer
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (128, 128))  # the listener alone has 64
    for _ in range(200):
        with contextlib.suppress(OSError):
            connections.append(socket.create_connection(("127.0.0.1", service.port), timeout=1))
    assert not _is_answered(service.port, pairs[0]), "a further connection was accepted"
    computed = processor_seconds(pid)
    for _ in range(20):
        time.sleep(0.1)
        early.sendall(pairs[1].request)
        assert receive(early)[2] == pairs[1].answer
    share = (processor_seconds(pid) - computed) / 2
    began = time.monotonic()
    while not _is_answered(service.port, pairs[0]):
        assert time.monotonic() < began + 20
        time.sleep(0.05)
    back = time.monotonic() - began
    with Callers(service.port, pairs, clients=4) as callers:
        time.sleep(1)
    early.close()
    report(
        "descriptors exhausted",
        right_afterwards=callers.tally.right,
        failed_afterwards=callers.tally.failed,
        **{"% of a core meanwhile": f"{share:.0%}"[:-1], "s until recovery": f"{back:.2f}"},
    )
    assert share < 0.5
    assert callers.tally.failed == 0
    assert callers.tally.right > 100
    assert service.stop() == 0


def _is_answered(port: int, pair: Pair) -> bool:
    """Whether a request on a new connection is answered."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(pair.request)
        return receive(connection)[2] == pair.answer
    return False
