"""The metrics of the service, on a registry of their own.

Labels hold ids and templates, never a request's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector

from service.telemetry.turn_end import TurnEnd

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"})
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Child = TypeVar("Child", bound=MetricWrapperBase)

disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series per label set, without a use


class _Children(dict[tuple[str, ...], Child]):
    """The children of one metric, by label values.

    They are kept, because `labels()` takes a lock and a hash at each call.
    """

    def __init__(self, metric: Child) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, key: tuple[str, ...]) -> Child:
        child = self[key] = self._metric.labels(*key)
        return child


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
        self._requests = _Children(
            Counter(
                "triage_http_requests_total",
                "Requests by method, route template and status.",
                ("method", "route", "status"),
                registry=registry,
            )
        )
        self._seconds = _Children(
            Histogram(
                "triage_http_request_seconds",
                "Seconds from the request's last byte to the end of the answer.",
                ("method", "route"),
                buckets=SECONDS,
                registry=registry,
            )
        )
        self._assessments = _Children(
            Counter("triage_assessments_total", "Assessments by level.", ("level",), registry=registry)
        )
        self._red_flags = _Children(
            Counter("triage_red_flags_total", "Red flags that fired, by id.", ("id",), registry=registry)
        )
        self._leading_cause = _Children(
            Counter(
                "triage_leading_cause_total", "Assessments by the cause that fits best.", ("id",), registry=registry
            )
        )
        self._rejected = _Children(
            Counter("triage_rejected_total", "Requests refused, by problem type.", ("type",), registry=registry)
        )
        self._partners = _Children(
            Counter(
                "triage_partner_requests_total",
                "Requests that came with a known key, by partner and status.",
                ("partner", "status"),
                registry=registry,
            )
        )
        self._connections_refused = _Children(
            Counter(
                "triage_connections_refused_total",
                "Requests refused and connections ended below the application, by kind.",
                ("kind",),
                registry=registry,
            )
        )
        self._store_failures = Counter(
            "triage_limit_store_failures_total",
            "Questions that the store of the rate limits did not answer.",
            registry=registry,
        )
        self._log_lines_lost = Counter(
            "triage_log_lines_lost_total", "Log lines that could not be written.", registry=registry
        )
        self._queue_age = Gauge(
            "triage_queue_age_seconds",
            "The longest that a request waited for its turn, of those whose wait ended in the last tenth of a second.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._queue_dropped = _Children(
            Counter(
                "triage_queue_dropped_total",
                "Requests that waited for their turn and did not get it, by reason.",
                ("reason",),
                registry=registry,
            )
        )
        self._stale_keys = Gauge(
            "triage_keys_stale",
            "1 while the file of keys is refused and older keys are in use.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._knowledge = Gauge(
            "triage_knowledge_info",
            "Always 1: the knowledge that gives the answers.",
            ("version", "digest"),
            registry=registry,
            multiprocess_mode="max",
        )
        self._entries = Gauge(
            "triage_knowledge_entries",
            "Entries of the knowledge that a clinician reviews, by review state.",
            ("review",),
            registry=registry,
            multiprocess_mode="max",
        )
        self._build = Gauge(
            "triage_build_info",
            "Always 1: the code that gives the answers.",
            ("version", "python"),
            registry=registry,
            multiprocess_mode="max",
        )

    def expect(self, levels: Iterable[str], problems: Iterable[str], refusals: Iterable[str]) -> None:
        """Begin these counts at 0.

        A scraper sees no rise in a count whose first value is not 0.
        """
        for level in levels:
            self._assessments[(level,)].inc(0)
        for problem in problems:
            self._rejected[(problem,)].inc(0)
        for kind in refusals:
            self._connections_refused[(kind,)].inc(0)

    def knowledge(self, version: str, digest: str) -> None:
        """Set the version and the digest of the loaded knowledge."""
        self._knowledge.labels(version, digest).set(1)

    def reviews(self, counts: Mapping[str, int]) -> None:
        """Set the number of entries by review state."""
        for state, count in counts.items():
            self._entries.labels(state).set(count)

    def build(self, version: str, python: str) -> None:
        """Set the versions of the code and of Python."""
        self._build.labels(version, python).set(1)

    def connection_refused(self, kind: str) -> None:
        """Count one refusal below the application."""
        self._connections_refused[(kind,)].inc()

    def request(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count one request.

        A method that HTTP does not name is `OTHER`, so that labels stay few. `seconds` is None if the client was too
        slow: that time is not the service's.
        """
        known = method if method in METHODS else "OTHER"
        self._add(self._requests[known, route, str(status)])
        if seconds is not None:
            self._observed.append((self._seconds[known, route], seconds))

    def assessment(self, level: str, red_flags: Iterable[str], leading_cause: str | None) -> None:
        """Count one assessment by its level, red flags and leading cause."""
        self._add(self._assessments[(level,)])
        for id_ in red_flags:
            self._add(self._red_flags[(id_,)])
        if leading_cause is not None:
            self._add(self._leading_cause[(leading_cause,)])

    def partner_request(self, partner: str, status: int) -> None:
        """Count one request of a partner.

        The id is one of those in the file of keys.
        """
        self._add(self._partners[partner, str(status)])

    def limit_store_failed(self) -> None:
        """Count one query that the limit store did not answer."""
        self._store_failures.inc()

    def log_line_lost(self) -> None:
        """Count one log line that could not be written."""
        self._log_lines_lost.inc()

    def queue(self, age: float, expired: int, left: int) -> None:
        """Set the age of the queue, and count its dropped requests."""
        self._queue_age.set(age)
        self._queue_dropped[("expired",)].inc(expired)
        self._queue_dropped[("client_left",)].inc(left)

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Set whether the keys in use are older than the file."""
        self._stale_keys.set(is_stale)

    def rejected(self, type_: str) -> None:
        """Count one refusal by its problem type."""
        self._add(self._rejected[(type_,)])

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
