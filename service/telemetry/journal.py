"""What is written down about each exchange: one log line and its metrics, from the same facts."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structlog.typing import FilteringBoundLogger

from service.model.assessment import EncodedAssessment
from service.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from types import TracebackType

UNMATCHED = "unmatched"


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as far as an operator may know them."""

    request_id: str
    trace_id: str | None = None
    status: int = 0
    problem: str | None = None
    assessed: EncodedAssessment | None = None
    error: Exception | None = None
    items: int = 0
    refused: int = 0


class Journal:
    """Writes the line and counts the numbers of each exchange."""

    def __init__(self, log: FilteringBoundLogger, metrics: Metrics, knowledge: str) -> None:
        self._log = log
        self._metrics = metrics
        self._knowledge = knowledge

    def exchange(self, exchange: Exchange, method: str, route: str | None, seconds: float) -> None:
        """Write down one request; `route` is its template, never its path."""
        template = route or UNMATCHED
        self._metrics.request(method, template, exchange.status, seconds)
        line: dict[str, object] = {
            "request_id": exchange.request_id,
            "trace_id": exchange.trace_id,
            "method": method,
            "route": template,
            "status": exchange.status,
            "seconds": round(seconds, 6),
            "knowledge": self._knowledge,
        }
        if (assessed := exchange.assessed) is not None:
            self._metrics.assessment(assessed.level, assessed.red_flags, assessed.causes)
            line |= {"level": assessed.level, "red_flags": assessed.red_flags, "causes": assessed.causes}
        if exchange.items:
            line |= {"items": exchange.items, "refused": exchange.refused}
        if exchange.problem is not None:
            self._metrics.rejected(exchange.problem)
            line["problem"] = exchange.problem
        if exchange.error is None:
            self._log.info("request", **line)
        else:
            self._log.error(
                "request", **line, error=type(exchange.error).__name__, at=_at(exchange.error.__traceback__)
            )

    def item(
        self, exchange: Exchange, assessed: EncodedAssessment | None, problem: str | None, error: Exception | None
    ) -> None:
        """Count one item of a batch as a request of its own would be; only an error gets a line of its own."""
        exchange.items += 1
        if assessed is not None:
            self._metrics.assessment(assessed.level, assessed.red_flags, assessed.causes)
        if problem is not None:
            exchange.refused += 1
            self._metrics.rejected(problem)
        if error is not None:
            fields = {"request_id": exchange.request_id, "item": exchange.items - 1}
            self._log.error("item", **fields, error=type(error).__name__, at=_at(error.__traceback__))

    def note(self, event: str, **fields: object) -> None:
        """Write down a turn of the server's life."""
        self._log.info(event, **fields)


def _at(trace: TracebackType | None) -> tuple[str, ...]:
    """Where an error came from, innermost last; its message stays out, for it may quote the request."""
    frames = traceback.extract_tb(trace)[-5:]
    return tuple(f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames)
