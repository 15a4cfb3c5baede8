"""The fast path for plain reports, from bytes to bytes.

It gives the same response, log line and metrics as the normal path. It refuses a report only if the report waited too
long: one that the routes would not answer with 200 is left to them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from service.access.access import Access
from service.engine import Engine
from service.problems import OVERLOADED
from service.telemetry.access_log import ASSESS, AccessLog, RequestRecord
from service.web.answer import Answer, answer, field_lines
from service.web.readiness import Readiness
from service.web.request_record import new_record, refusal
from service.web.response_headers import NO_STORE, STRICT

_ID = b"x-request-id"
_RECORDED = (_ID, b"traceparent")
_END = field_lines((NO_STORE,)) + b"\r\n"


class FastPath:
    """The fast path for reports of at most `limit` bytes."""

    def __init__(
        self, engine: Engine, access: Access | None, access_log: AccessLog, readiness: Readiness, limit: int
    ) -> None:
        self._engine = engine
        self._access = access
        self._access_log = access_log
        self._readiness = readiness
        self._limit = limit
        self._head = _template(answer(b""))
        self._refused_head = _template(refusal(new_record(()), OVERLOADED))

    def respond(
        self, fields: Mapping[bytes, bytes], body: bytes, peer: str, arrived: float
    ) -> tuple[bytes, bytes] | None:
        """Return the fields and the body of the response.

        `peer` is the address of the connection, and `arrived` is the arrival time of the report. None leaves the report
        to the routes, and charges nothing.
        """
        if len(body) > self._limit or not self._readiness.is_ready:
            return None
        admission = None
        if self._access is not None:
            admission = self._access.admit_now(fields.items(), peer)
            if admission is None:
                return None
        try:
            assessed = self._engine.answer(self._engine.read(body))
        except Exception:  # noqa: BLE001 (the routes raise it again, and refuse or log it)
            return None
        record = _record(fields)
        limits = b""
        if self._access is not None and admission is not None:
            self._access.charge_now(admission)
            limits = field_lines(admission.fields)
            if admission.partner is not None:
                record.partner, record.key = admission.partner.id, admission.partner.key
        self._access_log.assessed(record, assessed, time.perf_counter() - arrived)
        head = self._head % (len(assessed.body), record.request_id.encode())
        return b"".join((head, limits, _END)), assessed.body

    def refuse(self, fields: Mapping[bytes, bytes], arrived: float) -> tuple[bytes, bytes] | None:
        """Return the fields and the body of a refusal for overload.

        It is for a report that waited too long. None leaves it to the normal path.
        """
        if not self._readiness.is_ready:
            return None
        record = _record(fields)
        refused = refusal(record, OVERLOADED)
        record.status = refused.status
        self._access_log.overloaded(record, "POST", ASSESS, time.perf_counter() - arrived)
        return self._refused_head % (len(refused.body), record.request_id.encode()) + _END, refused.body


def _record(fields: Mapping[bytes, bytes]) -> RequestRecord:
    return new_record([(name, fields[name]) for name in _RECORDED if name in fields])


def _template(response: Answer) -> bytes:
    """Return the first fields of a response as a template.

    Its places are for the length and the request id.
    """
    fields = [(name, b"%d" if name == b"content-length" else value) for name, value in response.headers]
    return field_lines((*fields, (_ID, b"%b"), *STRICT))
