"""The refusing side of a connection.

A request is refused after the responses to earlier ones, and the connection ends with it.
"""

from __future__ import annotations

import asyncio
from typing import Final

from service.problems import Kind
from service.server.bounded_parser import DISCARD_LIMIT, BoundedParser
from service.server.refusal import encoded

LINGER_SECONDS: Final = 1.0
"""Time between a refusal and the end of its connection, in which a client that still sends sees the refusal."""


class RefusingProtocol(BoundedParser):
    """A parser that refuses requests and aborts connections."""

    _is_refused = False
    _backlog = b""
    _refusal: Kind | None = None
    _head_timer: asyncio.TimerHandle | None = None

    def abort_as(self, label: str) -> None:
        """End the connection at once, and count it under this label."""
        if not self.transport.is_closing():
            self._count(label)
            self.transport.abort()

    def _refuse(self, kind: Kind, label: str = "") -> None:
        """Refuse the latest request, after the responses to earlier ones.

        If its response has begun, the connection is aborted. Otherwise the request is dropped.
        """
        label = label or kind.slug
        if self._in_body and (self.cycle.response_started or self.cycle.response_complete):
            self.abort_as(label)
            return
        self._count(label)
        if self._in_body:
            if self.pipeline:
                self.pipeline.popleft()
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.cycle.body.clear()
            self._memory.drop_newest()
        self._backlog = b""
        self._in_head = self._in_body = False
        self._memory.set_unparsed(0)
        self.headers, self.url = [], b""
        self.parser = self.scope = None  # type: ignore[assignment]  # they hold the rest of what is dropped
        if self._memory.requests:
            self._refusal = kind
        else:
            self._send_refusal(kind)

    def _send_refusal(self, kind: Kind) -> None:
        self._is_refused = True
        self.transport.write(encoded(kind, self.server_state.default_headers))
        self.transport.write_eof()
        self._unset_keepalive_if_required()
        self._cancel_head_timer()
        self._head_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > DISCARD_LIMIT:
            self.transport.abort()

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
