"""HTTP responses that are kept as ready bytes.

An `Answer` is sent once. A `Document` is served again and again, with its `ETag`.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from litestar import Request
from litestar.types import Receive, Scope, Send

from service.web.content_coding import prefers_gzip

JSON: Final = "application/json"
CACHED: Final = ("cache-control", "public, max-age=300")
ONE_PACKET: Final = 1400
"""Bytes of a body that fit into one packet. Compression of fewer bytes saves nothing."""

GZIP_LEVEL: Final = 4
"""This level needs half of the time of level 6 at the start, for 6 % more bytes."""

Field: TypeAlias = tuple[str, str]
_VARIES: Final = (("vary", "accept-encoding"),)


def field_lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return header fields as the lines of a head."""
    return b"".join([b"%b: %b\r\n" % field for field in fields])


class Answer:
    """An ASGI response with encoded headers.

    Litestar's own response builds its headers from text each time.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.body = body
        self.headers = tuple(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Send the response, without its body for `HEAD`."""
        body = b"" if scope.get("method") == "HEAD" else self.body
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def to_asgi_response(self, **_: object) -> Answer:
        """Return the response itself.

        Litestar calls this method on the result of an exception handler.
        """
        return self


def answer(body: bytes, media_type: str = JSON, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a response that must not be cached."""
    return Answer(status, body, _encoded(media_type, body, (headers or {}).items()))


class Document:
    """A body that stays constant while the process lives.

    It is kept plain and compressed. A client that already holds it gets 304.
    """

    def __init__(self, body: bytes, media_type: str = JSON) -> None:
        self.body = body
        coded = gzip.compress(body, GZIP_LEVEL, mtime=0) if len(body) > ONE_PACKET else body
        if len(coded) < len(body):
            self._plain = Representation(body, media_type, _VARIES)
            self._gzip = Representation(coded, media_type, _VARIES, (("content-encoding", "gzip"),))
        else:
            self._plain = self._gzip = Representation(body, media_type)

    def answer(self, request: Request[Any, Any, Any]) -> Answer:
        """Return the document in the client's preferred coding, or 304."""
        headers = request.scope["headers"]
        return (self._gzip if prefers_gzip(headers) else self._plain).answer(headers)


class Representation:
    """A document in one content coding, with its own strong `ETag`."""

    def __init__(
        self, body: bytes, media_type: str, lasting: Iterable[Field] = (), of_the_body: Iterable[Field] = ()
    ) -> None:
        self._etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        kept = (("etag", self._etag), CACHED, *lasting)
        self._whole = Answer(200, body, _encoded(media_type, body, (*kept, *of_the_body)))
        self._unchanged = Answer(304, b"", _pairs(kept))

    def answer(self, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """Return the whole document, or 304 if the client holds it.

        The comparison with `If-None-Match` is weak.
        """
        held = [value.decode("latin-1") for name, value in headers if name == b"if-none-match"]
        tags = {tag.strip().removeprefix("W/") for value in held for tag in value.split(",")}
        return self._unchanged if tags & {"*", self._etag} else self._whole


def _encoded(media_type: str, body: bytes, more: Iterable[tuple[str, str]]) -> Iterable[tuple[bytes, bytes]]:
    return (
        (b"content-type", media_type.encode("latin-1")),
        (b"content-length", b"%d" % len(body)),
        *_pairs(more),
    )


def _pairs(headers: Iterable[tuple[str, str]]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)
