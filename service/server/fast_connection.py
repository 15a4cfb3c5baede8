"""A connection with a fast path for plain requests.

A plain request is answered from its bytes; all others are parsed. Both count as starts of a turn. A plain request that
has to wait for its turn is kept as it came.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from service.server.plain_request import PlainRequest, plain_request
from service.server.protocol import Connection
from service.server.queued_request import QueuedRequest
from service.web.answer import field_lines
from service.web.request_queue import mark_arrived

if TYPE_CHECKING:
    from litestar.types import Scope
    from uvicorn._types import ASGI3Application

_OK: Final = STATUS_LINE[200]
_UNAVAILABLE: Final = STATUS_LINE[503]


class FastConnection(Connection):
    """A connection that answers plain requests itself, one at a time."""

    _waiting: _WaitingRequest | None = None
    _turn: _WaitingRequest | None = None
    """A request whose turn it is while it is parsed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the fast path of the application, if it has one."""
        super().connection_made(transport)
        self._responses = self.config.responses
        self._fast_path = self._app.fast_path

    def data_received(self, data: bytes) -> None:
        """Answer or queue a plain request, and parse everything else."""
        if (waiting := self._waiting) is not None:  # a client that sends more meanwhile has its requests parsed
            self._app.queue.remove(waiting)
            self._end_wait()
            self._parse_in_order(waiting.data + data)
            return
        # A request that waits was admitted, so memory is not asked again at its turn.
        has_room = not self.config.memory.is_crowded
        if has_room and self._is_free() and (request := plain_request(data)) is not None:
            queue = self._app.queue
            arrived = time.perf_counter()
            if not queue.has_turn:
                self._wait(_WaitingRequest(self, request, data, arrived))
                return
            if self._respond(request, arrived):
                queue.count_start()
                return
        self._parse_in_order(data)

    def eof_received(self) -> None:
        """Write the response to a client that sends no more."""
        self._responses.write()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove a waiting request from the queue."""
        if self._waiting is not None:
            self._app.queue.withdraw(self._waiting)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Continue after the response to a parsed request.

        Its log line follows the responses that are not yet written.
        """
        self._responses.schedule()
        super().on_response_complete()

    def shutdown(self) -> None:
        """Stop after the requests in progress.

        A request that waits will be parsed, and is the last one.
        """
        self._responses.write()
        if self._waiting is None:
            super().shutdown()
        else:
            self._is_stopping = True

    def start(self, waiting: _WaitingRequest) -> None:
        """Answer a request that has waited for its turn."""
        self._end_wait()
        if not (self._is_free() and self._respond(waiting.request, waiting.arrived)):
            self._parse_now(waiting)

    def refuse(self, waiting: _WaitingRequest) -> None:
        """Refuse a request that has waited too long."""
        self._end_wait()
        fast_path = self._fast_path if self._is_free() else None
        refusal = fast_path.refuse(waiting.request.fields, waiting.arrived) if fast_path else None
        if refusal is None:
            waiting.is_refused = True
            self._parse_now(waiting)
        else:
            self._send(_UNAVAILABLE, *refusal)

    def _is_free(self) -> bool:
        """Return whether a request may take the fast path now.

        It may if the connection is idle and nothing else forbids it.
        """
        return not (
            self._fast_path is None
            or self._in_head
            or self._in_body
            or self._carried
            or self._memory.requests
            or self._backlog
            or self._is_refused
            or self._refusal is not None
            or self._is_stopping
            or self._is_over_limit
            or self.flow.write_paused
            or self.transport.is_closing()
            or self._responses.holds(self.transport)
        )

    def _respond(self, request: PlainRequest, arrived: float) -> bool:
        """Answer on the fast path, and return whether it did.

        The connection then waits for the next request, as after any other response.
        """
        if self._fast_path is None:
            return False
        self._responses.schedule()
        peer = self.client[0] if self.client else ""
        response = self._fast_path.respond(request.fields, request.body, peer, arrived)
        if response is None:
            return False
        self._send(_OK, *response)
        return True

    def _send(self, status_line: bytes, head: bytes, body: bytes) -> None:
        self._unset_keepalive_if_required()
        self._cancel_head_timer()
        response = b"".join([status_line, field_lines(self.server_state.default_headers), head, body])
        self._responses.add(self.transport, response)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _wait(self, waiting: _WaitingRequest) -> None:
        self._unset_keepalive_if_required()
        self._cancel_head_timer()
        self._memory.begin_waiting(len(waiting.data))
        self._waiting = waiting
        self._app.queue.wait(waiting, waiting, waiting.arrived)

    def _end_wait(self) -> None:
        self._waiting = None
        self._memory.end()

    def _parse_now(self, waiting: _WaitingRequest) -> None:
        """Parse a request whose turn it is."""
        self._turn = waiting
        self._parse_in_order(waiting.data)
        self._turn = None

    def _parse_in_order(self, data: bytes) -> None:
        """Parse data, after the responses that are not yet written.

        A refusal of it then follows them.
        """
        self._responses.write()
        super().data_received(data)

    def _read_at(self) -> float:
        """Return the time of this read, or the arrival before a wait."""
        return super()._read_at() if self._turn is None else self._turn.arrived

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Start or refuse a request that has waited.

        Every other request is submitted to the queue.
        """
        waiting = self._turn
        if waiting is None:
            super()._start_asgi_task(cycle, app)
            return
        self._current = cycle
        mark_arrived(cast("Scope", cycle.scope), waiting.arrived)
        request = QueuedRequest(cycle, self._app, partial(self._start, cycle, app))
        if waiting.is_refused:
            request.refuse()
        else:
            request.start()


class _WaitingRequest:
    """A plain request in the queue, with its raw bytes."""

    __slots__ = ("_connection", "arrived", "data", "is_refused", "request")

    def __init__(self, connection: FastConnection, request: PlainRequest, data: bytes, arrived: float) -> None:
        self._connection = connection
        self.request = request
        self.data = data
        self.arrived = arrived
        self.is_refused = False

    def start(self) -> None:
        """Answer the request."""
        self._connection.start(self)

    def refuse(self) -> None:
        """Refuse the request."""
        self._connection.refuse(self)

    def drop(self) -> None:
        """Do nothing for a client that has left."""
