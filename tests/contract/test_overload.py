"""More requests than can be answered soon: some are refused at once, the others are answered, and nobody waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.waiting import until

GOOD = b'{"findings": {"ache": true}}'
HEAD = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(GOOD)


@pytest.fixture
def narrow(start: Callable[..., Any]) -> Any:
    """A service that takes one request at a time."""
    return start(concurrency="1")


def test_of_a_flood_some_are_answered_and_the_rest_refused(narrow: Any) -> None:
    """Each request is answered or refused with when to come back; both are counted, and the log has the sum."""
    whole = HEAD + GOOD
    connections = [narrow.connect() for _ in range(60)]

    def send(connection: Any) -> list[int]:
        statuses = []
        for _ in range(10):
            connection.sendall(whole)
            answer = narrow.read(connection)
            if answer.status == 503:
                answer.problem(503, "unavailable")
                assert answer.headers["retry-after"] == "1"
            statuses.append(answer.status)
        return statuses

    with ThreadPoolExecutor(60) as pool:
        statuses = [status for each in pool.map(send, connections) for status in each]
    assert set(statuses) == {200, 503}
    metrics = narrow.send("GET", "/metrics").body.decode()
    shed = statuses.count(503)
    assert f'triage_http_requests_total{{method="POST",route="/assess",status="503"}} {shed}.0' in metrics
    assert f'triage_rejected_total{{type="overloaded"}} {shed}.0' in metrics
    until(
        lambda: sum(line["requests"] for line in narrow.lines() if line["event"] == "shedding") >= shed,
        "not all that was shed is told",
        seconds=10,
    )
    assert sum(line.get("status") == 503 for line in narrow.lines()) == 0
    assert narrow.assess(GOOD).status == 200


def test_what_is_idle_or_slow_crowds_nobody_out(narrow: Any) -> None:
    """Connections that are open, in the middle of a head or of a body take no room."""
    for sent in (b"", HEAD[:20], HEAD, HEAD + GOOD[:5]):
        for _ in range(5):
            narrow.connect().sendall(sent)
    time.sleep(0.2)
    assert [narrow.assess(GOOD).status for _ in range(5)] == [200] * 5


def test_requests_in_a_row_on_one_connection_leave_nothing_behind(start: Callable[..., Any]) -> None:
    """A client that does not wait for answers gets them in order, and one that goes away takes its room with it."""
    service = start(concurrency="2")
    for _ in range(5):
        connection = service.connect()
        connection.sendall((HEAD + GOOD) * 3)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 3:
            part = connection.recv(65536)
            assert part, received[-200:]
            received += part
        gone = service.connect()
        gone.sendall((HEAD + GOOD) * 3)
        gone.close()
        time.sleep(0.2)
        until(
            lambda: b"triage_requests_in_flight 0.0" in service.send("GET", "/metrics").body,
            "what it asked is still in hand",
            seconds=10,
        )
    assert [service.assess(GOOD).status for _ in range(5)] == [200] * 5


def test_what_comes_in_pieces_is_refused_like_the_rest(start: Callable[..., Any]) -> None:
    """With its head or later, in a report or in lines: what is too much is refused, and counted as such."""
    service = start(concurrency="1")
    late, lines, busy = service.connect(), service.stream(), service.stream()
    late.sendall(HEAD)
    late.sendall(GOOD[:5])
    busy.settimeout(1)
    with pytest.raises(TimeoutError):  # its client does not read, so the answer is never at its end
        busy.sendall(service.chunk((GOOD + b"\n") * 500) * 2_000)
    metrics = service.send("GET", "/metrics").body.decode()
    assert "triage_requests_in_flight 0.0" not in metrics
    late.sendall(GOOD[5:])
    lines.sendall(service.chunk(GOOD + b"\n"))
    for answer in (service.read(late), service.read(lines), service.assess(GOOD)):
        answer.problem(503, "unavailable")
    metrics = service.send("GET", "/metrics").body.decode()
    assert 'triage_rejected_total{type="overloaded"} 3.0' in metrics
    assert 'triage_http_requests_total{method="POST",route="/assess",status="503"} 2.0' in metrics
    busy.close()
    deadline = time.monotonic() + 10
    while service.assess(GOOD).status != 200:
        assert time.monotonic() < deadline
    told = [line["requests"] for line in service.lines() if line["event"] == "shedding"]
    refused = service.send("GET", "/metrics").body.decode()
    while f'triage_rejected_total{{type="overloaded"}} {sum(told)}.0' not in refused:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        told = [line["requests"] for line in service.lines() if line["event"] == "shedding"]
    assert sum(line.get("status") == 503 for line in service.lines()) == 0


def test_a_stream_that_waits_for_more_crowds_nobody_out(narrow: Any) -> None:
    """Between its lines it takes no room, and it goes on when they come."""
    connection = narrow.stream()
    for _ in range(3):
        connection.sendall(narrow.chunk(GOOD + b"\n"))
        received = b""
        while b"}\n" not in received:
            received += connection.recv(65_536)
        assert b'"triage"' in received
        assert [narrow.assess(GOOD).status for _ in range(3)] == [200] * 3
