"""The access log and the metrics of each request.

A line and the metrics come from the same record. A line names a request, so it contains no level, red flag or cause.
These are health data of a person. Only the counters contain them.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

import msgspec
from structlog.typing import FilteringBoundLogger

from service.engine import EncodedAssessment
from service.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from types import TracebackType

UNMATCHED: Final = "unmatched"
ASSESS: Final = "/assess"

_encode: Final = msgspec.json.Encoder().encode

_SLOW_CLIENT = frozenset({"body-timeout", "incomplete-body"})
"""Problems of incomplete requests. The client determines their duration, so it is not measured."""


@dataclass(slots=True)
class RequestRecord:
    """The facts of one request that an operator may know."""

    request_id: str
    trace_id: str | None = None
    status: int = 0
    problem: str | None = None
    partner: str | None = None
    key: str | None = None
    assessed: EncodedAssessment | None = None
    error: Exception | None = None
    items: int = 0
    refused: int = 0


class AccessLog:
    """The writer of request lines and metrics."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        metrics: Metrics,
        knowledge: str,
        write: Callable[[bytes], None] | None = None,
    ) -> None:
        self._log = log
        self._metrics = metrics
        self._knowledge = knowledge
        self._write = write
        """Writes a line without structlog, if the log has JSON lines of requests."""
        self._line = b"".join(
            (
                b'{"request_id":"%b","trace_id":%b,"method":"POST","route":"/assess","status":200,"seconds":%b,',
                b'"knowledge":%b,' % _encode(knowledge).replace(b"%", b"%%"),
                b'%b"event":"request","severity":"info","time":"%bZ"}\n',
            )
        )
        self._overloaded = self._left = 0
        self._age = 0.0
        self._refused: Counter[str] = Counter()

    def request(
        self, record: RequestRecord, method: str, route: str | None, seconds: float, since_last_byte: float
    ) -> None:
        """Log and count one request.

        `route` is its template, never its path.
        """
        template = route or UNMATCHED
        is_client_slow = record.problem in _SLOW_CLIENT
        self._metrics.request(method, template, record.status, None if is_client_slow else since_last_byte)
        line: dict[str, object] = {
            "request_id": record.request_id,
            "trace_id": record.trace_id,
            "method": method,
            "route": template,
            "status": record.status,
            "seconds": round(seconds, 6),
            "knowledge": self._knowledge,
        }
        if (assessed := record.assessed) is not None:
            self._metrics.assessment(assessed.level, assessed.red_flags, assessed.leading_cause)
        if record.items:
            line |= {"items": record.items, "refused": record.refused}
        if record.partner is not None:
            self._metrics.partner_request(record.partner, record.status)
            line |= {"partner": record.partner, "key": record.key}
        if record.problem is not None:
            self._metrics.rejected(record.problem)
            line["problem"] = record.problem
        if record.error is None:
            self._log.info("request", **line)
        else:
            self._log.error("request", **line, error=type(record.error).__name__, at=_at(record.error.__traceback__))

    def assessed(self, record: RequestRecord, assessed: EncodedAssessment, seconds: float) -> None:
        """Log and count a report that the fast path answered.

        It does the same as `request`, in a tenth of the time.
        """
        if self._write is None:
            record.status, record.assessed = 200, assessed
            self.request(record, "POST", ASSESS, seconds, seconds)
            return
        self._metrics.request("POST", ASSESS, 200, seconds)
        self._metrics.assessment(assessed.level, assessed.red_flags, assessed.leading_cause)
        trace_id = b"null" if record.trace_id is None else b'"%b"' % record.trace_id.encode()
        time = datetime.now(UTC).isoformat().removesuffix("+00:00").encode()
        partner = b""
        if record.partner is not None:
            self._metrics.partner_request(record.partner, 200)
            partner = b'"partner":%b,"key":%b,' % (_encode(record.partner), _encode(record.key))
        self._write(self._line % (record.request_id.encode(), trace_id, _encode(round(seconds, 6)), partner, time))

    def item(
        self, record: RequestRecord, assessed: EncodedAssessment | None, problem: str | None, error: Exception | None
    ) -> None:
        """Count an item of a batch like a request.

        The item is logged only if it failed.
        """
        record.items += 1
        if assessed is not None:
            self._metrics.assessment(assessed.level, assessed.red_flags, assessed.leading_cause)
        if problem is not None:
            record.refused += 1
            self._metrics.rejected(problem)
        if error is not None:
            fields = {"request_id": record.request_id, "item": record.items - 1}
            self._log.error("item", **fields, error=type(error).__name__, at=_at(error.__traceback__))

    def overloaded(self, record: RequestRecord, method: str, route: str | None, seconds: float) -> None:
        """Count a request that was refused for lack of time or room.

        A log line for each would cost more than the refusal.
        """
        self._overloaded += 1
        self._metrics.request(method, route or UNMATCHED, record.status, seconds)
        self._metrics.rejected(cast("str", record.problem))
        if record.partner is not None:
            self._metrics.partner_request(record.partner, record.status)

    def queue(self, age: float, expired: int, left: int) -> None:
        """Count the figures of the queue since the last call."""
        self._metrics.queue(age, expired, left)
        self._left += left
        self._age = max(self._age, age)

    def overload(self) -> None:
        """Warn of requests refused or abandoned since the last call.

        Nothing is logged if there are none.
        """
        if self._overloaded or self._left:
            self.warn(
                "overload", pid=os.getpid(), refused=self._overloaded, left=self._left, longest_wait=round(self._age, 3)
            )
        self._overloaded = self._left = 0
        self._age = 0.0

    def connection_refused(self, kind: str) -> None:
        """Count one refusal below the application.

        `refusals` writes the line.
        """
        self._metrics.connection_refused(kind)
        self._refused[kind] += 1

    def refusals(self) -> None:
        """Write one line for each kind of refusal since the last call."""
        for kind, count in self._refused.items():
            self.warn("connections_refused", pid=os.getpid(), kind=kind, count=count)
        self._refused.clear()

    def note(self, event: str, **fields: object) -> None:
        """Log an event."""
        self._log.info(event, **fields)

    def warn(self, event: str, **fields: object) -> None:
        """Log a warning."""
        self._log.warning(event, **fields)

    def limit_store_failed(self) -> None:
        """Count a query that the limit store did not answer."""
        self._metrics.limit_store_failed()

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Set whether the keys in use are older than the file."""
        self._metrics.keys_are_stale(is_stale=is_stale)


def _at(trace: TracebackType | None) -> tuple[str, ...]:
    """Return the origin of an error, innermost frame last.

    The message is left out, because it may quote the request.
    """
    frames = traceback.extract_tb(trace)[-5:]
    return tuple(f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames)
