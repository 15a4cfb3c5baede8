"""Reads a request's body strictly: of a media type that is taken, not coded, not too large, in time.

The stock way takes any media type and waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

from litestar.types import Receive, Scope

from service.errors import ForeignCoding, ForeignMedia, IncompleteBody, LargeBody, SlowBody
from service.web.request_queue import RequestQueue, is_whole

JSON: Final = b"application/json"
NDJSON: Final = b"application/x-ndjson"

DIGITS: Final = 18
"""A longer length is over any limit, and reading it as a number costs time."""

Headers = Iterable[tuple[bytes, bytes]]


def media_type(headers: Headers, taken: tuple[bytes, ...] = (JSON,)) -> bytes:
    """Which of the `taken` media types the body is said to be of; raises `ForeignMedia` or `ForeignCoding`."""
    said = []
    for name, value in headers:
        if name == b"content-type":
            said.append(value)
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise ForeignCoding
    found = _plain(said[0]) if len(said) == 1 else b""
    if found not in taken:
        raise ForeignMedia(tuple(name.decode() for name in taken))
    return found


@dataclass(frozen=True, slots=True)
class Body:
    """The limits of a body; `seconds` is the time in which it has to arrive."""

    limit: int
    seconds: float
    queue: RequestQueue

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The body's bytes, or the reason why they are not taken; one that came late waits for its turn again."""
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or len(value) > DIGITS or int(value) > self.limit):
                raise LargeBody
        if is_whole(scope):
            return await self._arrive(receive)
        try:
            async with asyncio.timeout(self.seconds):
                whole = await self._arrive(receive)
        except TimeoutError:
            raise SlowBody from None
        await self.queue.turn(scope)
        return whole

    async def parts(self, receive: Receive) -> AsyncIterator[bytes]:
        """The body as it comes, of any length; each part has to arrive in time."""
        more = True
        while more:
            try:
                async with asyncio.timeout(self.seconds):
                    part, more = await _part(receive)
            except TimeoutError:
                raise SlowBody from None
            yield part

    async def _arrive(self, receive: Receive) -> bytes:
        whole, more = await _part(receive)
        if more:
            parts = bytearray(whole)
            del whole  # not kept beside its copy while the rest comes
            while more and len(parts) <= self.limit:
                part, more = await _part(receive)
                parts += part
                del part
            whole = bytes(parts)
        if len(whole) > self.limit:
            raise LargeBody
        return whole


async def _part(receive: Receive) -> tuple[bytes, bool]:
    """The next part of a body, and whether more will come."""
    message = await receive()
    if message["type"] != "http.request":
        raise IncompleteBody
    return message.get("body", b""), message.get("more_body", False)


def _plain(value: bytes) -> bytes:
    """The media type in small letters, without a charset where that is UTF-8."""
    if value == JSON:
        return value
    name, *parameters = (part.strip() for part in value.lower().split(b";"))
    return name if parameters in ([], [b"charset=utf-8"], [b'charset="utf-8"']) else b""
