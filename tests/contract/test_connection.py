"""HTTP below the application: trailers, connection limits, and rules for heads."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from service.access.keys import generate_key
from tests.waiting import until

GOOD = b'{"findings": {"ache": true}}'
CHUNKED = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
KNOWN_LENGTH = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 28\r\n"
BODY = b"%x\r\n%b\r\n0\r\n" % (len(GOOD), GOOD)
FOREIGN = {
    "x-request-id": b"of-a-trailer",
    "origin": b"https://app.example",
    "content-type": b"text/plain",
    "content-encoding": b"gzip",
    "expect": b"100-continue",
}


@pytest.fixture(scope="module")
def keyed(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """A service that requires keys, and a key."""
    key = generate_key()[0]
    path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    path.write_text(f"partners:\n  one: {{keys: {{k0: {{sha256: {hashlib.sha256(key.encode()).hexdigest()}}}}}}}\n")
    return start(keys=str(path), body_seconds="1", cors_origins="https://app.example"), key


def _refused(service: Any, kind: str) -> float:
    """The number of refusals of one kind."""
    lines = service.send("GET", "/metrics").body.decode().splitlines()
    named = [line for line in lines if line.startswith(f'triage_connections_refused_total{{kind="{kind}"}}')]
    return float(named[0].split()[1]) if named else 0


@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["same_packet", "later"])
def test_a_key_in_a_trailer_is_not_a_key(keyed: tuple[Any, str], pause: float) -> None:
    """A key in a trailer does not count, so a gateway that filters heads cannot be bypassed (RFC 9110, 6.5.1)."""
    service, key = keyed
    parts = [CHUNKED + b"\r\n", BODY + b"Authorization: Bearer " + key.encode() + b"\r\n\r\n"]
    answer = service.raw(*parts, pause=pause) if pause else service.raw(b"".join(parts))
    answer.problem(401, "unauthorized")


@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["same_packet", "later"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_trailer_changes_nothing(keyed: tuple[Any, str], name: str, pause: float) -> None:
    """A valid request keeps its response, id and origin, whatever its trailers contain."""
    service, key = keyed
    head = CHUNKED + b"Authorization: Bearer " + key.encode() + b"\r\n\r\n"
    trailer = name.encode() + b": " + FOREIGN[name] + b"\r\n\r\n"
    answer = service.raw(head, BODY + trailer, pause=pause) if pause else service.raw(head + BODY + trailer)
    assert answer.status == 200
    assert answer.headers["x-request-id"] != "of-a-trailer"
    assert "access-control-allow-origin" not in answer.headers


def test_an_address_in_a_trailer_does_not_evade_the_rate_limit(start: Callable[..., Any]) -> None:
    """The last `X-Forwarded-For` of the head counts, not one in a trailer."""
    service = start(rate_limit="5/minute", proxies="1")
    statuses = []
    for number in range(7):
        trailer = b"X-Forwarded-For: 10.1.1.%d\r\n\r\n" % number
        statuses.append(service.raw(CHUNKED + b"X-Forwarded-For: 10.9.9.9\r\n\r\n" + BODY + trailer).status)
    assert statuses == [200] * 5 + [429] * 2


@pytest.mark.parametrize("path", [b"GET /health/live", b"POST /assess", b"GET /nothing"])
@pytest.mark.parametrize(
    "endless",
    [b"X-A: bbbbbbbb\r\n" * 4_000, b"a:\r\n" * 16_000, b"X-A: " + b"b" * 64_000],
    ids=["lines", "short", "one"],
)
def test_trailers_without_end_end_the_connection(service: Any, path: bytes, endless: bytes) -> None:
    """Every route stops reading trailers after 16 KiB, even after its response."""
    before = _refused(service, "framing-too-large")
    connection = service.connect()
    head = b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    connection.sendall(path + head)
    _send_until_ended(connection, endless, 1_000)
    assert _refused(service, "framing-too-large") == before + 1


def _send_until_ended(connection: Any, data: bytes, times: int) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(times):
            connection.sendall(data)
        pytest.fail("the service read all of it")


def test_a_chunk_extension_without_end_ends_the_connection(service: Any) -> None:
    """The size line of a chunk has a limit, although the parser drops chunk extensions."""
    connection = service.connect()
    connection.sendall(CHUNKED + b"\r\n1;")
    _send_until_ended(connection, b"x" * 64_000, 1_000)


def test_chunk_extensions_and_small_chunks_are_read(service: Any) -> None:
    """A body in chunks of one byte, each with an extension, is accepted."""
    chunks = b"".join(b"1;name=value\r\n%c\r\n" % byte for byte in GOOD + b" " * 3_000)
    assert service.raw(CHUNKED + b"\r\n" + chunks + b"0\r\nX-Sum: 1\r\n\r\n").status == 200


def test_empty_lines_without_end_end_the_connection(service: Any) -> None:
    """Empty lines do not begin a request, and the connection is closed after a limit."""
    connection = service.connect()
    _send_until_ended(connection, b"\r\n" * 32_000, 1_000)


@pytest.mark.parametrize(("fields", "status"), [(128, 200), (129, 431)])
def test_a_head_has_at_most_128_fields(service: Any, fields: int, status: int) -> None:
    """A head with more fields is refused, because a short field needs many times its bytes in memory."""
    more = b"".join(b"a%d:\r\n" % number for number in range(fields - 2))
    answer = service.raw(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + more + b"\r\n")
    assert answer.status == status


HEADS = {
    "no host": (b"GET /health/live HTTP/1.1\r\n\r\n", 400, "bad-request"),
    "two hosts": (b"GET /health/live HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "two hosts in 1.0": (b"GET /health/live HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad-request"),
    "a host with a blank": (b"GET /health/live HTTP/1.1\r\nHost: x y\r\n\r\n", 400, "bad-request"),
    "no version": (b"GET /knowledge\r\n\r\n", 400, "bad-request"),
    "version 0.9": (b"GET /knowledge HTTP/0.9\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "no number": (b"GET /knowledge HTTP/x.y\r\nHost: x\r\n\r\n", 400, "bad-request"),
    "version 2.0": (b"GET /knowledge HTTP/2.0\r\nHost: x\r\n\r\n", 505, "unsupported-http-version"),
    "version 3.0": (b"GET /knowledge HTTP/3.0\r\nHost: x\r\n\r\n", 505, "unsupported-http-version"),
    "gzip and chunked": (
        CHUNKED.replace(b"chunked", b"gzip, chunked") + b"\r\n",
        501,
        "unsupported-transfer-coding",
    ),
    "two lines of codings": (
        CHUNKED.replace(b"Transfer", b"Transfer-Encoding: x-y\r\nTransfer") + b"\r\n",
        501,
        "unsupported-transfer-coding",
    ),
    "gzip alone": (CHUNKED.replace(b"chunked", b"gzip") + b"\r\n", 400, "bad-request"),
    "chunked twice": (CHUNKED.replace(b"chunked", b"chunked, chunked") + b"\r\n", 400, "bad-request"),
    "chunks in 1.0": (CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n" + BODY + b"\r\n", 400, "bad-request"),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_http_forbids_is_refused(service: Any, name: str) -> None:
    """Each invalid head gets the status that RFC 9110 and 9112 require."""
    sent, status, slug = HEADS[name]
    before = _refused(service, slug)
    service.raw(sent).problem(status, slug)
    assert _refused(service, slug) == before + 1


@pytest.mark.parametrize(
    "head",
    [b"GET /health/live HTTP/1.0\r\n\r\n", b"GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
     b"GET /health/live HTTP/1.1\r\nHost: [::1]:8000\r\nConnection: close\r\n\r\n",
     b"GET http://x/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
)  # fmt: skip
def test_unusual_heads_that_http_allows_are_answered(service: Any, head: bytes) -> None:
    """HTTP/1.0 needs no host, and a host may be empty or an address."""
    assert service.raw(head).status == 200


@pytest.mark.parametrize(
    "form", [b"Authorization:  Bearer %b \t", b"Authorization:\tBearer %b", b"authorization: bearer   %b"]
)
def test_whitespace_around_a_key_is_ignored(keyed: tuple[Any, str], form: bytes) -> None:
    """Whitespace around a key is not part of the field's value (RFC 9110, 5.5)."""
    service, key = keyed
    assert service.raw(KNOWN_LENGTH + form % key.encode() + b"\r\n\r\n" + GOOD).status == 200


def test_a_client_that_still_sends_sees_an_early_response(keyed: tuple[Any, str]) -> None:
    """The service drops the rest of a large refused body and serves the next request of the connection."""
    service, _ = keyed
    connection = service.connect()
    connection.sendall(b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + b" " * 9_000_000)
    service.read(connection).problem(401, "unauthorized")
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert service.read(connection).status == 200


def test_the_rest_of_an_unwanted_body_is_bounded(keyed: tuple[Any, str]) -> None:
    """After its response a request may send 16 MiB, within the body timeout."""
    service, _ = keyed
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n"
    for rest in (b"", b" " * 100):
        connection = service.connect()
        connection.sendall(head)
        service.read(connection).problem(401, "unauthorized")
        connection.sendall(rest)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    connection = service.connect()
    connection.sendall(head)
    _send_until_ended(connection, b" " * 64_000, 10_000)
    until(lambda: _refused(service, "body-not-wanted") == 3, "the metric does not count every unwanted body")


def test_a_refusal_is_seen_by_a_client_that_still_sends(service: Any) -> None:
    """The service reads on for a moment after a refusal, so that a reset does not lose the response."""
    connection = service.connect()
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 100_000)
    service.read(connection).problem(431, "head-too-large")


def test_refusals_are_logged_once_a_second_by_kind(start: Callable[..., Any]) -> None:
    """Refusals of one kind have one log line a second, so that a broken proxy cannot flood the log."""
    service = start()
    for _ in range(50):
        service.raw(b"HELLO\r\n\r\n").problem(400, "bad-request")
    service.raw(HEADS["version 3.0"][0])
    assert service.stop() == 0
    lines = [line for line in service.lines() if line["event"] == "connections_refused"]
    assert sum(line["count"] for line in lines if line["kind"] == "bad-request") == 50
    assert [line["count"] for line in lines if line["kind"] == "unsupported-http-version"] == [1]
    assert len(lines) < 10


def test_a_slow_upload_is_not_a_slow_response(start: Callable[..., Any]) -> None:
    """The latency counts from the last byte of a request; an incomplete request has no latency."""
    service = start(body_seconds="1")
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        GOOD
    )
    assert service.raw(head, GOOD[:7], GOOD[7:], pause=0.3).status == 200
    service.raw(head + GOOD[:7]).problem(408, "body-timeout")
    service.connect().sendall(head + GOOD[:7])
    metrics = service.send("GET", "/metrics").body.decode()
    assert 'triage_http_request_seconds_count{method="POST",route="/assess"} 1.0' in metrics
    assert 'triage_http_request_seconds_bucket{le="0.25",method="POST",route="/assess"} 1.0' in metrics
    assert 'triage_http_requests_total{method="POST",route="/assess",status="408"} 1.0' in metrics


def test_a_head_that_waits_in_the_service_is_not_late(start: Callable[..., Any]) -> None:
    """A head that waits behind earlier requests of its connection does not time out."""
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    service = start(body_seconds="0.5")
    connection = service.connect()
    connection.sendall(request * 8_000 + last)
    assert service.read_all(connection).count(b"HTTP/1.1 200 ") == 8_001
