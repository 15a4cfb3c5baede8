"""Reads a request's body strictly: JSON said to be JSON, not coded, not too large, in time.

The stock way takes any media type and waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from litestar.types import Receive

from service.errors import ForeignCoding, ForeignMedia, LargeBody, MalformedBody, SlowBody

JSON_NAMES: Final = frozenset(
    {b"application/json", b"application/json;charset=utf-8", b'application/json;charset="utf-8"'}
)

DIGITS: Final = 18
"""A longer length is over any limit, and reading it as a number costs time."""


@dataclass(frozen=True, slots=True)
class Body:
    """The limits of a body; `seconds` is the time in which all of it has to arrive."""

    limit: int
    seconds: float

    async def read(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """The body's bytes, or the reason why they are not taken."""
        self._check(headers)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._arrive(receive)
        except TimeoutError:
            raise SlowBody from None

    def _check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        types = 0
        for name, value in headers:
            if name == b"content-type":
                types += 1
                if value != b"application/json" and _plain(value) not in JSON_NAMES:
                    raise ForeignMedia
            elif name == b"content-encoding" and value.strip().lower() != b"identity":
                raise ForeignCoding
            elif name == b"content-length" and (not value.isdigit() or len(value) > DIGITS or int(value) > self.limit):
                raise LargeBody
        if types != 1:
            raise ForeignMedia

    async def _arrive(self, receive: Receive) -> bytes:
        message = await receive()
        whole = bytearray()
        while message["type"] == "http.request":
            part = message.get("body", b"")
            if len(whole) + len(part) > self.limit:
                raise LargeBody
            if not message.get("more_body", False):
                return bytes(whole + part) if whole else part
            whole += part
            message = await receive()
        raise MalformedBody("incomplete", "the connection ended before the body did")


def _plain(value: bytes) -> bytes:
    """The media type in small letters, without the blanks that may stand around its `;`."""
    return b";".join(part.strip() for part in value.lower().split(b";"))
