"""All other refusals and headers, byte by byte over a real socket."""

from __future__ import annotations

from typing import Any

import pytest

CANARY = "zq9canary"
GOOD = b'{"findings": {"ache": true}}'
JSON = "application/json"


@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/plain", "application/xml", "application/msgpack", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=x", "application/problem+json", "application/jsonx",
     "application/json; charset=utf-16",
     "application/json; charset=latin-1", "application/json; version=1", "application/json, text/plain", CANARY, "*/*"],
)  # fmt: skip
def test_a_body_not_declared_as_json_is_415(service: Any, media_type: str | None) -> None:
    """A body without the media type JSON in UTF-8 gets a 415 that names the accepted type."""
    headers = {} if media_type is None else {"content_type": media_type}
    answer = service.send("POST", "/assess", GOOD, **headers)
    answer.problem(415, "unsupported-media-type")
    assert answer.headers["accept"] == JSON


@pytest.mark.parametrize("media_type", [JSON, "Application/JSON", JSON + "; charset=utf-8", JSON + ' ;charset="UTF-8"'])
def test_any_spelling_of_json_in_utf8_is_accepted(service: Any, media_type: str) -> None:
    """The media type is compared as in HTTP, ignoring case, blanks and quotes."""
    assert service.assess(GOOD, content_type=media_type).status == 200


def test_two_content_types_are_415(service: Any) -> None:
    """A body with two media types is refused."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\n"
    service.raw(head + b"Content-Length: 2\r\n\r\n{}").problem(415, "unsupported-media-type")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", CANARY])
def test_a_coded_body_is_415(service: Any, coding: str) -> None:
    """A compressed body is refused, because its decoded size has no limit."""
    answer = service.assess(GOOD, content_encoding=coding)
    answer.problem(415, "unsupported-content-coding")
    assert answer.headers["accept-encoding"] == "identity"


def test_identity_is_no_coding(service: Any) -> None:
    """`Content-Encoding: identity` is accepted as no encoding."""
    assert service.assess(GOOD, content_encoding="Identity").status == 200


def test_a_body_of_the_limit_is_accepted_and_one_byte_more_is_413(service: Any) -> None:
    """A body of 64 KiB is accepted; one byte more is refused."""
    whole = GOOD + b" " * (65_536 - len(GOOD))
    assert service.assess(whole).status == 200
    service.assess(whole + b" ").problem(413, "body-too-large")


@pytest.mark.parametrize("length", ["65537", "99999999999", "18446744073709551615"])
def test_an_announced_length_over_the_limit_is_413_before_the_body(service: Any, length: str) -> None:
    """A `Content-Length` over the limit is refused before the body arrives."""
    answer = service.send("POST", "/assess", content_type=JSON, content_length=length, expect="100-continue")
    answer.problem(413, "body-too-large")


def test_expect_gets_100_continue(service: Any) -> None:
    """A client with `Expect: 100-continue` gets `100 Continue`, sends its body and gets a complete response."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    connection = service.connect()
    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(GOOD))
    assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(GOOD)
    assert service.read(connection).status == 200


def test_a_chunked_body_over_the_limit_is_413(service: Any) -> None:
    """A chunked body is measured as it arrives."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    service.raw(head + chunk * 3).problem(413, "body-too-large")


def test_a_chunked_body_is_read(service: Any) -> None:
    """A chunked body is reassembled."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = (b"%x\r\n%b\r\n" % (len(part), part) for part in (GOOD[:9], GOOD[9:]))
    assert service.raw(head, *parts, b"0\r\n\r\n", pause=0.05).status == 200


@pytest.mark.parametrize("sent", [b"", GOOD[:7]])
def test_a_body_that_stalls_is_408(service: Any, sent: bytes) -> None:
    """A body that does not arrive in time gets 408, and the connection is closed."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
    answer = service.raw(head + sent)
    answer.problem(408, "body-timeout")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "path",
    [
        "/" + CANARY,
        "/assess/" + CANARY,
        "/health",
        "/docs/" + CANARY,
        "/try/" + CANARY,
        "/%2e%2e/etc/passwd",
        "/%ff",
        "//x",
    ],
)
def test_an_unknown_path_is_404(service: Any, path: str) -> None:
    """A path without a route is 404, whatever its content."""
    service.send("GET", path).problem(404, "not-found")


@pytest.mark.parametrize("path", ["/knowledge/" + CANARY, "/knowledge/causes/" + CANARY, "/knowledge/CAUSES"])
def test_an_unknown_entry_is_404(service: Any, path: str) -> None:
    """A kind or id that is not in the knowledge is 404."""
    service.send("GET", path).problem(404, "unknown-entry")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_assess_takes_post_alone(service: Any, method: str) -> None:
    """A method other than POST gets 405, and `Allow` lists the accepted methods."""
    answer = service.send(method, "/assess")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    if method != "HEAD":
        answer.problem(405, "method-not-allowed")


GET_ROUTES = [
    "/", "/knowledge", "/knowledge/causes", "/knowledge/causes/load", "/health/live", "/health/ready", "/metrics",
    "/openapi.yaml", "/openapi.json", "/docs", "/docs/init.js", "/try", "/try/try.js", "/try/try.css",
]  # fmt: skip


@pytest.mark.parametrize("path", GET_ROUTES)
def test_read_only_resources_refuse_post(service: Any, path: str) -> None:
    """POST to a read-only resource is 405 with `Allow`, and HEAD returns the head of GET."""
    answer = service.send("POST", path, b"{}", content_type=JSON)
    answer.problem(405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    got, head = service.send("GET", path), service.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1, */*;q=0", CANARY])
def test_accept_is_never_a_reason_to_refuse(service: Any, accept: str) -> None:
    """The response is JSON whatever `Accept` contains; there is never a 406."""
    assert service.assess(GOOD, accept=accept, accept_language="xx").headers["content-type"] == JSON


NO_HTTP: dict[str, bytes] = {
    "no HTTP": b"HELLO " + CANARY.encode() + b"\r\n\r\n",
    "bad length": b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "negative length": b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length and chunks": b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "bad chunk": b"POST /assess HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_bytes_that_are_not_http_are_400(service: Any, name: str) -> None:
    """Bytes that never reach the application are also refused with a problem."""
    service.raw(NO_HTTP[name]).problem(400, "bad-request")


def test_a_head_that_stalls_is_408(service: Any) -> None:
    """A connection that stops in the middle of a head times out."""
    service.raw(b"GET /health/live HTTP/1.1\r\nHo").problem(408, "request-timeout")


def test_a_head_may_come_in_pieces(service: Any) -> None:
    """A slow client is served as long as it continues."""
    pieces = (b"GET /health/li", b"ve HTTP/1.1\r\nHost: ", b"x\r\n", b"\r\n")
    assert service.raw(*pieces, pause=0.05).status == 200


def test_a_head_without_end_is_431(service: Any) -> None:
    """The head of a request is measured as it arrives."""
    head = b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"".join(b"x-%d: %b\r\n" % (n, b"y" * 1000) for n in range(70))
    service.raw(head).problem(431, "head-too-large")


@pytest.mark.parametrize(("size", "status"), [(65_536, 200), (65_537, 431)])
def test_a_head_is_measured_to_the_byte(service: Any, size: int, status: int) -> None:
    """A head of exactly the contract's limit is accepted, and one byte more is refused, even in one packet."""
    begin, end = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: ", b"\r\n\r\n"
    assert service.raw(begin + b"y" * (size - len(begin) - len(end)) + end).status == status


def test_bytes_before_a_head_are_not_counted_to_it(service: Any) -> None:
    """The end of a large array and the start of the next head may share a packet."""
    body = b"[" + b", ".join([GOOD] * 1_000).ljust(3_000_000) + b"]"
    head = b"POST /assess/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    assert service.raw(head % len(body) + body + b"GET /health/live HTT").status == 200


@pytest.mark.parametrize("behind", [b"HELLO\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\n\r\n"])
def test_a_refusal_does_not_overtake_the_answer_before_it(service: Any, behind: bytes) -> None:
    """Invalid bytes after a valid request are refused after its response, and the connection ends."""
    connection = service.connect()
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    connection.sendall(head % (len(GOOD), GOOD) + behind)
    received = service.read_all(connection)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 400 " in received


def test_an_empty_line_begins_nothing(service: Any) -> None:
    """A connection with line breaks only is closed like a silent one."""
    connection = service.connect()
    connection.sendall(b"\r\n")
    assert connection.recv(1) == b""


@pytest.mark.parametrize("sent", ["abc", "A.b_c~d-1", "x" * 64])
def test_a_well_formed_request_id_is_echoed_and_logged(service: Any, sent: str) -> None:
    """A client's own request id is in the response and in the log."""
    answer = service.assess(GOOD, x_request_id=sent)
    assert answer.headers["x-request-id"] == sent
    assert service.line(sent)["status"] == 200


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a/b", "a;b", "caf\xe9", '"a"'])
def test_any_other_request_id_is_replaced(service: Any, sent: str) -> None:
    """An id that could forge a log line is replaced."""
    answer = service.assess(GOOD, x_request_id=sent)
    assert answer.headers["x-request-id"] != sent
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", [*GET_ROUTES, "/nothing"])
def test_every_answer_carries_the_security_headers(service: Any, path: str) -> None:
    """No response may be sniffed, framed or executed."""
    headers = service.send("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    # The viewer of the contract inserts style elements; pages run only scripts that the service serves.
    allowed = "style-src 'self' 'unsafe-inline'" if path.startswith("/docs") else ""
    assert "unsafe" not in headers["content-security-policy"].replace(allowed, "")
    assert headers["content-language"] == "en"
    assert "server" not in headers


@pytest.mark.parametrize(
    "path", ["/", "/knowledge", "/knowledge/causes", "/openapi.yaml", "/openapi.json", "/docs", "/try"]
)
def test_an_unchanged_document_is_not_sent_twice(service: Any, path: str) -> None:
    """A client that holds the current document gets 304 without a body."""
    first = service.send("GET", path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=300"
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = service.send("GET", path, if_none_match=held)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert service.send("GET", path, if_none_match='"other"').status == 200


def test_pages_of_named_origins_may_call_and_no_others(service: Any) -> None:
    """CORS is for the configured origins only."""
    allowed = service.assess(GOOD, origin="https://app.example")
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in service.assess(GOOD, origin="https://other.example").headers


def test_a_browser_that_asks_first_is_answered_as_any_other(service: Any) -> None:
    """`OPTIONS` returns `Allow` to every origin, and CORS headers to the configured ones only."""
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "content-type"}
    for origin, is_named in (("https://app.example", True), ("https://other.example", False), ("null", False)):
        answer = service.send("OPTIONS", "/assess", origin=origin, **asked)
        assert (answer.status, answer.headers["allow"], answer.headers["vary"]) == (204, "OPTIONS, POST", "origin")
        assert (answer.headers.get("access-control-allow-origin") == origin) == is_named
        assert ("content-type" in answer.headers.get("access-control-allow-headers", "")) == is_named


def test_a_page_can_read_a_refusal(service: Any) -> None:
    """A refusal has CORS headers; without them a browser shows a network error instead of the problem."""
    for path in ("/nothing", "/knowledge/nothing"):
        answer = service.send("GET", path, origin="https://app.example")
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (404, "https://app.example")


def test_a_silent_connection_is_closed_without_a_response(service: Any) -> None:
    """A silent connection is closed without a response, so that it does not hold a file descriptor."""
    assert service.connect().recv(100) == b""
