"""The metrics of the service, on a registry of their own.

Labels hold ids and templates, never a request's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service.telemetry.metric_groups import (
    AssessmentMetrics,
    LossMetrics,
    QueueMetrics,
    RefusalMetrics,
    RequestMetrics,
    StateMetrics,
)
from service.turn_end import TurnEnd

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"})
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series per label set, without a use


class Metrics:
    """The counts of requests and responses.

    `shared` is true if several workers keep one count in files. Requests are counted at the end of each turn of the
    event loop, all of the turn together.
    """

    def __init__(self, registry: CollectorRegistry, *, shared: bool = False) -> None:
        self._registry = registry
        self._turn_end = TurnEnd(self.count)
        self._counted: dict[Counter, int] = {}
        self._observed: list[tuple[Histogram, float]] = []
        self._shared = shared
        self._requests = RequestMetrics(registry)
        self._assessments = AssessmentMetrics(registry)
        self._refusals = RefusalMetrics(registry)
        self._losses = LossMetrics(registry)
        self._queue = QueueMetrics(registry)
        self._state = StateMetrics(registry)

    def expect(self, levels: Iterable[str], problems: Iterable[str], refusals: Iterable[str]) -> None:
        """Begin these counts at 0.

        A scraper sees no rise in a count whose first value is not 0.
        """
        for level in levels:
            self._assessments.levels[(level,)].inc(0)
        for problem in problems:
            self._refusals.problems[(problem,)].inc(0)
        for kind in refusals:
            self._refusals.connections[(kind,)].inc(0)

    def knowledge(self, version: str, digest: str) -> None:
        """Set the version and the digest of the loaded knowledge."""
        self._state.knowledge.labels(version, digest).set(1)

    def reviews(self, counts: Mapping[str, int]) -> None:
        """Set the number of entries by review state."""
        for state, count in counts.items():
            self._state.entries.labels(state).set(count)

    def build(self, version: str, python: str) -> None:
        """Set the versions of the code and of Python."""
        self._state.build.labels(version, python).set(1)

    def connection_refused(self, kind: str) -> None:
        """Count one refusal below the application."""
        self._refusals.connections[(kind,)].inc()

    def request(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count one request.

        A method that HTTP does not name is `OTHER`, so that labels stay few. `seconds` is None if the client was too
        slow: that time is not the service's.
        """
        known = method if method in METHODS else "OTHER"
        self._add(self._requests.counts[known, route, str(status)])
        if seconds is not None:
            self._observed.append((self._requests.seconds[known, route], seconds))

    def assessment(self, level: str, red_flags: Iterable[str], leading_cause: str | None) -> None:
        """Count one assessment by its level, red flags and leading cause."""
        self._add(self._assessments.levels[(level,)])
        for id_ in red_flags:
            self._add(self._assessments.red_flags[(id_,)])
        if leading_cause is not None:
            self._add(self._assessments.leading_causes[(leading_cause,)])

    def partner_request(self, partner: str, status: int) -> None:
        """Count one request of a partner.

        The id is one of those in the file of keys.
        """
        self._add(self._refusals.partners[partner, str(status)])

    def limit_store_failed(self) -> None:
        """Count one query that the limit store did not answer."""
        self._losses.store_failures.inc()

    def log_line_lost(self) -> None:
        """Count one log line that could not be written."""
        self._losses.log_lines.inc()

    def queue(self, age: float, expired: int, left: int) -> None:
        """Set the age of the queue, and count its dropped requests."""
        self._queue.age.set(age)
        self._queue.dropped[("expired",)].inc(expired)
        self._queue.dropped[("client_left",)].inc(left)

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Set whether the keys in use are older than the file."""
        self._state.stale_keys.set(is_stale)

    def rejected(self, type_: str) -> None:
        """Count one refusal by its problem type."""
        self._add(self._refusals.problems[(type_,)])

    def text(self) -> bytes:
        """Return all metrics in the scraper's format, summed over the workers."""
        self.count()
        if not self._shared:
            return generate_latest(self._registry)
        whole = CollectorRegistry()
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        return generate_latest(whole)

    def count(self) -> None:
        """Add the counts of this turn to the metrics."""
        counted, self._counted = self._counted, {}
        observed, self._observed = self._observed, []
        for counter, times in counted.items():
            counter.inc(times)
        for histogram, seconds in observed:
            histogram.observe(seconds)

    def _add(self, counter: Counter) -> None:
        self._counted[counter] = self._counted.get(counter, 0) + 1
        self._turn_end.schedule()
