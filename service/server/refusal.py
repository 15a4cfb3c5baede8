"""A refusal that is sent without the application."""

from __future__ import annotations

from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from service.model.version import API_VERSION
from service.problems import MEDIA_TYPE, Kind, body_of
from service.web.answer import field_lines
from service.web.request_record import fresh_id


def encoded(kind: Kind, default_headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the refusal as bytes, with the server's `default_headers`.

    The connection ends after it.
    """
    request_id = fresh_id()
    body = body_of(kind, request_id)
    head = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "api-version": API_VERSION,
        "content-language": "en",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
        "connection": "close",
        **{name.lower(): value for name, value in kind.headers.items()},
    }
    fields = (*default_headers, *((name.encode(), value.encode()) for name, value in head.items()))
    return b"".join([STATUS_LINE[kind.status], field_lines(fields), b"\r\n", body])
