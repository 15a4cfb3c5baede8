"""Answers as ready bytes: an `Answer` is sent once, a `Document` is served again and again with its `ETag`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Request
from litestar.types import Receive, Scope, Send

JSON: Final = "application/json"
CACHED: Final = ("cache-control", "public, max-age=300")


class Answer:
    """One ASGI answer; Litestar's own builds its headers anew from text each time."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.body = body
        self.headers = tuple(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Send it, without the body where only the head was asked for."""
        body = b"" if scope.get("method") == "HEAD" else self.body
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def to_asgi_response(self, **_: object) -> Answer:
        """Itself: Litestar asks this of what an exception handler gives."""
        return self


def answer(body: bytes, media_type: str = JSON, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that is not to be kept."""
    return Answer(status, body, _encoded(media_type, body, (headers or {}).items()))


class Document:
    """Bytes that do not change while the process lives; a client that holds them gets 304."""

    def __init__(self, body: bytes, media_type: str = JSON, headers: Iterable[tuple[str, str]] = (CACHED,)) -> None:
        self.body = body
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        lasting = (("etag", self.etag), *headers)
        self._whole = Answer(200, body, _encoded(media_type, body, lasting))
        self._unchanged = Answer(304, b"", _pairs(lasting))

    def answer(self, request: Request[Any, Any, Any]) -> Answer:
        """The document, or word that the client has it."""
        return self._unchanged if self._is_held(request.headers.get("if-none-match")) else self._whole

    def _is_held(self, tags: str | None) -> bool:
        return tags is not None and any(tag.strip().removeprefix("W/") in {"*", self.etag} for tag in tags.split(","))


def _encoded(media_type: str, body: bytes, more: Iterable[tuple[str, str]]) -> Iterable[tuple[bytes, bytes]]:
    return (
        (b"content-type", media_type.encode("latin-1")),
        (b"content-length", b"%d" % len(body)),
        *_pairs(more),
    )


def _pairs(headers: Iterable[tuple[str, str]]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)
