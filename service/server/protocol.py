"""One connection: uvicorn's, with refusals as problems, a limit on the request's head, and a patient stop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.problems import BAD_REQUEST, LARGE_HEAD, MEDIA_TYPE, SLOW_HEAD, Kind, body_of
from service.server.queued_request import QueuedRequest
from service.web.observe import fresh_id
from service.web.request_queue import mark_whole

if TYPE_CHECKING:
    from litestar.types import Scope
    from uvicorn._types import ASGI3Application

    from service.server.config import Config
    from service.web.observe import Observe

HEAD_LIMIT: Final = 65_536
CONTINUE: Final = b"HTTP/1.1 100 "
"""What goes before a head: the client waits for it with the body."""

QUIET_SECONDS: Final = 0.5
"""How long a stop waits for a request that may be on its way over an idle connection."""


class _LargeHead(Exception):
    """A head that came at once is over the limit."""


class Connection(HttpToolsProtocol):
    """A connection that finishes what it has begun."""

    config: Config
    _in_head = False
    _is_stopping = False
    _head_bytes = 0
    _refusal: Kind | None = None
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _current: RequestResponseCycle | None = None
    """The request that waits or is being answered; those behind it on this connection are in `pipeline`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there; one on which nothing ever comes would hold a descriptor for ever."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.config.head_seconds, self._head_is_late)

    def on_message_begin(self) -> None:
        """A request's first byte has come."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request's head is whole; during a stop it is the last one here."""
        if self._head_size() > HEAD_LIMIT:
            raise _LargeHead
        if self.parser.should_upgrade():
            return  # it comes again, without its offer
        self._in_head = False
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """All of a request has been received."""
        if self.parser.should_upgrade():
            return  # only its head has
        super().on_message_complete()
        mark_whole(cast("Scope", self.cycle.scope))

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that is not whole after that is measured and timed.

        Of the packet in which it begins only the lines that were read are known to be of it. What begins nothing, as an
        empty line, is idle time.
        """
        if self._refusal is not None:
            return
        if self._in_head:
            self._head_bytes += len(data)
        self._feed(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._unset_keepalive_if_required()
            if max(self._head_bytes, self._head_size()) > HEAD_LIMIT:
                self._refuse(LARGE_HEAD)
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(self.config.head_seconds, self._head_is_late)
        elif self.cycle is not None and not self.cycle.response_complete:
            self._unset_keepalive_if_required()
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

    def on_response_complete(self) -> None:
        """An answer is written; a refusal that came behind its request was not to overtake it."""
        super().on_response_complete()
        if self._refusal is not None and not self.transport.is_closing():
            self._refuse(self._refusal)

    def pause_writing(self) -> None:
        """The client does not read; after a while it is left, or what it asked would be in hand for ever."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self.config.head_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._unread_timer is not None:
            self._unread_timer.cancel()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing waits for this connection any more, and a request of it that waits is not answered."""
        if self._current is not None:
            self._app.queue.withdraw(cast("Scope", self._current.scope))
        for timer in (self._head_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Stop after what has begun: uvicorn would drop a request whose head is not whole."""
        self._is_stopping = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(QUIET_SECONDS, self._close_if_idle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Submit a request to the queue, which starts it now or in a later turn of the loop."""
        self._current = cycle
        start = partial(self._start, cycle, app)
        self._app.queue.submit(cast("Scope", cycle.scope), QueuedRequest(cycle, self._app, start))

    def _start(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Start the task of a request."""
        if cycle.scope["method"] != "HEAD":  # of which the head is all that is ever written
            cycle.transport = cast("asyncio.Transport", Joined(cycle.transport))
        super()._start_asgi_task(cycle, app)

    def _feed(self, data: bytes) -> None:
        """Parse, and refuse what is not HTTP; uvicorn would warn of both that and an offer of another protocol."""
        rest = memoryview(data)
        try:
            while (offer := self._feed_to_offer(rest)) is not None:
                if self.parser.get_method() == b"CONNECT":
                    self._refuse(BAD_REQUEST)  # what follows is meant for somebody else
                    return
                head = self._head_without_offer()
                self.parser = httptools.HttpRequestParser(self)  # the old one has ended where the client closes then
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's: the rest is left
                self.parser.feed_data(head)
                rest = rest[offer:]
        except httptools.HttpParserError as fault:
            self._refuse(LARGE_HEAD if isinstance(fault.__context__, _LargeHead) else BAD_REQUEST)

    def _feed_to_offer(self, data: memoryview) -> int | None:
        """Parse up to where a head that offers another protocol ends; None where there is none in `data`."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stop:
            return int(stop.args[0])
        return None

    def _head_size(self) -> int:
        """The bytes of the lines of a head that the parser has read."""
        lines = (self.parser.get_method(), self.url, b"  HTTP/1.1\r\n\r\n")
        return sum(map(len, lines)) + sum([len(name) + len(b": \r\n") + len(value) for name, value in self.headers])

    def _head_without_offer(self) -> bytes:
        """The head at which the parser stopped, as of a client that is content with HTTP/1.1.

        An offer may be passed over (RFC 9110, 7.8), but the parser takes all that follows it for the other protocol.
        """
        first = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join([first, *kept, b"", b""])

    @property
    def _app(self) -> Observe:
        return cast("Observe", self.app)

    def _close_if_idle(self) -> None:
        if not self._in_head and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()

    def _head_is_late(self) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(SLOW_HEAD)
        else:
            self.transport.close()  # nobody has asked anything

    def _refuse(self, kind: Kind) -> None:
        """Refuse what has come last, once what came before it and is whole has its answer."""
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self._refusal = kind
            return
        request_id = fresh_id()
        body = body_of(kind, request_id)
        head = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", request_id.encode()),
            (b"connection", b"close"),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in (*self.server_state.default_headers, *head)]
        self.transport.write(b"".join([STATUS_LINE[kind.status], *lines, b"\r\n", body]))
        self.transport.close()


class Joined:
    """A transport that sends the head of an answer together with what follows it: one call of the system, not two."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        """Write, or keep the head until more comes."""
        if self._is_begun or data.startswith(CONTINUE):
            self._transport.write(data)
        elif not self._head:
            self._head = data
        else:
            self._is_begun = True
            self._transport.write(self._head + data)

    def close(self) -> None:
        """Close once all is written; a head without a body shows that something failed behind it."""
        if self._head and not self._is_begun:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""
        return self._transport.is_closing()
