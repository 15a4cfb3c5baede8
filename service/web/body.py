"""Strict reading of a request's body.

A body must have a supported media type and no content coding. It must not be too large, and must arrive in time. The
framework's own reader accepts any media type and waits without end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

from litestar.types import Receive, Scope

from service.errors import BodyTimeout, BodyTooLarge, IncompleteBody, UnsupportedContentCoding, UnsupportedMediaType
from service.web.request_queue import RequestQueue, is_whole

JSON: Final = b"application/json"
NDJSON: Final = b"application/x-ndjson"

DIGITS: Final = 18
"""The most digits of a length. A longer one exceeds every limit, and its conversion would cost time."""

Headers = Iterable[tuple[bytes, bytes]]


def media_type(headers: Headers, taken: tuple[bytes, ...] = (JSON,)) -> bytes:
    """Return the declared media type of the body, one of `taken`.

    Raises `UnsupportedMediaType` for any other type, and `UnsupportedContentCoding` for a coded body.
    """
    said = []
    for name, value in headers:
        if name == b"content-type":
            said.append(value)
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise UnsupportedContentCoding
    found = _plain(said[0]) if len(said) == 1 else b""
    if found not in taken:
        raise UnsupportedMediaType(tuple(name.decode() for name in taken))
    return found


@dataclass(frozen=True, slots=True)
class Body:
    """The limits of a body.

    `seconds` is the time in which the body, or each part of a stream, must arrive.
    """

    limit: int
    seconds: float
    queue: RequestQueue

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """Return the whole body.

        If the body came after the head, the request waits for its turn again. Raises `BodyTooLarge`, `BodyTimeout`,
        `IncompleteBody` or `Overloaded` if the body cannot be taken.
        """
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or len(value) > DIGITS or int(value) > self.limit):
                raise BodyTooLarge
        if is_whole(scope):
            return await self._arrive(receive)
        try:
            async with asyncio.timeout(self.seconds):
                whole = await self._arrive(receive)
        except TimeoutError:
            raise BodyTimeout from None
        await self.queue.turn(scope)
        return whole

    async def parts(self, receive: Receive) -> AsyncIterator[bytes]:
        """Yield the parts of a body of any length.

        Raises `BodyTimeout` if a part does not arrive in time.
        """
        more = True
        while more:
            try:
                async with asyncio.timeout(self.seconds):
                    part, more = await _part(receive)
            except TimeoutError:
                raise BodyTimeout from None
            yield part

    async def _arrive(self, receive: Receive) -> bytes:
        whole, more = await _part(receive)
        if more:
            parts = bytearray(whole)
            del whole  # its copy is enough until the rest arrives
            while more and len(parts) <= self.limit:
                part, more = await _part(receive)
                parts += part
                del part
            whole = bytes(parts)
        if len(whole) > self.limit:
            raise BodyTooLarge
        return whole


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part of a body, and whether more follows."""
    message = await receive()
    if message["type"] != "http.request":
        raise IncompleteBody
    return message.get("body", b""), message.get("more_body", False)


def _plain(value: bytes) -> bytes:
    """Return the media type in lower case, without a UTF-8 charset.

    Returns an empty name if there is any other parameter.
    """
    if value == JSON:
        return value
    name, *parameters = (part.strip() for part in value.lower().split(b";"))
    return name if parameters in ([], [b"charset=utf-8"], [b'charset="utf-8"']) else b""
