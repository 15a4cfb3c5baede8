"""Recognition of plain requests.

Most clients send this form, which is complete and has a simple head. The parser reads requests of any other form. A
recognized head has only one reading, which is also the parser's. It has known fields, each once, of visible
characters. It has a length and no transfer coding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from service.server.head import is_host

_START: Final = b"POST /assess HTTP/1.1\r\n"
_END: Final = b"\r\n\r\n"
_HEAD_LIMIT: Final = 4096
_DIGITS: Final = 6
_VISIBLE: Final = bytes(range(0x20, 0x7F))

_DECIDING: Final = frozenset({b"authorization", b"host", b"content-type", b"content-length", b"connection"})
_WITHOUT_EFFECT: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"cache-control",
        b"forwarded",
        b"pragma",
        b"priority",
        b"referer",
        b"traceparent",
        b"tracestate",
        b"user-agent",
        b"via",
        b"x-amzn-trace-id",
        b"x-cloud-trace-context",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-forwarded-scheme",
        b"x-original-forwarded-for",
        b"x-real-ip",
        b"x-request-id",
        b"x-scheme",
    }
)
_KNOWN: Final = _DECIDING | _WITHOUT_EFFECT


class PlainRequest(NamedTuple):
    """A complete `POST /assess` of JSON on a persistent connection."""

    fields: Mapping[bytes, bytes]
    body: bytes


def plain_request(data: bytes) -> PlainRequest | None:
    """Return `data` as a plain request, or None.

    `data` must be exactly one request, from its first byte to its last.
    """
    if not data.startswith(_START):
        return None
    end = data.find(_END, 0, _HEAD_LIMIT)
    if end < 0:
        return None
    lines = data[len(_START) : end].split(b"\r\n")
    fields = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or value.translate(None, _VISIBLE):
            return None
        fields[name.lower()] = value.strip(b" ")
    if len(fields) != len(lines) or not fields.keys() <= _KNOWN:
        return None
    body = data[end + len(_END) :]
    length = fields.get(b"content-length", b"")
    if (
        fields.get(b"content-type") != b"application/json"
        or not (length.isdigit() and len(length) <= _DIGITS and int(length) == len(body))
        or fields.get(b"connection", b"keep-alive").lower() != b"keep-alive"
        or not is_host(fields.get(b"host", b"/"))
    ):
        return None
    return PlainRequest(fields, body)
