"""Upgrade offers, which curl and Java send, are answered in HTTP/1.1."""

from __future__ import annotations

import time
from typing import Any

import pytest

GOOD = b'{"findings": {"ache": true}}'
OFFERS = {
    "HTTP/2": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "WebSocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "two of them": b"Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: TLS/1.0, IRC/6.9\r\n",
    "the last request": b"Connection: close, Upgrade\r\nUpgrade: h2c\r\n",
}
REQUEST = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
WHOLE = b"Content-Length: %d\r\n\r\n%b" % (len(GOOD), GOOD)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n9\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (GOOD[:9], len(GOOD) - 9, GOOD[9:])


def _ends(sent: bytes) -> tuple[int, ...]:
    """Cuts of a packet: within the head, after it, within the body."""
    head = sent.index(b"\r\n\r\n") + 4
    return 20, head - 2, head, head + 5


@pytest.mark.parametrize("body", [WHOLE, CHUNKED], ids=["whole", "chunked"])
@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_costs_no_byte_of_the_body(service: Any, name: str, body: bytes) -> None:
    """The response to a request with an offer equals the one without, however the packets are cut."""
    plain = service.assess(GOOD)
    sent = REQUEST + OFFERS[name] + body
    assert service.raw(sent).body == plain.body
    for end in _ends(sent):
        answer = service.raw(sent[:end], sent[end:], pause=0.02)
        assert (answer.status, answer.body) == (200, plain.body)


def test_a_connection_goes_on_after_an_offer(service: Any) -> None:
    """Later requests on the connection are answered in order, one by one or pipelined."""
    plain = service.assess(GOOD).body
    offered = REQUEST + OFFERS["HTTP/2"] + WHOLE
    connection = service.connect()
    for sent in (offered, REQUEST + WHOLE, offered):
        connection.sendall(sent)
        assert service.read(connection).body == plain
    last = b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    connection.sendall(offered + REQUEST + CHUNKED + offered + last)
    received = service.read_all(connection)
    assert received.count(plain) == 3
    assert received.rindex(plain) < received.index(b"HTTP/1.1 404 ")


def test_very_many_offers_at_once_are_answered(service: Any) -> None:
    """Each of very many pipelined offers is answered."""
    offered = b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + OFFERS["HTTP/2"] + b"\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    connection = service.connect()
    connection.sendall(offered * 2_000 + last)
    received = service.read_all(connection)
    assert received.count(b"HTTP/1.1 200 ") == 2_001


def test_a_stream_of_lines_goes_on_after_an_offer(service: Any) -> None:
    """Each line of a stream after an offer is answered when it arrives."""
    head = b"POST /assess/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    connection = service.connect()
    connection.sendall(
        head + OFFERS["the last request"] + b"Transfer-Encoding: chunked\r\n\r\n" + service.chunk(GOOD + b"\n")
    )
    time.sleep(0.05)
    connection.sendall(service.chunk(GOOD) + b"0\r\n\r\n")
    received = service.read_all(connection)
    assert received.count(service.assess(GOOD).body) == 2


def test_a_body_of_an_offer_is_still_timed_and_measured(service: Any) -> None:
    """A request with an offer has the same limits as any other."""
    service.raw(REQUEST + OFFERS["HTTP/2"] + b"Content-Length: 9\r\n\r\n{").problem(408, "body-timeout")
    service.raw(REQUEST + OFFERS["HTTP/2"] + b"Content-Length: 65537\r\n\r\n{").problem(413, "body-too-large")


@pytest.mark.parametrize("path", [b"/assess", b"example.com:443"])
def test_a_tunnel_is_400(service: Any, path: bytes) -> None:
    """`CONNECT` gets 400, and the bytes after it are not read."""
    service.raw(b"CONNECT " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n" + REQUEST + WHOLE).problem(400, "bad-request")


def test_neither_offers_nor_strange_bytes_make_a_library_speak(start: Any) -> None:
    """Offers and invalid bytes cause no log lines other than the documented ones."""
    service = start()
    for sent in (REQUEST + OFFERS["WebSocket"] + WHOLE, b"HELLO\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\n\r\n"):
        service.raw(sent)
    service.assess(GOOD, x_request_id="after-them")
    service.line("after-them")
    assert [line for line in service.lines() if line["event"] == "library_warning"] == []
