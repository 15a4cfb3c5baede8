"""Checks of a request's head that the parser leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from service.problems import BAD_REQUEST, UNSUPPORTED_CODING, UNSUPPORTED_VERSION, Kind

HEAD_LIMIT: Final = 65_536
"""The most bytes of a head."""

FIELD_LIMIT: Final = 128
"""The most fields of a head. Each needs some 160 bytes besides its text, and proxies add about thirty."""

_VERSION_ERROR: Final = "Invalid HTTP version"
"""The parser's message for a well-formed version that it does not know."""

is_host: Final = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*").fullmatch


def fault_of(version: str, headers: Iterable[tuple[bytes, bytes]]) -> Kind | None:
    """Return the reason to refuse a whole head, or None.

    The rules are in RFC 9110, 2.5 and 7.2, and in RFC 9112, 3.2 and 6.1.
    """
    if version not in {"1.1", "1.0"}:
        return BAD_REQUEST if version == "0.9" else UNSUPPORTED_VERSION  # without a version a request is 0.9
    hosts = 0
    codings = None
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if not is_host(value):
                return BAD_REQUEST
        elif name == b"transfer-encoding":
            codings = value if codings is None else codings + b"," + value
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        return BAD_REQUEST
    if codings is None or (version == "1.1" and codings.lower() == b"chunked"):
        return None
    named = [coding.strip().lower() for coding in codings.split(b",")]
    if version == "1.0" or named[-1] != b"chunked":
        return BAD_REQUEST  # the end of the body is not defined
    return UNSUPPORTED_CODING if set(named) != {b"chunked"} else BAD_REQUEST


def is_body_small(headers: Iterable[tuple[bytes, bytes]], most: int) -> bool:
    """Return whether the announced body has at most `most` bytes.

    A head without a body counts as one of 0 bytes.
    """
    fields = dict(headers)
    length = fields.get(b"content-length", b"0")
    return b"transfer-encoding" not in fields and len(length) < len(b"%d" % most) + 1 and int(length) <= most


def kind_of_parser_error(message: str) -> Kind:
    """Return the type of problem of a parser's error."""
    return UNSUPPORTED_VERSION if message == _VERSION_ERROR else BAD_REQUEST
