"""The outermost ASGI layer of the service.

It sets the request id and the headers of every response, and writes the log line and the metrics. It is plain ASGI,
because the framework's middleware runs after routing and never sees an unknown path.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Final, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from service.access.access import Access, Admission
from service.problems import INTERNAL, OVERLOADED, STOPPING, Kind
from service.telemetry.access_log import AccessLog, RequestRecord
from service.web.answer import Answer
from service.web.array_memory import ArrayMemory
from service.web.cors import Cors
from service.web.fast_path import FastPath
from service.web.readiness import Readiness
from service.web.request_queue import RequestQueue, arrived
from service.web.request_record import RECORD, new_record, refusal
from service.web.response_headers import NO_STORE, OF_PAGES, STRICT
from service.web.scope_keys import last_byte_at

ADMISSION: Final = "triage.admission"
"""Scope key: the `Admission` of the request, with fields for its response. Absent without keys and limits."""

_CLOSE: Final = (b"connection", b"close")


class OuterMiddleware:
    """The outermost ASGI middleware.

    The server reads the readiness, log, queue and access from it.
    """

    def __init__(  # noqa: PLR0913 (one argument a part)
        self,
        app: ASGIApp,
        *,
        access_log: AccessLog,
        readiness: Readiness,
        queue: RequestQueue,
        arrays: ArrayMemory,
        cors: Cors,
        access: Access | None = None,
        plain: frozenset[str] = frozenset(),
        root_path: str = "",
        fast_path: FastPath | None = None,
    ) -> None:
        self.app = app
        self._plain = plain
        self._root_path = root_path
        self._cors = cors
        self.access_log = access_log
        self.readiness = readiness
        self.queue = queue
        self._arrays = arrays
        self.access = access
        self.fast_path = fast_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log its outcome."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        if self._root_path:
            scope["path"] = self._without_root(scope["path"])
        method: str = scope["method"]
        started = arrived(scope)
        record = new_record(scope["headers"])
        cast("dict[str, object]", scope)[RECORD] = record

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                message["headers"] = self._headers(scope, record, message["headers"])
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except asyncio.CancelledError:  # the time of the stop has ended, and the task with it
            await self._fail(scope, record, STOPPING, receive, send_on)
        except Exception as error:  # noqa: BLE001 (no internal detail may reach a client)
            record.error = error
            await self._fail(scope, record, INTERNAL, receive, send_on)
        finally:
            self._arrays.release(scope)
            self._write_down(scope, record, method, started)

    def _without_root(self, path: str) -> str:
        """Return the path without the prefix of a proxy.

        Probes and Prometheus send paths without the prefix.
        """
        if not f"{path}/".startswith(f"{self._root_path}/"):
            return path
        return path.removeprefix(self._root_path) or "/"

    def refuse(self, scope: Scope) -> Answer:
        """Return the response to a request that waited too long.

        The request is also counted.
        """
        record = new_record(scope["headers"])
        refused = refusal(record, OVERLOADED)
        record.status = refused.status
        method = cast("HTTPScope", scope)["method"]
        self._write_down(scope, record, method, arrived(scope))
        return Answer(refused.status, refused.body, self._headers(scope, record, refused.headers))

    def _write_down(self, scope: Scope, record: RequestRecord, method: str, started: float) -> None:
        """Log and count one request.

        A request that was refused for overload is only counted.
        """
        now = time.perf_counter()
        seconds, since_last_byte = now - started, now - last_byte_at(scope, started)
        template = cast("str | None", scope.get("path_template"))
        if record.problem == OVERLOADED.slug:
            path = self._without_root(scope["path"])  # a request that has not started still has its prefix
            self.access_log.overloaded(record, method, template or self._plain_template(path), since_last_byte)
        else:
            self.access_log.request(record, method, template, seconds, since_last_byte)

    def _plain_template(self, path: str) -> str | None:
        """Return the template of a path that was not routed.

        A path without parameters is its own template. Any other path has none.
        """
        return path if path in self._plain else None

    def _headers(
        self, scope: Scope, record: RequestRecord, headers: Iterable[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        page = str(scope.get("path_template", "")).removeprefix("/").partition("/")[0]
        whole = [*headers, (b"x-request-id", record.request_id.encode()), *OF_PAGES.get(page, STRICT)]
        if (admission := cast("dict[str, Admission]", scope).get(ADMISSION)) is not None:
            whole += admission.fields
        whole += self._cors.fields(scope["headers"])
        if b"cache-control" not in dict(whole):
            whole.append(NO_STORE)
        if not self.readiness.is_ready:
            whole.append(_CLOSE)
        return whole

    @staticmethod
    async def _fail(scope: Scope, record: RequestRecord, kind: Kind, receive: Receive, send: Send) -> None:
        """Send a refusal if the application has not responded.

        If its response has begun, the server cuts the connection.
        """
        if not record.status:
            await refusal(record, kind)(scope, receive, send)
