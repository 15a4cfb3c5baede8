"""Batches of requests in one HTTP request.

Each item is answered in order and as if it came alone, while more items arrive. The response is streamed: only one
slice of it is held at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import islice
from typing import Final

from litestar.types import Receive, Scope, Send

from service.bulk.items import Items, problem_line
from service.bulk.lines import Lines
from service.errors import BrokenContract, Fault, RateLimited, RequestFault
from service.problems import body_of, kind_of
from service.telemetry.access_log import AccessLog, RequestRecord
from service.web.access_middleware import ExtraCharge

SLICE: Final = 8
"""Items per slice, some milliseconds of work. Other requests get a turn between two slices."""

EXCEEDS_QUOTA: Final = Fault("", "too_many_items", "must have at most the items that the rate limit allows per window")

Slices = AsyncIterator[bytes]


class Batch:
    """The items of one request, answered and counted in order."""

    def __init__(
        self,
        items: Items,
        access_log: AccessLog,
        record: RequestRecord,
        extra_charge: ExtraCharge,
        turn: Callable[[], Awaitable[None]],
    ) -> None:
        self._items = items
        self._access_log = access_log
        self._record = record
        self._extra_charge = extra_charge
        self._turn = turn
        self._prepaid = 1  # by the middleware

    async def charge_all(self, items: int) -> None:
        """Charge all items to the sender, or none.

        Raises `RateLimited`, or `BrokenContract` if the items exceed the quota of a whole window.
        """
        if self._extra_charge.maximum is not None and items > self._extra_charge.maximum:
            raise BrokenContract((EXCEEDS_QUOTA,))
        await self._charge(items)

    async def _charge(self, items: int) -> None:
        due = max(0, items - self._prepaid)
        await self._extra_charge.charge(due)
        self._prepaid -= items - due

    async def array(self, requests: list[bytes]) -> Slices:
        """Yield the answers as a JSON array."""
        opening = b"["
        left = iter(requests)
        while some := list(islice(left, SLICE)):
            await self._turn()
            yield opening + b",".join([self._line(request) for request in some])
            opening = b","
        yield b"]"

    async def lines(self, parts: AsyncIterator[bytes], lines: Lines, release: Callable[[int], None]) -> Slices:
        """Yield the answers as lines while lines of requests arrive.

        `release` takes the number of bytes that are no longer held.
        """
        async for part in parts:
            held = lines.held + len(part)
            async for answered in self._each(lines.feed(part)):
                yield answered
            release(held - lines.held)
        async for answered in self._each(lines.end()):
            yield answered

    async def _each(self, requests: Iterable[bytes]) -> Slices:
        left = iter(requests)
        while some := list(islice(left, SLICE)):
            await self._turn()
            charged = await self._charge_up_to(len(some))
            answers = [self._line(request) + b"\n" for request in some[:charged]]
            if charged < len(some):
                kind = kind_of(RateLimited())
                yield b"".join([*answers, problem_line(kind.status, body_of(kind, self._next())), b"\n"])
                raise RateLimited
            yield b"".join(answers)

    async def _charge_up_to(self, items: int) -> int:
        """Charge up to `items`, as many as the quota allows.

        Returns their number.
        """
        try:
            await self._charge(items)
        except RateLimited:
            charged = 0
            with contextlib.suppress(RateLimited):
                while charged < items:  # one by one, since a quota grants all or nothing
                    await self._charge(1)
                    charged += 1
            return charged
        return items

    def _next(self) -> str:
        """Return the id of the next item."""
        return f"{self._record.request_id}/{self._record.items}"

    def _line(self, request: bytes) -> bytes:
        item = self._items.answer(request, self._next())
        self._access_log.item(self._record, item.assessed, item.problem.slug if item.problem else None, item.error)
        return item.line


async def wait_for_first_part(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return the same parts once the first has arrived.

    Until then, a stream can still be refused as a whole.
    """
    first = await anext(parts)

    async def all_parts() -> AsyncIterator[bytes]:
        yield first
        async for part in parts:
            yield part

    return all_parts()


class Stream:
    """A streamed ASGI response of slices.

    The connection is cut if a slice fails. It ends in order if the rate limit is exceeded.
    """

    def __init__(self, media_type: bytes, slices: Slices, record: RequestRecord) -> None:
        self._media_type = media_type
        self._slices = slices
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        """Send each slice once the client has taken the previous one."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self._media_type)]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})  # a client may wait for the head
        try:
            async for part in self._slices:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        except RequestFault as fault:
            self._record.problem = kind_of(fault).slug
            if not isinstance(fault, RateLimited):  # the last line reports it
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
