"""Two workers share the load, and a paused one delays its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.mmap_dict import MmapedDict

from tests.faults.callers import Pair, receive
from tests.faults.saturation import figures, saturate
from tests.waiting import until

CONNECTIONS = 32
COUNT_SECONDS = 0.5
"""The time after a run in which a worker counts the requests in progress at its end."""


@pytest.fixture
def workers(serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A service with two workers and metrics in the test's folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    service = serve(knowledge="", workers="2")
    until(lambda: service.events().count("serving") == 2, "one worker does not serve")
    return service


@pytest.fixture
def answered(tmp_path: Path) -> Callable[[], dict[int, float]]:
    """Return the number of assessments of each worker, by process id."""

    def count() -> dict[int, float]:
        return {
            int(file.stem.removeprefix("counter_")): _assessments(file)
            for file in tmp_path.glob("triage-metrics-*/counter_*.db")
        }

    return count


def _assessments(file: Path) -> float:
    """The assessments in one worker's metrics file."""
    total = 0.0
    values = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]  # without types
    for key, value, *_ in values:
        name, labels = json.loads(key)[1:3]
        if name == "triage_http_requests_total" and labels["route"] == "/assess":
            total += value
    return total


@pytest.fixture
def connections(workers: Any) -> Iterator[list[socket.socket]]:
    """Keep-alive connections that close with the test."""
    opened = [socket.create_connection(("127.0.0.1", workers.port), timeout=20) for _ in range(CONNECTIONS)]
    yield opened
    for each in opened:
        each.close()


def test_each_worker_does_its_part(
    workers: Any,
    pairs: list[Pair],
    answered: Callable[[], dict[int, float]],
    report: Callable[..., None],
    tmp_path: Path,
) -> None:
    """With 32 keep-alive connections each of two workers does at least 30 % of the work in three runs."""
    shares = []
    for _ in range(3):
        before = answered()
        came = figures(saturate(workers.port, pairs[0], tmp_path, connections=CONNECTIONS, seconds=2))
        assert (came["bad_status"], came["broken"]) == (0, 0)
        time.sleep(COUNT_SECONDS)
        done = [count - before.get(pid, 0) for pid, count in answered().items()]
        assert sum(done) == pytest.approx(came["requests"], abs=2 * CONNECTIONS)  # some are still in progress
        shares.append(min(done) / sum(done))
    report("two workers, 32 keep-alive connections", **{"lesser share of three runs": f"{min(shares):.0%}"})
    assert len(answered()) == 2
    assert min(shares) >= 0.3


def test_a_paused_worker_delays_only_its_own_clients(
    connections: list[socket.socket],
    pairs: list[Pair],
    answered: Callable[[], dict[int, float]],
    report: Callable[..., None],
) -> None:
    """The other worker answers its clients as usual, and the paused one its own afterwards; none is lost."""
    pair = pairs[0]
    for connection in connections:
        connection.sendall(pair.request)
        assert receive(connection)[2] == pair.answer
    until(lambda: sum(answered().values()) >= CONNECTIONS, "not all requests are counted")
    (stopped, its_share), (_, other_share) = answered().items()
    os.kill(stopped, signal.SIGSTOP)
    try:
        for connection in connections:
            connection.sendall(pair.request)
        time.sleep(1)
        ready = [connection for connection in connections if _has_answer(connection)]
    finally:
        os.kill(stopped, signal.SIGCONT)
    report(
        "one of two workers paused for 1 s (SIGSTOP)",
        answered_meanwhile=len(ready),
        answered_afterwards=len(connections) - len(ready),
    )
    assert (len(ready), len(connections) - len(ready)) == (other_share, its_share)
    for connection in connections:
        assert receive(connection)[2] == pair.answer


def _has_answer(connection: socket.socket) -> bool:
    """Whether a response can be read."""
    connection.settimeout(0)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(20)
