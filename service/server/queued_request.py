"""A request of a connection that waits for its turn; refusing it costs no task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from litestar.types import Scope

    from service.web.observe import Observe


class QueuedRequest:
    """One request and the call that starts its task."""

    __slots__ = ("_app", "_cycle", "_start")

    def __init__(self, cycle: RequestResponseCycle, app: Observe, start: Callable[[], None]) -> None:
        self._cycle = cycle
        self._app = app
        self._start = start

    def start(self) -> None:
        """Start its task."""
        self._start()

    def refuse(self) -> None:
        """Write a 503 from bytes, and go on with the connection as after any other response."""
        cycle = self._cycle
        refused = self._app.refuse(cast("Scope", cycle.scope))
        lines = [name + b": " + value + b"\r\n" for name, value in (*cycle.default_headers, *refused.headers)]
        if not cycle.keep_alive:
            lines.append(b"connection: close\r\n")
        body = b"" if cycle.scope["method"] == "HEAD" else refused.body
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"".join([STATUS_LINE[refused.status], *lines, b"\r\n", body]))
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()

    def drop(self) -> None:
        """Nothing is left to do for a client that has left."""
