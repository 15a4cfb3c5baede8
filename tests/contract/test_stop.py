"""The graceful stop and shared metrics, with real sockets and signals."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.waiting import until

BODY = b'{"findings": {"ache": true}}'
HEAD = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)


def _ready(service: Any) -> int | None:
    """The readiness status on a new connection; none if it is refused."""
    try:
        return int(service.send("GET", "/health/ready").status)
    except (OSError, IndexError):
        return None


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stop_is_announced_then_drains_then_exits_0(start: Callable[..., Any], workers: str) -> None:
    """After SIGTERM readiness is 503 for a second or more, started requests finish, and the exit code is 0."""
    service = start(workers=workers)
    in_head, in_body = service.connect(), service.connect()
    in_head.sendall(HEAD[:30])
    in_body.sendall(HEAD + BODY[:4])
    time.sleep(0.2)
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    refusing: list[float] = []
    while (status := _ready(service)) is not None:
        if status == 503:
            refusing.append(time.monotonic())
        assert time.monotonic() - began < 30
        time.sleep(0.02)
    assert refusing[-1] - refusing[0] >= 1
    in_head.sendall(HEAD[30:] + BODY)
    in_body.sendall(BODY[4:])
    assert service.read_all(in_head).startswith(b"HTTP/1.1 200 ")
    assert service.read_all(in_body).startswith(b"HTTP/1.1 200 ")
    assert service.process.wait(15) == 0
    events = [line["event"] for line in service.lines()]
    assert int(workers) == events.count("serving") == events.count("draining") == events.count("stopped")


def test_a_request_during_the_drain_is_answered_and_its_connection_closed(start: Callable[..., Any]) -> None:
    """During the drain requests are answered with `Connection: close`."""
    service = start()
    service.process.send_signal(signal.SIGTERM)
    while _ready(service) == 200:
        time.sleep(0.02)
    answer = service.raw(HEAD + BODY)
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert service.process.wait(15) == 0


def test_an_endless_request_does_not_delay_the_stop(start: Callable[..., Any]) -> None:
    """After the grace period unfinished requests get 503, and the exit code is 0."""
    service = start(shutdown_seconds="0.5", body_seconds="30")
    stalled, silent = service.connect(), service.connect()
    stalled.sendall(HEAD + BODY[:4])
    silent.sendall(HEAD[:9])
    time.sleep(0.2)
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    assert service.read_all(stalled).startswith(b"HTTP/1.1 503 ")
    assert service.process.wait(15) == 0
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_hurries_the_stop(start: Callable[..., Any], workers: str) -> None:
    """A second signal ends the drain at once."""
    service = start(drain_seconds="60", workers=workers)
    service.process.send_signal(signal.SIGINT)
    while _ready(service) == 200:
        time.sleep(0.02)
    time.sleep(1.3)
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(15) == 0


def test_a_worker_that_died_is_replaced_by_one_that_drains(start: Callable[..., Any]) -> None:
    """A killed worker is replaced, and a stop drains the new worker like the first."""
    service = start(workers="2")
    killed = _serving(service, 2)[0]
    os.kill(killed, signal.SIGKILL)
    _serving(service, 3)
    assert service.raw(HEAD + BODY).status == 200
    assert service.stop() == 0
    draining = {line["pid"] for line in service.lines() if line["event"] == "draining"}
    assert draining == set(_serving(service, 3)) - {killed}


def _serving(service: Any, wanted: int) -> list[int]:
    """The pids of the serving processes, once there are `wanted`."""
    until(lambda: service.count_events("serving") >= wanted, f"fewer than {wanted} processes serve", seconds=30)
    return [line["pid"] for line in service.lines() if line["event"] == "serving"]


def test_several_workers_count_together(start: Callable[..., Any]) -> None:
    """`/metrics` returns one sum, whichever worker answers."""
    service = start(workers="2")
    for _ in range(20):
        assert service.raw(HEAD + BODY).status == 200
    # The count follows the response.
    until(lambda: [line.get("route") for line in service.lines()].count("/assess") >= 20, "requests are missing")
    counted = 'triage_http_requests_total{method="POST",route="/assess",status="200"} 20.0'
    for _ in range(6):
        text = service.send("GET", "/metrics").body.decode()
        assert counted in text
        assert len(re.findall(r"^triage_knowledge_info\{.*\} 1\.0$", text, re.MULTILINE)) == 1
    assert service.stop() == 0


def test_workers_end_with_the_process_that_started_them(start: Callable[..., Any]) -> None:
    """Workers exit if their parent is killed, because they would hold the port."""
    service = start(workers="2", drain_seconds="1.5")
    _serving(service, 2)
    service.process.kill()
    until(lambda: service.count_events("stopped") == 2, "they go on")
    assert not service.is_up()
