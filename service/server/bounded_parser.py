"""The parsing side of a connection.

Incoming data is measured, bounded and checked as it is parsed.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.problems import BAD_REQUEST, LARGE_HEAD, OVERLOADED, Kind
from service.server.head import FIELD_LIMIT, HEAD_LIMIT, fault_of, is_body_small
from service.server.memory import SMALL, ConnectionMemory
from service.server.refusal_kinds import BODY, CONNECTIONS, FRAMING, MEMORY
from service.web.answer import field_lines
from service.web.request_queue import NEVER_WAIT
from service.web.scope_keys import LAST_BYTE_AT, RELEASE

if TYPE_CHECKING:
    from service.server.config import Config
    from service.web.outer_middleware import OuterMiddleware

FRAMING_LIMIT: Final = 16_384
"""The most bytes of the trailers of a request, or of one chunk extension. Both are dropped."""

PIPELINE_LIMIT: Final = 64
"""The most parsed requests of one connection. The next ones wait for a response."""

PIECE: Final = 16_384
"""Bytes per parse. A read may have 256 KB, enough for thousands of requests."""

BACKLOG_LIMIT: Final = 1 << 19
"""The most unparsed bytes of one connection, as many as two reads."""

DISCARD_LIMIT: Final = 16 << 20
"""Bytes that are read and dropped after an early response, so that a client that still sends can read it."""

_VITAL: Final = frozenset(path.encode() for path in NEVER_WAIT)


class RequestRefused(Exception):
    """A refusal that a callback of the parser raises.

    `label` is the kind under which the refusal is counted.
    """

    def __init__(self, kind: Kind, label: str = "") -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.label = label or kind.slug


class BoundedParser(HttpToolsProtocol):
    """uvicorn's protocol with limits and a count of all bytes kept."""

    config: Config
    _memory: ConnectionMemory
    _in_head = False
    _in_body = False
    _is_over_limit = False
    _carried = 0
    """Bytes of earlier reads that belong to an incomplete head, chunk line or trailer."""
    _fresh = 0
    """Bytes of this read that belong to an incomplete head, chunk line or trailer."""
    _chunk_bytes = 0
    _trailer_bytes = 0
    _discarded = 0
    _rest_timer: asyncio.TimerHandle | None = None

    @property
    def _app(self) -> OuterMiddleware:
        return cast("OuterMiddleware", self.app)

    def _count(self, label: str) -> None:
        self._app.access_log.connection_refused(label)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head = True
        self._trailer_bytes = self._discarded = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a field without the whitespace around its value.

        A trailer is dropped (RFC 9110, 6.5.1). Raises `RequestRefused` if there are too many fields, or if the trailers
        are too large.
        """
        if not self._in_head:
            size = len(name) + len(value) + len(b": \r\n")
            self._parsed(size)
            self._trailer_bytes += size
            if self._trailer_bytes > FRAMING_LIMIT:
                raise RequestRefused(LARGE_HEAD, FRAMING)
            return
        if len(self.headers) >= FIELD_LIMIT:  # here and not after the read, which may hold thousands
            raise RequestRefused(LARGE_HEAD)
        super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """Check a whole head, and start its request.

        During a stop it is the last request. Raises `RequestRefused` if the head is too large or faulty, or if there
        is no room.
        """
        size = self._head_size()
        if size > HEAD_LIMIT:
            raise RequestRefused(LARGE_HEAD)
        if self.parser.should_upgrade():
            return  # the head is fed again without the offer
        if (kind := fault_of(self.parser.get_http_version(), self.headers)) is not None:
            raise RequestRefused(kind)
        if self.url.partition(b"?")[0] not in _VITAL:
            self._check_room()
        self._in_head, self._in_body = False, True
        self._parsed(size)
        self._memory.begin(size, len(self.headers))
        scope = cast("dict[str, Any]", self.scope)
        scope[LAST_BYTE_AT] = self._read_at()
        scope[RELEASE] = self._memory.release
        super().on_headers_complete()

    def _read_at(self) -> float:
        """Return the time of this read, in `time.perf_counter` seconds."""
        return time.perf_counter()

    def on_chunk_header(self) -> None:
        """Begin to measure a chunk."""
        self._chunk_bytes = 0

    def on_chunk_complete(self) -> None:
        """Count the chunk's size line and line ends as parsed."""
        self._parsed(len(b"%x" % self._chunk_bytes) + len(b"\r\n\r\n"))

    def on_body(self, body: bytes) -> None:
        """Add a part of a body.

        After an early response it is dropped. Raises `RequestRefused` if too much is dropped.
        """
        self._parsed_body(len(body))
        self._chunk_bytes += len(body)
        if self.cycle.response_complete:
            self._discarded += len(body)
            if self._discarded > DISCARD_LIMIT:
                raise RequestRefused(LARGE_HEAD, BODY)
            return
        self._memory.grow(len(body))
        cast("dict[str, Any]", self.cycle.scope)[LAST_BYTE_AT] = self._read_at()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request's body.

        The request is in progress unless it waits for another.
        """
        if self.parser.should_upgrade():
            return  # only the head is here
        self._in_body = False
        if self._rest_timer is not None:
            self._rest_timer.cancel()
            self._rest_timer = None
        if not self.cycle.response_complete:
            cast("dict[str, Any]", self.cycle.scope)[LAST_BYTE_AT] = self._read_at()
        super().on_message_complete()

    def _check_room(self) -> None:
        """Check that there is room to start a request.

        Raises `RequestRefused` if there is none. The memory reserve is for small, single requests.
        """
        if self._is_over_limit:
            raise RequestRefused(OVERLOADED, CONNECTIONS)
        if not self.config.memory.is_crowded:
            return
        is_entitled = not self._memory.requests and is_body_small(self.headers, SMALL)
        if self.config.memory.is_full or not is_entitled:
            raise RequestRefused(OVERLOADED, MEMORY)

    def _feed(self, data: memoryview) -> None:
        """Parse `data`.

        Raises `RequestRefused`, or `httptools.HttpParserError` if it is not HTTP. uvicorn would log both an error and
        an offer of another protocol.
        """
        self._fresh = len(data)
        rest = data
        try:
            while (offer := self._feed_to_offer(rest)) is not None:
                if self.parser.get_method() == b"CONNECT":
                    raise RequestRefused(BAD_REQUEST)  # the rest is for another server
                head = self._head_without_offer()
                self.parser = httptools.HttpRequestParser(self)  # the old one has ended if the client closes then
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's: the rest is dropped
                self.parser.feed_data(head)
                rest = rest[offer:]
                self._carried, self._fresh = 0, len(rest)
        except httptools.HttpParserError as fault:
            if isinstance(fault.__context__, RequestRefused):
                raise fault.__context__ from None
            raise
        self._carried += self._fresh
        self._memory.set_unparsed(self._carried)

    def _feed_to_offer(self, data: memoryview) -> int | None:
        """Parse up to the end of a head that offers another protocol.

        Returns the position of that end, or None if `data` holds no such head.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stop:
            return int(stop.args[0])
        return None

    def _head_without_offer(self) -> bytes:
        """Return the parsed head without its offer of another protocol.

        It reads as if the client asked for HTTP/1.1 only. An offer may be ignored (RFC 9110, 7.8), but the parser takes
        all that follows it for the other protocol.
        """
        first = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = [field for field in self.headers if field[0] != b"upgrade"]
        return b"%b\r\n%b\r\n" % (first, field_lines(kept))

    def _head_size(self) -> int:
        """Return the size of the parsed lines of a head, in bytes."""
        lines = (self.parser.get_method(), self.url, b"  HTTP/1.1\r\n\r\n")
        return sum(map(len, lines)) + sum([len(name) + len(b": \r\n") + len(value) for name, value in self.headers])

    def _parsed(self, size: int) -> None:
        """Subtract a complete part from the bytes of an incomplete one."""
        self._fresh = max(0, self._fresh - max(0, size - self._carried))
        self._carried = 0

    def _parsed_body(self, size: int) -> None:
        """Subtract a part of a body that came in this read."""
        self._fresh -= size
        self._carried = 0
