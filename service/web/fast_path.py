"""The fast path for plain reports, from bytes to bytes.

It gives the same response, log line and metrics as the routes. It refuses nothing: a report that the routes would not
answer with 200 is left to them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from service.engine import Engine
from service.telemetry.access_log import AccessLog
from service.web.answer import answer, field_lines
from service.web.readiness import Readiness
from service.web.request_record import new_record
from service.web.response_headers import NO_STORE, STRICT

_ID = b"x-request-id"
_RECORDED = (_ID, b"traceparent")


class FastPath:
    """The fast path for reports of at most `limit` bytes."""

    def __init__(self, engine: Engine, access_log: AccessLog, readiness: Readiness, limit: int) -> None:
        self._engine = engine
        self._access_log = access_log
        self._readiness = readiness
        self._limit = limit
        fields = ((name, value) for name, value in answer(b"").headers if name != b"content-length")
        self._before = field_lines(fields) + b"content-length: "
        self._after = b"\r\n" + field_lines((*STRICT, NO_STORE)) + b"\r\n"

    def respond(self, fields: Mapping[bytes, bytes], body: bytes, arrived: float) -> tuple[bytes, bytes] | None:
        """Return the fields and the body of the response.

        `arrived` is the arrival time of the report. None leaves the report to the routes.
        """
        if len(body) > self._limit or not self._readiness.is_ready:
            return None
        try:
            assessed = self._engine.answer(self._engine.read(body))
        except Exception:  # noqa: BLE001 (the routes raise it again, and refuse or log it)
            return None
        record = new_record([(name, fields[name]) for name in _RECORDED if name in fields])
        self._access_log.assessed(record, assessed, time.perf_counter() - arrived)
        length, request_id = len(assessed.body), record.request_id.encode()
        return b"%b%d\r\n%b: %b%b" % (self._before, length, _ID, request_id, self._after), assessed.body
