"""Many requests in one, over real sockets: each item as if it came alone, in order, in memory that does not grow."""

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
    """A service that waits one second for a body."""
    return start(body_seconds="1", shutdown_seconds="1", drain_seconds="1.5")


def _post(service: Any, body: Any, media: str, query: str = "") -> httpx.Response:
    url = f"http://127.0.0.1:{service.port}/assess/batch{query}"
    return httpx.post(url, content=body, headers={"content-type": media, "x-request-id": "many"}, timeout=60)


def _alone(service: Any, body: bytes, place: int, query: str = "") -> bytes:
    """The response to one request as a `BatchItem`, with the `instance` that it has there."""
    response = service.send("POST", f"/assess{query}", body, content_type=JSON, x_request_id="many")
    inner: bytes = response.body.replace(b'"instance":"many"', f'"instance":"many/{place}"'.encode())
    name = b"assessment" if response.status == 200 else b"problem"
    return b'{"status":%d,"%b":%b}' % (response.status, name, inner)


def test_each_item_of_an_array_is_answered_as_if_alone(service: Any) -> None:
    """The same bytes, in order; one that is refused has its own problem and spoils no other."""
    requests = [GOOD[0], *BAD, GOOD[1], GOOD[0]]
    response = _post(service, b"[" + b" , ".join(requests) + b"]", JSON)
    assert (response.status_code, response.headers["content-type"]) == (200, JSON)
    answers = [bytes(item) for item in _items(response.content)]
    assert answers == [_alone(service, request, place) for place, request in enumerate(requests)]


def test_each_line_is_answered_as_if_alone(service: Any) -> None:
    """Lines may be what no array can hold; blank ones are passed over, and the last needs no end."""
    requests = [GOOD[0], b"no json", b'{"findings":{"\xff":true}}', *BAD, GOOD[1]]
    body = b"\n\n" + b"\r\n \n".join(requests)
    response = _post(service, body, NDJSON)
    assert (response.status_code, response.headers["content-type"]) == (200, NDJSON)
    answers = response.content.split(b"\n")
    assert answers == [*(_alone(service, request, place) for place, request in enumerate(requests)), b""]


@pytest.mark.parametrize("media", [JSON, NDJSON])
def test_items_can_be_explained(service: Any, media: str) -> None:
    """The query asks for the explanation of every item."""
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
def test_an_array_that_is_none_is_refused_whole(service: Any, body: bytes, status: int, slug: str, code: str) -> None:
    """What cannot be cut into items has one problem."""
    answer = service.send("POST", "/assess/batch", body, content_type=JSON)
    assert [fault["code"] for fault in answer.problem(status, slug)["errors"]] == [code]


def test_an_array_may_be_64_times_as_long_as_a_request(service: Any) -> None:
    """What is announced as longer is refused before it comes."""
    length = str(64 * 65_536 + 1)
    service.send("POST", "/assess/batch", content_type=JSON, content_length=length).problem(413, "body-too-large")


def test_a_thousand_items_are_taken(service: Any) -> None:
    """The most that an array may have."""
    assert len(_items(_post(service, b"[" + b",".join(GOOD * 500) + b"]", JSON).content)) == 1000


@pytest.mark.parametrize("media", [JSON, NDJSON])
def test_an_item_that_is_too_large_is_refused_alone(service: Any, media: str) -> None:
    """It has the size limit of a request, and those after it are answered."""
    large = b'{"findings":{"ache":true}' + b" " * 70_000 + b"}"
    exact = GOOD[0].ljust(65_536)
    parts = [GOOD[0], large, exact, GOOD[1]]
    body = b"[" + b",".join(parts) + b"]" if media == JSON else b"\n".join(parts)
    content = _post(service, body, media).content
    answers = [json.loads(bytes(item)) for item in (_items(content) if media == JSON else content.splitlines())]
    assert [answer["status"] for answer in answers] == [200, 413, 200, 200]


def test_another_media_type_is_415_and_says_which_are_taken(service: Any) -> None:
    """Both of them."""
    answer = service.send("POST", "/assess/batch", b"[]", content_type="text/plain")
    answer.problem(415, "unsupported-media-type")
    assert answer.headers["accept"] == f"{JSON}, {NDJSON}"


def test_the_log_and_the_counts_know_each_item(service: Any) -> None:
    """One line with how many there were and how many were refused; each counts as a request of its own would."""
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


def test_lines_are_answered_while_they_come(service: Any) -> None:
    """The answer to the first line is there before the second is sent."""
    connection = service.stream()
    for _ in range(2):
        connection.sendall(service.chunk(GOOD[0] + b"\n"))
        assert b'"triage"' in _read_until(connection, b"}\n")
    connection.sendall(b"0\r\n\r\n")
    assert _read_until(connection, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_the_head_of_a_stream_is_there_before_the_first_line_ends(service: Any) -> None:
    """A client may wait for it before it sends more."""
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0]))
    assert _read_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    connection.sendall(service.chunk(b"\n"))
    assert b'"triage"' in _read_until(connection, b"}\n")


def test_a_stream_that_falls_silent_is_cut(start: Callable[..., Any]) -> None:
    """The client sees that the end is missing, and the log why."""
    service = start(body_seconds="1")
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0] + b"\n"))
    received = _read_until(connection, b"no such bytes")
    assert b'"triage"' in received
    assert not received.endswith(b"0\r\n\r\n")
    line = service.line("stream")
    assert (line["problem"], line["items"]) == ("body-timeout", 1)


def test_a_client_that_leaves_ends_the_work(start: Callable[..., Any]) -> None:
    """What it had not sent is not waited for."""
    service = start(body_seconds="20")
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0] + b"\n"))
    _read_until(connection, b"}\n")
    connection.close()
    line = service.line("stream")
    assert (line["problem"], line["items"]) == ("incomplete-body", 1)
    assert line["seconds"] < 10


def test_a_stop_cuts_a_stream_that_does_not_end(start: Callable[..., Any]) -> None:
    """After its patience the service ends in order, and the client sees that the end is missing."""
    service = start(drain_seconds="1.5", shutdown_seconds="0.5", body_seconds="20")
    connection = service.stream()
    connection.sendall(service.chunk(GOOD[0] + b"\n"))
    _read_until(connection, b"}\n")
    service.process.terminate()
    assert not _read_until(connection, b"no such bytes").endswith(b"0\r\n\r\n")
    assert service.process.wait(20) == 0


def _memory_mib(service: Any) -> float:
    """What the service holds in memory."""
    status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii")
    (held,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(held) / 1024


def _answered(service: Any, count: int) -> int:
    """How many lines come back while `count` are sent beside."""
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
    """Every line is answered, and what is held does not grow with their number."""
    assert _answered(service, 1_000) == 1_000
    before = _memory_mib(service)
    assert _answered(service, 100_000) == 100_000
    assert _memory_mib(service) - before < 20


def test_a_client_that_does_not_read_is_not_read_from(service: Any) -> None:
    """Nothing piles up: the service waits for it, holds little, and answers all others."""
    connection = service.stream()
    connection.settimeout(0.5)
    before = _memory_mib(service)
    with pytest.raises(TimeoutError):
        connection.sendall(service.chunk(b"\n".join(GOOD * 250) + b"\n") * 10_000)
    assert service.assess(GOOD[0]).status == 200
    assert _memory_mib(service) - before < 20


def test_a_client_that_never_reads_is_left(start: Callable[..., Any]) -> None:
    """It is waited for as long as for a body; then what it asked is not answered further."""
    service = start(body_seconds="1")
    unread = [service.connect() for _ in range(2)]
    body = b"[" + b",".join(GOOD * 500) + b"]"
    for connection in unread:
        connection.sendall(ARRAY_HEAD % len(body) + body)
    until(
        lambda: [line.get("route") for line in service.lines()].count("/assess/batch") == len(unread),
        "it is waited for",
        seconds=15,
    )


def test_arrays_that_come_together_do_not_fill_the_memory(start: Callable[..., Any]) -> None:
    """One for which there is no room is refused; the others, and single requests meanwhile, are answered.

    What has been answered makes room, and so does a client that leaves in the midst of it.
    """
    service = start(body_seconds="20")
    size = 64 * 65536
    body = (b"[" + b",".join(GOOD * 20)).ljust(size - 1)
    gone = service.connect()
    gone.sendall(ARRAY_HEAD % size + body)
    gone.close()
    assert service.line("array")["problem"] == "incomplete-body"
    coming = [service.connect() for _ in range(17)]  # each a byte short of 4 MiB, and there is room for 64
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
