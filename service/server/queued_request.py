"""A queued request of a connection.

It waits for its turn. Refusing it costs no task.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from service.web.answer import field_lines

if TYPE_CHECKING:
    from litestar.types import Scope

    from service.web.outer_middleware import OuterMiddleware

CLOSE: Final = (b"connection", b"close")


class QueuedRequest:
    """One request and the call that starts its task."""

    __slots__ = ("_app", "_cycle", "_start")

    def __init__(self, cycle: RequestResponseCycle, app: OuterMiddleware, start: Callable[[], None]) -> None:
        self._cycle = cycle
        self._app = app
        self._start = start

    def start(self) -> None:
        """Start the task of the request."""
        self._start()

    def refuse(self) -> None:
        """Write a 503 response from bytes.

        The connection continues as after any other response.
        """
        cycle = self._cycle
        refused = self._app.refuse(cast("Scope", cycle.scope))
        fields = [*cycle.default_headers, *refused.headers]
        is_last = CLOSE in fields or not cycle.keep_alive
        if is_last and CLOSE not in fields:
            fields.append(CLOSE)
        body = b"" if cycle.scope["method"] == "HEAD" else refused.body
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"".join([STATUS_LINE[refused.status], field_lines(fields), b"\r\n", body]))
        if is_last:
            cycle.transport.close()
        cycle.on_response()

    def drop(self) -> None:
        """Do nothing for a client that has left."""
