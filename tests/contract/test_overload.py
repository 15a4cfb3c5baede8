"""Overload: requests queue, and only those waiting too long are refused."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.normal_path import NORMAL_ONLY, masked
from tests.waiting import until

GOOD = b'{"findings": {"ache": true}}'
HEAD = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(GOOD)
STREAM = (
    b"POST /assess/batch HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
)
PROBE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
FLOOD = 800
"""Requests at once: more than start and are refused in three turns of the loop, or are read in one."""


@contextlib.contextmanager
def flood(service: Any) -> Iterator[list[socket.socket]]:
    """Connections with one request each to a process paused during the block.

    Requests sent in the block arrive in the same turn, after the others.
    """
    connections = [service.connect() for _ in range(FLOOD)]
    for connection in connections:
        connection.sendall(PROBE)
        assert service.read(connection).status == 200, "it is accepted"
    service.process.send_signal(signal.SIGSTOP)
    try:
        for connection in connections:
            connection.sendall(HEAD + GOOD)
        yield connections
    finally:
        service.process.send_signal(signal.SIGCONT)


def counted(service: Any, series: str) -> float:
    """The value of one series; 0 if it does not exist yet."""
    found = re.search(rf"^{re.escape(series)} (\S+)$", service.send("GET", "/metrics").body.decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def overload_lines(service: Any) -> list[dict[str, Any]]:
    """The log lines that count refusals."""
    return [line for line in service.lines() if line["event"] == "overload"]


def logged_refusals(service: Any) -> int:
    """The refusals that the log counts."""
    return sum(line["refused"] for line in overload_lines(service))


@pytest.fixture
def patient(start: Callable[..., Any]) -> Any:
    """A service in which no request waits too long."""
    return start(queue_seconds="60")


@pytest.fixture
def impatient(start: Callable[..., Any]) -> Any:
    """A service in which waiting for one turn is too long."""
    return start(queue_seconds="0.000001")


def test_a_flood_is_answered_completely(patient: Any) -> None:
    """A flood of requests is answered completely if the queue has time."""
    with flood(patient) as connections:
        pass
    answers = [patient.read(connection) for connection in connections]
    assert {(answer.status, answer.body) for answer in answers} == {(200, patient.assess(GOOD).body)}


def test_requests_that_wait_too_long_is_refused_counted_and_logged_once_a_second(impatient: Any) -> None:
    """Each request is answered or refused with `Retry-After`; one log line a second has the number of refusals."""
    with flood(impatient) as connections:
        pass
    answers = [impatient.read(connection) for connection in connections]
    refused = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} == {200, 503}
    for answer in refused:
        answer.problem(503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert len({answer.headers["x-request-id"] for answer in refused}) == len(refused)
    assert counted(impatient, 'triage_http_requests_total{method="POST",route="/assess",status="503"}') == len(refused)
    assert counted(impatient, 'triage_rejected_total{type="overloaded"}') == len(refused)

    until(lambda: logged_refusals(impatient) == len(refused), "the log does not count all refusals")
    summaries = overload_lines(impatient)
    assert len({line["time"][:19] for line in summaries}) == len(summaries), "more than one line a second"
    assert counted(impatient, 'triage_queue_dropped_total{reason="expired"}') == len(refused)
    assert sum(line.get("status") == 503 for line in impatient.lines()) == 0
    again = connections[answers.index(refused[0])]
    again.sendall(HEAD + GOOD)
    assert impatient.read(again).status == 200, "the connection of a refused request stays usable"


def test_a_refusal_is_like_any_other_response(start: Callable[..., Any]) -> None:
    """A refusal has the request's id and CORS headers, no body after HEAD, and obeys `Connection: close`."""
    service = start(queue_seconds="0.000001", cors_origins="https://app.example")
    marks = b"X-Request-ID: mine\r\nOrigin: https://app.example\r\n"
    closing = HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n" + marks + b"\r\n") + GOOD
    head = b"HEAD /knowledge HTTP/1.1\r\nHost: x\r\n" + marks + b"\r\n"
    pipelined = (HEAD + GOOD) * 2
    last = {sent: service.connect() for sent in (closing, head, pipelined)}
    with flood(service):
        for sent, connection in last.items():
            connection.sendall(sent)
    refused = service.read(last[closing])
    assert refused.problem(503, "unavailable")["instance"] == "mine"
    assert refused.headers["access-control-allow-origin"] == "https://app.example"
    assert refused.headers["connection"] == "close"
    assert last[closing].recv(1) == b""
    received = last[head].recv(65_536)
    assert received.startswith(b"HTTP/1.1 503 ")
    assert received.endswith(b"\r\n\r\n")
    statuses = b""
    while statuses.count(b"HTTP/1.1 ") < 2:
        statuses += last[pipelined].recv(65_536)
    assert statuses.startswith(b"HTTP/1.1 503 ")


def test_both_paths_refuse_alike(start: Callable[..., Any]) -> None:
    """A refused report gets the same bytes, log lines and counts with the fast path as without it."""

    def refusals(*command: str) -> set[bytes]:
        service = start(*command, queue_seconds="0.000001")
        with flood(service) as connections:
            pass
        received = [connection.recv(65_536) for connection in connections]
        refused = [masked(response) for response in received if response.startswith(b"HTTP/1.1 503 ")]
        assert len(refused) > FLOOD / 2
        expired = 'triage_queue_dropped_total{reason="expired"}'
        until(lambda: counted(service, expired) == len(refused), "not each refusal is counted")
        for series in (
            'triage_http_requests_total{method="POST",route="/assess",status="503"}',
            'triage_rejected_total{type="overloaded"}',
        ):
            assert counted(service, series) == len(refused)
        assert counted(service, 'triage_http_request_seconds_count{method="POST",route="/assess"}') == FLOOD
        until(lambda: logged_refusals(service) == len(refused), "not each refusal is in the log")
        return set(refused)

    assert refusals() == refusals("-c", NORMAL_ONLY, "serve")


def test_health_and_metrics_do_not_wait(impatient: Any) -> None:
    """Probes and metrics are answered during overload, so that the platform does not restart the pod."""
    probes = [impatient.connect() for _ in range(FLOOD)]
    with flood(impatient):
        for number, probe in enumerate(probes):
            path = (b"/health/live", b"/health/ready", b"/metrics")[number % 3]
            probe.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert {impatient.read(probe).status for probe in probes} == {200}


def test_requests_in_pieces_wait_like_the_rest(impatient: Any) -> None:
    """A body after its head and a new stream are also refused if they wait too long."""
    late, stream = impatient.connect(), impatient.connect()
    late.sendall(HEAD)
    late.sendall(GOOD[:5])
    with flood(impatient):
        late.sendall(GOOD[5:])
        stream.sendall(STREAM)
    for connection in (late, stream):
        impatient.read(connection).problem(503, "unavailable")
    assert sum(line.get("status") == 503 for line in impatient.lines()) == 0


def test_requests_of_a_disconnected_client_are_not_answered(start: Callable[..., Any]) -> None:
    """A request of a client that has disconnected is not answered; a metric of its own counts it."""
    service = start(queue_seconds="60")
    with flood(service) as connections:
        left = connections[FLOOD // 3 : 2 * FLOOD // 3]  # behind the requests that start first
        for connection in left:
            connection.close()
    stayed = [connection for connection in connections if connection not in left]
    assert {service.read(connection).status for connection in stayed} == {200}

    def logged() -> int:
        return sum(line["left"] for line in overload_lines(service))

    until(lambda: logged() == len(left), "the log does not count all disconnected clients")
    assert counted(service, 'triage_queue_dropped_total{reason="client_left"}') == len(left)
    answered = counted(service, 'triage_http_requests_total{method="POST",route="/assess",status="200"}')
    assert answered == len(stayed)


def test_idle_or_slow_connections_take_no_turn(impatient: Any) -> None:
    """Idle connections, and connections in the middle of a head or a body, do not delay others."""
    for sent in (b"", HEAD[:20], HEAD, HEAD + GOOD[:5]):
        for _ in range(20):
            impatient.connect().sendall(sent)
        # Two groups that a slow process reads in one turn would exceed the requests of a turn.
        assert impatient.send("GET", "/health/live").status == 200
    assert [impatient.assess(GOOD).status for _ in range(5)] == [200] * 5


def test_batches_and_single_requests_do_not_delay_each_other(impatient: Any) -> None:
    """Neither a stream whose client does not read nor a busy stream delays other requests."""
    unread, busy = impatient.stream(), impatient.stream()
    unread.settimeout(1)
    with pytest.raises(TimeoutError):  # its client does not read, so the response never ends
        unread.sendall(impatient.chunk((GOOD + b"\n") * 500) * 2_000)
    received = b""
    for _ in range(5):
        busy.sendall(impatient.chunk((GOOD + b"\n") * 20))
        assert impatient.assess(GOOD).status == 200
    busy.sendall(impatient.chunk(b""))
    while not received.endswith(b"0\r\n\r\n"):
        received += busy.recv(65_536)
    lines = [line for line in received.partition(b"\r\n\r\n")[2].splitlines() if line.startswith(b"{")]
    items = [json.loads(line) for line in lines]
    assert [item["status"] for item in items] == [200] * 100
    expected = impatient.assess(GOOD).json
    assert [item["assessment"] for item in items] == [expected] * 100


def test_requests_in_a_row_on_one_connection_are_answered_in_order(patient: Any) -> None:
    """Pipelined requests are answered in order, and a client that disconnects leaves no work behind."""
    for _ in range(5):
        connection, gone = patient.connect(), patient.connect()
        for each in (connection, gone):
            each.sendall((HEAD + GOOD) * 3)
        gone.close()
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 3:
            part = connection.recv(65_536)
            assert part, received[-200:]
            received += part
    assert [patient.assess(GOOD).status for _ in range(5)] == [200] * 5
