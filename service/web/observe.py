"""The outermost ASGI layer of the service.

It sets the request id and the headers of every response, and writes the log line and the metrics. It is plain ASGI,
because the framework's middleware runs after routing and never sees an unknown path.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from service.access.access import Access, Admission
from service.errors import Fault
from service.model.version import API_VERSION
from service.problems import INTERNAL, MEDIA_TYPE, OVERLOADED, STOPPING, Kind, body_of
from service.telemetry.access_log import AccessLog, RequestRecord
from service.web.answer import Answer, answer
from service.web.array_memory import ArrayMemory
from service.web.cors import Cors
from service.web.request_queue import RequestQueue, arrived
from service.web.scope_keys import last_byte_at

if TYPE_CHECKING:
    from service.web.fast_path import FastPath

RECORD: Final = "triage.record"
"""Scope key: the `RequestRecord` of the request."""

ADMISSION: Final = "triage.admission"
"""Scope key: the `Admission` of the request, with fields for its response. Absent without keys and limits."""

_well_formed: Final = re.compile(rb"[A-Za-z0-9._~-]{1,64}").fullmatch
_traceparent: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
).fullmatch
_POLICY: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_DOCS_POLICY: Final = (
    _POLICY + b"; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)
_TRY_POLICY: Final = _POLICY + b"; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'"
_ALWAYS: Final = (
    (b"api-version", API_VERSION.encode()),
    (b"content-language", b"en"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
STRICT: Final = (*_ALWAYS, (b"content-security-policy", _POLICY))
_OF_PAGES: Final = {
    "docs": (*_ALWAYS, (b"content-security-policy", _DOCS_POLICY)),
    "try": (*_ALWAYS, (b"content-security-policy", _TRY_POLICY)),
}
NO_STORE: Final = (b"cache-control", b"no-store")
_IDS: Final = random.Random()  # noqa: S311 (an id distinguishes requests and protects nothing)
_CLOSE: Final = (b"connection", b"close")


@dataclass(slots=True)
class Readiness:
    """The readiness for new requests; false once a stop begins."""

    is_ready: bool = True


class Observe:
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
        self._app = app
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
            await self._app(scope, receive, send)
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
            await self._app(scope, receive, send_on)
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
            self.access_log.overloaded(record, method, template or self._plain_template(scope["path"]), since_last_byte)
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
        whole = [*headers, (b"x-request-id", record.request_id.encode()), *_OF_PAGES.get(page, STRICT)]
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


def refusal(
    record: RequestRecord, kind: Kind, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the problem response to a request.

    The record keeps the type of problem for the log line.
    """
    record.problem = kind.slug
    return answer(
        body_of(kind, record.request_id, faults), MEDIA_TYPE, kind.status, {**kind.headers, **(headers or {})}
    )


def record_of(scope: Scope) -> RequestRecord:
    """Return the log record of this request."""
    return cast("dict[str, RequestRecord]", scope)[RECORD]


def fresh_id() -> str:
    """Return a new request id."""
    return f"{_IDS.getrandbits(128):032x}"


def new_record(headers: Iterable[tuple[bytes, bytes]]) -> RequestRecord:
    """Return the log record of a request with these headers.

    A request id that is not well formed is replaced and never logged.
    """
    request_id = trace_id = None
    for name, value in headers:
        if name == b"x-request-id" and _well_formed(value):
            request_id = value.decode()
        elif name == b"traceparent" and (found := _traceparent(value)):
            trace_id = found[1].decode()
    return RequestRecord(request_id or fresh_id(), trace_id)
