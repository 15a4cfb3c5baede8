"""The HTTP connection, derived from uvicorn's.

It bounds its memory and time, sends refusals as problems and stops gracefully.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.problems import LARGE_HEAD, OVERLOADED, SLOW_HEAD
from service.server.bounded_parser import BACKLOG_LIMIT, FRAMING_LIMIT, PIECE, PIPELINE_LIMIT, RequestRefused
from service.server.head import HEAD_LIMIT, kind_of_parser_error
from service.server.memory import ConnectionMemory
from service.server.queued_request import QueuedRequest
from service.server.refusal_kinds import BODY, FRAMING, MEMORY, PIPELINE, UNREAD
from service.server.refusing import RefusingProtocol
from service.server.transport import CoalescingTransport
from service.web.request_queue import mark_whole

if TYPE_CHECKING:
    from litestar.types import Scope
    from uvicorn._types import ASGI3Application


QUIET_SECONDS: Final = 0.5
"""How long a stop waits for a request that may be on its way over an idle connection."""


class Connection(RefusingProtocol):
    """An HTTP connection with bounded memory and a graceful stop."""

    _is_stopping = False
    _unread_timer: asyncio.TimerHandle | None = None
    _current: RequestResponseCycle | None = None
    """The request that waits or is being answered; those behind it on this connection are in `pipeline`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and limit the time for a request.

        A connection on which no request comes is closed.
        """
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that `pause_writing` sees every byte that is not taken
        memory = self.config.memory
        self._memory = ConnectionMemory(memory)
        self._head_timer = self.loop.call_later(self.config.head_seconds, self._head_is_late)
        if len(self.connections) > memory.connections or memory.is_full:
            self._is_over_limit = True
            memory.add_over_limit(self)

    def data_received(self, data: bytes) -> None:
        """Parse data, or drop it after a refusal."""
        if self._is_refused:
            self._discard(len(data))
            return
        if self._refusal is not None:
            return
        if self._backlog:
            data = self._backlog + data
        if len(data) > BACKLOG_LIMIT:
            self._refuse(OVERLOADED, PIPELINE)
        else:
            self._parse(data)

    def pause_writing(self) -> None:
        """Limit the time for a client that does not read.

        The connection is aborted after that time, or at once when memory is short.
        """
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self.config.head_seconds, self.abort_as, UNREAD)
        self._memory.set_unsent(self.transport.get_write_buffer_size())
        if self._memory.must_release:
            self.abort_as(MEMORY)

    def resume_writing(self) -> None:
        """Continue once the client has read everything."""
        if self._unread_timer is not None:
            self._unread_timer.cancel()
        self._memory.set_unsent(0)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the resources of the connection.

        Cancels the timers, releases the memory and removes a waiting request from the queue.
        """
        if self._current is not None:
            self._app.queue.withdraw(cast("Scope", self._current.scope))
        for timer in (self._head_timer, self._rest_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        self._memory.close()
        self.config.memory.drop_over_limit(self)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Stop after the requests in progress.

        uvicorn would drop a request with an incomplete head.
        """
        self._is_stopping = True
        if self._memory.requests:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(QUIET_SECONDS, self._close_if_idle)

    def on_headers_complete(self) -> None:
        """Start a request.

        During a stop, or above the connection limit, it is the last one on this connection.
        """
        self._cancel_head_timer()  # the next head has its own time
        super().on_headers_complete()
        if (self._is_stopping or self._is_over_limit) and not self._in_head:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """End a request's body."""
        super().on_message_complete()
        if not self._in_head:
            mark_whole(cast("Scope", self.cycle.scope))

    def on_response_complete(self) -> None:
        """Continue after a response.

        Starts the next request, sends a refusal that waited, or bounds the time for the rest of an unwanted body.
        """
        self._memory.end()
        super().on_response_complete()
        if self._backlog:
            self.flow.pause_reading()
            self.loop.call_soon(self._parse_backlog)
        if self._memory.requests or self.transport.is_closing():
            return
        if self._refusal is not None:
            self._send_refusal(self._refusal)
        elif self._in_body:
            self._rest_timer = self.loop.call_later(self.config.head_seconds, self.abort_as, BODY)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Submit a request to the queue.

        The queue starts it now or in a later turn of the loop.
        """
        self._current = cycle
        start = partial(self._start, cycle, app)
        self._app.queue.submit(cast("Scope", cycle.scope), QueuedRequest(cycle, self._app, start))

    def _start(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Start the task of a request."""
        if cycle.scope["method"] != "HEAD":  # its response is a head only
            cycle.transport = cast("asyncio.Transport", CoalescingTransport(cycle.transport))
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> None:
        """Parse data in pieces until too many requests wait.

        The rest is kept for later.
        """
        rest = memoryview(data)
        try:
            while rest and self._memory.requests < PIPELINE_LIMIT and not self.transport.is_closing():
                self._feed(rest[:PIECE])
                self._bound()
                rest = rest[PIECE:]
        except RequestRefused as refused:
            self._refuse(refused.kind, refused.label)
        except httptools.HttpParserError as error:
            self._refuse(kind_of_parser_error(str(error)))
        else:
            self._backlog = bytes(rest)
            if self._backlog:
                self.flow.pause_reading()
                self._cancel_head_timer()  # the rest of the head is here

    def _parse_backlog(self) -> None:
        data, self._backlog = self._backlog, b""
        if not self._is_refused and self._refusal is None:
            self._parse(data)

    def _bound(self) -> None:
        """Bound the size and the time of an incomplete message.

        Raises `RequestRefused` if it is too large or memory is short.
        """
        if self._in_head:
            self._unset_keepalive_if_required()
            if self._carried > HEAD_LIMIT:
                raise RequestRefused(LARGE_HEAD)
            if self._head_timer is None:
                self._head_timer = self.loop.call_later(self.config.head_seconds, self._head_is_late)
        elif self._carried > FRAMING_LIMIT:  # a chunk's extension, a trailer, or empty lines without end
            raise RequestRefused(LARGE_HEAD, FRAMING)
        elif self.cycle is not None and not self.cycle.response_complete:
            self._unset_keepalive_if_required()
        if self._memory.must_release and (self._in_head or (self._in_body and not self.cycle.response_complete)):
            raise RequestRefused(OVERLOADED, MEMORY)

    def _head_is_late(self) -> None:
        if self.transport.is_closing() or self._is_refused:
            return
        if self._in_head:
            self._refuse(SLOW_HEAD)
        else:
            self.transport.close()  # no request has begun

    def _close_if_idle(self) -> None:
        if not self._in_head and not self._memory.requests:
            self.transport.close()
