"""Attacks on the memory of one process, within a pod's limit."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from service.server.memory import CONNECTION_LIMIT, OVER_LIMIT_CONNECTIONS
from tests.faults.callers import Pair, receive
from tests.faults.processes import peak_memory
from tests.waiting import until

CLIENTS = 3_000
MOST_MIB = 224
HEALTH_SECONDS = 1.0
TRAILER_BYTES = 120_000_000
READY = b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HEAD = b"%b HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\n"
JSON = b"application/json"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

UNFINISHED = {
    "heads of 100 fields": HEAD % (b"GET /knowledge", JSON) + (b"X-A: %0500d\r\n" % 1) * 100,
    "heads of 7,000 lines": HEAD % (b"GET /knowledge", JSON) + b"a:\r\n" * 7_000,
    "heads of one line": HEAD % (b"GET /knowledge", JSON) + b"X-A: " + b"a" * 60_000,
    "bodies": HEAD % (b"POST /assess", JSON) + b"Content-Length: 65000\r\n\r\n" + b" " * 64_000,
    "chunked bodies": HEAD % (b"POST /assess", JSON) + CHUNKED + b"fde8\r\n" + b" " * 64_000,
    "lines of streams": HEAD % (b"POST /assess/batch", b"application/x-ndjson") + CHUNKED + b"fde8\r\n" + b" " * 64_000,
    "arrays": HEAD % (b"POST /assess/batch", JSON) + b"Content-Length: 4000000\r\n\r\n[" + b" " * 200_000,
    "pipelines": (HEAD % (b"GET /knowledge", JSON) + b"\r\n") * 1_000,
}


class HealthChecks:
    """Send readiness checks on new connections, and keep the slowest response."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.slowest = 0.0
        self.count = self.failed = 0

    def __enter__(self) -> Self:
        """Start the checks."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the checks."""
        self._end.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._end.wait(0.1):
            began = time.monotonic()
            self.count += 1
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=10) as connection:
                    connection.sendall(READY)
                    self.failed += receive(connection)[0] != 200
            except OSError:
                self.failed += 1
            self.slowest = max(self.slowest, time.monotonic() - began)


@pytest.fixture
def connections() -> Iterator[list[socket.socket]]:
    """Connections that close with the test, up to the file limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * CLIENTS:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * CLIENTS), hard))
    opened: list[socket.socket] = []
    yield opened
    for each in opened:
        each.close()


def _is_answered(port: int, pair: Pair) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(pair.request)
        return receive(connection)[2] == pair.answer


@pytest.fixture
def survives(
    serve: Callable[..., Any], pod_memory: Path | None, pairs: list[Pair], report: Callable[..., None]
) -> Callable[[str, Callable[[int], None]], None]:
    """Attack a service, and check its memory and its responses."""

    def check(name: str, attack: Callable[[int], None]) -> None:
        service = serve(knowledge="", group=pod_memory)
        with HealthChecks(service.port) as checks:
            attack(service.port)
            time.sleep(2)
            assert service.process.poll() is None, "the process was killed"
            until(lambda: _is_answered(service.port, pairs[0]), "no report is answered", seconds=5)
        peak, slowest = peak_memory(service.process.pid), checks.slowest
        figures = {"MiB at most": f"{peak:.0f}", "s slowest health check": f"{slowest:.2f}", "failed": checks.failed}
        report(name, **figures)
        assert (checks.failed, checks.count > 0) == (0, True)
        assert peak < MOST_MIB
        assert slowest < HEALTH_SECONDS
        assert service.stop() == 0

    return check


def _open(
    connections: list[socket.socket], sent: bytes, clients: int = CLIENTS, *, buffer: int = 0
) -> Callable[[int], None]:
    """An attack with this number of connections that each send `sent`."""

    def attack(port: int) -> None:
        for number in range(clients):
            connection = socket.socket()
            connections.append(connection)
            if buffer:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            connection.settimeout(5)
            with contextlib.suppress(OSError):  # refused while it sends
                connection.connect(("127.0.0.1", port))
                connection.sendall(sent)
            if number % 100 == 0:
                time.sleep(0.1)

    return attack


@pytest.mark.parametrize("name", UNFINISHED)
def test_unfinished_requests_do_not_fill_the_memory(
    survives: Callable[..., None], connections: list[socket.socket], name: str
) -> None:
    """Of three thousand clients with unfinished requests, the newest are refused; other clients are not affected."""
    survives(f"3,000 unfinished {name}", _open(connections, UNFINISHED[name]))


@pytest.mark.parametrize("buffer", [0, 4096], ids=["usual_buffer", "small_buffer"])
@pytest.mark.parametrize("path", [b"GET /openapi.json", b"GET /knowledge"])
def test_clients_that_never_read_do_not_fill_the_memory(
    survives: Callable[..., None], connections: list[socket.socket], path: bytes, buffer: int
) -> None:
    """Three thousand clients request a large document three times and never read it."""
    asked = (HEAD % (path, JSON) + b"\r\n") * 3
    name = f"3,000 clients that never read {path.decode()}, buffer {buffer or 'as usual'}"
    survives(name, _open(connections, asked, buffer=buffer))


def test_reports_that_are_never_read_do_not_fill_the_memory(
    survives: Callable[..., None], connections: list[socket.socket], pairs: list[Pair]
) -> None:
    """Each response has its own bytes, unlike a document."""
    survives("3,000 clients that never read 20 reports", _open(connections, pairs[0].request * 20, buffer=4096))


@pytest.mark.parametrize("path", [b"GET /health/live", b"POST /assess", b"POST /assess/batch", b"GET /nothing"])
@pytest.mark.parametrize("line", [b"X-Aaaaaaaaaaaaaaaaaa: bbbbbbbbbbbbbbb\r\n", b"a:b\r\n"], ids=["long", "short"])
def test_endless_trailers_do_not_fill_the_memory(
    survives: Callable[..., None], connections: list[socket.socket], path: bytes, line: bytes
) -> None:
    """A connection with endless trailers is closed on each route."""

    def attack(port: int) -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connections.append(connection)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(HEAD % (path, JSON) + CHUNKED + b"0\r\n")
            for _ in range(TRAILER_BYTES // (2_000 * len(line))):
                connection.sendall(line * 2_000)
            pytest.fail("the service read all trailers")

    survives(f"endless trailers, {path.decode()}, {len(line)} bytes each", attack)


def test_above_the_connection_limit_health_is_answered_and_nothing_else(
    serve: Callable[..., Any], pod_memory: Path | None, pairs: list[Pair], report: Callable[..., None]
) -> None:
    """Idle connections above every limit neither exhaust the memory nor block a health check."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CONNECTION_LIMIT + 2 * OVER_LIMIT_CONNECTIONS + 200:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    service = serve(knowledge="", group=pod_memory, body_seconds="30")
    with contextlib.ExitStack() as opened, HealthChecks(service.port) as checks:
        for _ in range(CONNECTION_LIMIT + 2 * OVER_LIMIT_CONNECTIONS):
            opened.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=20))
        time.sleep(1)
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
            connection.sendall(pairs[0].request)
            assert receive(connection)[0] == 503
    until(lambda: _is_answered(service.port, pairs[0]), "no report is answered afterwards", seconds=20)
    peak = peak_memory(service.process.pid)
    figures = {
        "MiB at most": f"{peak:.0f}",
        "s slowest health check": f"{checks.slowest:.2f}",
        "failed": checks.failed,
    }
    report("14,048 idle connections", **figures)
    assert checks.failed == 0
    assert peak < MOST_MIB
