"""Trailers behind a real proxy, which filters header fields."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.access.keys import generate_key
from tests.faults.callers import receive
from tests.faults.proxy import haproxy
from tests.ports import free_port
from tests.waiting import until

PROXY = """\
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend gateway
  bind 127.0.0.1:{gateway}
  option forwardfor
  http-request del-header Authorization if {{ req.hdr(X-Drop) -m found }}
  http-request del-header X-Request-ID
  default_backend service
backend service
  server one 127.0.0.1:{service}
"""
GOOD = b'{"findings": {"ache": true}}'
HEAD = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
BODY = b"%x\r\n%b\r\n0\r\n" % (len(GOOD), GOOD)


def _ask(port: int, fields: bytes, trailer: bytes) -> tuple[int, bytes]:
    """The status and head for these fields and this trailer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(HEAD + fields + b"\r\n" + BODY + trailer + b"\r\n\r\n")
        return receive(connection)[:2]


def _listens(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def gateway(tmp_path: Path) -> Any:
    """Start a proxy in front of a service; return its port."""
    opened: list[Any] = []

    def start(service: Any) -> int:
        port = free_port()
        running = haproxy(tmp_path, PROXY.format(gateway=port, service=service.port))
        running.__enter__()
        opened.append(running)
        until(lambda: _listens(port), "the proxy does not start")
        return port

    yield start
    for running in opened:
        running.__exit__(None, None, None)


def test_a_gateway_filters_keys_and_ids(
    serve: Callable[..., Any], gateway: Callable[..., int], tmp_path: Path, report: Callable[..., None]
) -> None:
    """A key, id, origin, type or coding in a trailer has no effect behind the proxy."""
    key = generate_key()[0]
    path = tmp_path / "keys.yaml"
    path.write_text(f"partners:\n  one: {{keys: {{k0: {{sha256: {hashlib.sha256(key.encode()).hexdigest()}}}}}}}\n")
    port = gateway(serve(keys=str(path), cors_origins="https://app.example"))
    bearer = b"Authorization: Bearer " + key.encode()
    status, _ = _ask(port, bearer + b"\r\nX-Drop: 1\r\n", bearer)
    assert status == 401
    trailers = (b"X-Request-ID: of-a-trailer", b"Origin: https://app.example", b"Content-Type: text/plain")
    for trailer in (*trailers, b"Content-Encoding: gzip"):
        status, head = _ask(port, bearer + b"\r\n", trailer)
        assert status == 200
        assert b"of-a-trailer" not in head
        assert b"access-control-allow-origin" not in head
    report("trailers behind haproxy", requests=6, taken_for_headers=0)


def test_an_address_in_a_trailer_does_not_evade_the_limit(
    serve: Callable[..., Any], gateway: Callable[..., int]
) -> None:
    """The address that the proxy appends counts, whatever the trailers contain."""
    port = gateway(serve(rate_limit="5/minute", proxies="1"))
    statuses = [_ask(port, b"", b"X-Forwarded-For: 10.1.1.%d" % number)[0] for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2
