"""The access log: one line and the metrics of each request, from the same record.

A line names a request, so it holds no level, red flag or cause: those are health data of a person. Counters have them.
"""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from structlog.typing import FilteringBoundLogger

from service.engine import EncodedAssessment
from service.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from types import TracebackType

UNMATCHED = "unmatched"


@dataclass(slots=True)
class RequestRecord:
    """The facts of one request and its response that an operator may know."""

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
    """Writes the line of each request and counts its metrics."""

    def __init__(self, log: FilteringBoundLogger, metrics: Metrics, knowledge: str) -> None:
        self._log = log
        self._metrics = metrics
        self._knowledge = knowledge

    def request(self, record: RequestRecord, method: str, route: str | None, seconds: float) -> None:
        """Log and count one request; `route` is its template, never its path."""
        template = route or UNMATCHED
        self._metrics.request(method, template, record.status, seconds)
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

    def item(
        self, record: RequestRecord, assessed: EncodedAssessment | None, problem: str | None, error: Exception | None
    ) -> None:
        """Count one item of a batch as a request of its own would be; only an error gets a line of its own."""
        record.items += 1
        if assessed is not None:
            self._metrics.assessment(assessed.level, assessed.red_flags, assessed.leading_cause)
        if problem is not None:
            record.refused += 1
            self._metrics.rejected(problem)
        if error is not None:
            fields = {"request_id": record.request_id, "item": record.items - 1}
            self._log.error("item", **fields, error=type(error).__name__, at=_at(error.__traceback__))

    def shed(self, record: RequestRecord, method: str, route: str | None, seconds: float) -> None:
        """Count a request that was refused for want of room; a line each would cost more than the refusal."""
        self._metrics.request(method, route or UNMATCHED, record.status, seconds)
        self._metrics.rejected(cast("str", record.problem))
        if record.partner is not None:
            self._metrics.partner_request(record.partner, record.status)

    def load(self, most: int, shed: int) -> None:
        """Write down how busy it was since the last time."""
        self._metrics.in_flight(most)
        if shed:
            self.warn("shedding", pid=os.getpid(), requests=shed)

    def note(self, event: str, **fields: object) -> None:
        """Log an event."""
        self._log.info(event, **fields)

    def warn(self, event: str, **fields: object) -> None:
        """Log a warning."""
        self._log.warning(event, **fields)

    def limit_store_failed(self) -> None:
        """Count a question that the store of the limits did not answer."""
        self._metrics.limit_store_failed()

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Say whether older keys are in use than the file holds."""
        self._metrics.keys_are_stale(is_stale=is_stale)


def _at(trace: TracebackType | None) -> tuple[str, ...]:
    """Where an error came from, innermost last; its message stays out, for it may quote the request."""
    frames = traceback.extract_tb(trace)[-5:]
    return tuple(f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames)
