"""Batches over real sockets: items as if sent alone, bounded memory."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.waiting import until

GOOD = [b'{"findings":{"ache":true}}', b'{"findings":{"hot_run":true},"training":{"km":[10,12]}}']
BAD = [b"7", b'{"findings":[]}', b'{"findings":{"ach":true}}', b'{"findings":{"ache":true},"findings":{"ache":false}}']
JSON, NDJSON = "application/json", "application/x-ndjson"
ARRAY_HEAD = (
    b"POST /assess/batch HTTP/1.1\r\nHost: x\r\nX-Request-Id: array\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


@pytest.fixture(scope="module")
def service(start: Callable[..., Any]) -> Any:
    """A service with a body timeout of one second."""
    return start(body_seconds="1", shutdown_seconds="1", drain_seconds="1.5")


def _post(service: Any, body: Any, media: str, query: str = "") -> httpx.Response:
    url = f"http://127.0.0.1:{service.port}/assess/batch{query}"
    return httpx.post(url, content=body, headers={"content-type": media, "x-request-id": "many"}, timeout=60)


def _alone(service: Any, body: bytes, place: int, query: str = "") -> bytes:
    """The response to one request, as the `BatchItem` of a batch."""
    response = service.send("POST", f"/assess{query}", body, content_type=JSON, x_request_id="many")
    inner: bytes = response.body.replace(b'"instance":"many"', f'"instance":"many/{place}"'.encode())
    name = b"assessment" if response.status == 200 else b"problem"
    return b'{"status":%d,"%b":%b}' % (response.status, name, inner)


def test_each_item_of_an_array_is_answered_as_if_alone(service: Any) -> None:
    """Each item gets the bytes that it gets alone, in order; a refused item does not affect others."""
    requests = [GOOD[0], *BAD, GOOD[1], GOOD[0]]
    response = _post(service, b"[" + b" , ".join(requests) + b"]", JSON)
    assert (response.status_code, response.headers["content-type"]) == (200, JSON)
    answers = [bytes(item) for item in _items(response.content)]
    assert answers == [_alone(service, request, place) for place, request in enumerate(requests)]


def test_each_line_is_answered_as_if_alone(service: Any) -> None:
    """Each line is answered as if sent alone; blank lines are skipped, and the last needs no line feed."""
    requests = [GOOD[0], b"no json", b'{"findings":{"\xff":true}}', *BAD, GOOD[1]]
    body = b"\n\n" + b"\r\n \n".join(requests)
    response = _post(service, body, NDJSON)
    assert (response.status_code, response.headers["content-type"]) == (200, NDJSON)
    answers = response.content.split(b"\n")
    assert answers == [*(_alone(service, request, place) for place, request in enumerate(requests)), b""]


@pytest.mark.parametrize("media", [JSON, NDJSON])
def test_items_can_be_explained(service: Any, media: str) -> None:
    """The query parameter `explain` applies to every item."""
    body = b"[" + GOOD[0] + b"]" if media == JSON else GOOD[0]
    answer = _post(service, body, media, "?explain=full").content
    assert answer.strip(b"[]\n") == _alone(service, GOOD[0], 0, "?explain=full")


@pytest.mark.parametrize(
    ("body", "status", "slug", "code"),
    [
        (b"[]", 422, "broken-contract", "too_few_items"),
        (b"[" + b"1," * 1000 + b"1]", 422, "broken-contract", "too_many_items"),
        (b'{"requests":[]}', 422, "broken-contract", "type"),
        (b"[" * 100_000 + b"]" * 100_000, 422, "broken-contract", "too_deep"),
        (b"[1,", 400, "malformed-body", "invalid_json"),
        (b"", 400, "malformed-body", "empty"),
        (b'{"a":', 400, "malformed-body", "invalid_json"),
        (b'[{"findings":{"ache":true}},{"findings":nul}]', 400, "malformed-body", "invalid_json"),
        (b'[{"findings":{"ache":true}},{"findings":{"\xff":true}}]', 400, "malformed-body", "invalid_utf8"),
    ],
    ids=["empty", "1001", "object", "deep", "cut", "nothing", "no-array", "bad-item", "no-utf8"],
)
def test_an_invalid_array_is_refused_as_a_whole(service: Any, body: bytes, status: int, slug: str, code: str) -> None:
    """A body that is not an array of items gets one problem."""
    answer = service.send("POST", "/assess/batch", body, content_type=JSON)
    assert [fault["code"] for fault in answer.problem(status, slug)["errors"]] == [code]


def test_an_array_may_be_64_times_as_long_as_a_request(service: Any) -> None:
    """An array may be 64 times as long as a request; a longer `Content-Length` is refused unread."""
    length = str(64 * 65_536 + 1)
    service.send("POST", "/assess/batch", content_type=JSON, content_length=length).problem(413, "body-too-large")


def test_a_thousand_items_are_accepted(service: Any) -> None:
    """An array of 1,000 items, the maximum, is accepted."""
    assert len(_items(_post(service, b"[" + b",".join(GOOD * 500) + b"]", JSON).content)) == 1000


@pytest.mark.parametrize("media", [JSON, NDJSON])
def test_an_item_that_is_too_large_is_refused_alone(service: Any, media: str) -> None:
    """An item over the size limit of a request is refused alone; later items are answered."""
    large = b'{"findings":{"ache":true}' + b" " * 70_000 + b"}"
    exact = GOOD[0].ljust(65_536)
    parts = [GOOD[0], large, exact, GOOD[1]]
    body = b"[" + b",".join(parts) + b"]" if media == JSON else b"\n".join(parts)
    content = _post(service, body, media).content
    answers = [json.loads(bytes(item)) for item in (_items(content) if media == JSON else content.splitlines())]
    assert [answer["status"] for answer in answers] == [200, 413, 200, 200]


def test_another_media_type_is_415_and_names_the_accepted_ones(service: Any) -> None:
    """The 415 problem names both accepted media types."""
    answer = service.send("POST", "/assess/batch", b"[]", content_type="text/plain")
    answer.problem(415, "unsupported-media-type")
    assert answer.headers["accept"] == f"{JSON}, {NDJSON}"


def test_the_log_and_the_counts_know_each_item(service: Any) -> None:
    """One log line has the numbers of items and of refusals; the metrics count every item."""
    before = _counted(service)
    request_id = service.send(
        "POST", "/assess/batch", b"\n".join([*GOOD, *BAD]), content_type=NDJSON, x_request_id="counted"
    ).headers["x-request-id"]
    line = service.line(request_id)
    assert (line["route"], line["items"], line["refused"]) == ("/assess/batch", 6, 4)
    after = _counted(service)
    assert (after["triage_assessments_total"] - before["triage_assessments_total"]) == 2
    assert (after["triage_rejected_total"] - before["triage_rejected_total"]) == 4


def _counted(service: Any) -> dict[str, float]:
    text = service.send("GET", "/metrics").body.decode()
    names = ("triage_assessments_total", "triage_rejected_total")
    return {
        name: sum(float(value) for value in re.findall(rf"^{name}\{{.*\}} (\S+)$", text, re.MULTILINE))
        for name in names
    }


def _read_until(connection: socket.socket, wanted: bytes) -> bytes:
    received = b""
    while wanted not in received and (part := connection.recv(65_536)):
        received += part
    return received


def test_lines_are_answered_as_they_arrive(service: Any) -> None:
    """The response to the first line arrives before the client sends the second."""
    connection = service.stream()
    for _ in range(2):
        connection.sendall(service.chunk(GOOD[0] + b"\n"))
        assert b'"triage"' in _read_until(connection, b"}\n")
    connection.sendall(b"0\r\n\r\n")
    assert _read_until(connection, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_the_head_of_a_stream_is_there_before_the_first_line_ends(service: Any) -> None:
    """The response head arrives before the first line ends, because some clients wait for it."""
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0]))
    assert _read_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    connection.sendall(service.chunk(b"\n"))
    assert b'"triage"' in _read_until(connection, b"}\n")


def test_a_stream_that_falls_silent_is_cut(start: Callable[..., Any]) -> None:
    """A stream without data for too long is cut: the client misses the end, and the log has the reason."""
    service = start(body_seconds="1")
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0] + b"\n"))
    received = _read_until(connection, b"no such bytes")
    assert b'"triage"' in received
    assert not received.endswith(b"0\r\n\r\n")
    line = service.line("stream")
    assert (line["problem"], line["items"]) == ("body-timeout", 1)


def test_a_client_that_leaves_ends_the_work(start: Callable[..., Any]) -> None:
    """The service does not wait for the remaining lines of a client that has disconnected."""
    service = start(body_seconds="20")
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0] + b"\n"))
    _read_until(connection, b"}\n")
    connection.close()
    line = service.line("stream")
    assert (line["problem"], line["items"]) == ("incomplete-body", 1)
    assert line["seconds"] < 10


def test_a_stop_cuts_a_stream_that_does_not_end(start: Callable[..., Any]) -> None:
    """A stop cuts an endless stream after the grace period; the exit code is 0."""
    service = start(drain_seconds="1.5", shutdown_seconds="0.5", body_seconds="20")
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0] + b"\n"))
    _read_until(connection, b"}\n")
    service.process.terminate()
    assert not _read_until(connection, b"no such bytes").endswith(b"0\r\n\r\n")
    assert service.process.wait(20) == 0


def _memory_mib(service: Any) -> float:
    """The resident memory of the service."""
    status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii")
    (held,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(held) / 1024


def _answered(service: Any, count: int) -> int:
    """The number of response lines to `count` lines."""
    connection = service.stream()

    def send() -> None:
        for _ in range(count // 500):
            connection.sendall(service.chunk(b"\n".join(GOOD * 250) + b"\n"))
        connection.sendall(b"0\r\n\r\n")

    with ThreadPoolExecutor(1) as beside:
        sending = beside.submit(send)
        response = HTTPResponse(connection, method="POST")
        response.begin()
        lines = sum(part.count(b"\n") for part in iter(lambda: response.read(1 << 20), b""))
        sending.result()
    return lines


def test_a_hundred_thousand_lines_take_no_more_memory_than_a_thousand(service: Any) -> None:
    """Every line is answered, and the memory does not grow with the number of lines."""
    assert _answered(service, 1_000) == 1_000
    before = _memory_mib(service)
    assert _answered(service, 100_000) == 100_000
    assert _memory_mib(service) - before < 20


def test_a_client_that_does_not_read_is_not_read_from(service: Any) -> None:
    """If a client does not read, the service stops reading from it and answers all others."""
    connection = service.stream()
    connection.settimeout(0.5)
    before = _memory_mib(service)
    with pytest.raises(TimeoutError):
        connection.sendall(service.chunk(b"\n".join(GOOD * 250) + b"\n") * 10_000)
    assert service.assess(GOOD[0]).status == 200
    assert _memory_mib(service) - before < 20


def test_a_client_that_never_reads_is_disconnected(start: Callable[..., Any]) -> None:
    """A client that never reads is disconnected after the body timeout, and its other lines are not answered."""
    service = start(body_seconds="1")
    unread = [service.connect() for _ in range(2)]
    body = b"[" + b",".join(GOOD * 500) + b"]"
    for connection in unread:
        connection.sendall(ARRAY_HEAD % len(body) + body)
    until(
        lambda: [line.get("route") for line in service.lines()].count("/assess/batch") == len(unread),
        "the service still waits for it",
        seconds=15,
    )


def test_simultaneous_arrays_do_not_exhaust_the_memory(start: Callable[..., Any]) -> None:
    """Arrays over the memory budget are refused; the accepted ones and single requests are answered.

    Answered arrays free their share of the budget, and so do clients that disconnect midway.
    """
    service = start(body_seconds="20")
    size = 64 * 65536
    body = (b"[" + b",".join(GOOD * 20)).ljust(size - 1)
    gone = service.connect()
    gone.sendall(ARRAY_HEAD % size + body)
    gone.close()
    assert service.line("array")["problem"] == "incomplete-body"
    coming = [service.connect() for _ in range(17)]  # each is a byte short of 4 MiB, and the budget is 64 MiB
    for connection in coming:
        connection.sendall(ARRAY_HEAD % size + body)
    assert service.assess(GOOD[0]).status == 200
    statuses = []
    for connection in coming:
        connection.sendall(b"]")
        response = HTTPResponse(connection, method="POST")
        response.begin()
        statuses.append(response.status)
        response.read()
    assert sorted(statuses) == [200] * 16 + [503]
    assert service.send("POST", "/assess/batch", body + b"]", content_type=JSON).status == 200
