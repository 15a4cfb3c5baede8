"""The metrics of the service in groups, as they are registered.

Their order is that of the output.
"""

from __future__ import annotations

from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
Child = TypeVar("Child", bound=MetricWrapperBase)


class Children(dict[tuple[str, ...], Child]):
    """The children of one metric, by label values.

    They are kept, because `labels()` takes a lock and a hash at each call.
    """

    def __init__(self, metric: Child) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, key: tuple[str, ...]) -> Child:
        child = self[key] = self._metric.labels(*key)
        return child


class RequestMetrics:
    """The counts and the times of requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.counts = Children(
            Counter(
                "triage_http_requests_total",
                "Requests by method, route template and status.",
                ("method", "route", "status"),
                registry=registry,
            )
        )
        self.seconds = Children(
            Histogram(
                "triage_http_request_seconds",
                "Seconds from the request's last byte to the end of the answer.",
                ("method", "route"),
                buckets=SECONDS,
                registry=registry,
            )
        )


class AssessmentMetrics:
    """The counts of assessments by their results."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.levels = Children(
            Counter("triage_assessments_total", "Assessments by level.", ("level",), registry=registry)
        )
        self.red_flags = Children(
            Counter("triage_red_flags_total", "Red flags that fired, by id.", ("id",), registry=registry)
        )
        self.leading_causes = Children(
            Counter(
                "triage_leading_cause_total", "Assessments by the cause that fits best.", ("id",), registry=registry
            )
        )


class RefusalMetrics:
    """The counts of refusals, and of the requests with a key."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.problems = Children(
            Counter("triage_rejected_total", "Requests refused, by problem type.", ("type",), registry=registry)
        )
        self.partners = Children(
            Counter(
                "triage_partner_requests_total",
                "Requests that came with a known key, by partner and status.",
                ("partner", "status"),
                registry=registry,
            )
        )
        self.connections = Children(
            Counter(
                "triage_connections_refused_total",
                "Requests refused and connections ended below the application, by kind.",
                ("kind",),
                registry=registry,
            )
        )


class LossMetrics:
    """The counts of unanswered queries and lost log lines."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.store_failures = Counter(
            "triage_limit_store_failures_total",
            "Questions that the store of the rate limits did not answer.",
            registry=registry,
        )
        self.log_lines = Counter(
            "triage_log_lines_lost_total", "Log lines that could not be written.", registry=registry
        )


class QueueMetrics:
    """The age and the losses of the queue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.age = Gauge(
            "triage_queue_age_seconds",
            "The longest that a request waited for its turn, of those whose wait ended in the last tenth of a second.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.dropped = Children(
            Counter(
                "triage_queue_dropped_total",
                "Requests that waited for their turn and did not get it, by reason.",
                ("reason",),
                registry=registry,
            )
        )


class StateMetrics:
    """The keys, the knowledge and the code in use."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.stale_keys = Gauge(
            "triage_keys_stale",
            "1 while the file of keys is refused and older keys are in use.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.knowledge = Gauge(
            "triage_knowledge_info",
            "Always 1: the knowledge that gives the answers.",
            ("version", "digest"),
            registry=registry,
            multiprocess_mode="max",
        )
        self.entries = Gauge(
            "triage_knowledge_entries",
            "Entries of the knowledge that a clinician reviews, by review state.",
            ("review",),
            registry=registry,
            multiprocess_mode="max",
        )
        self.build = Gauge(
            "triage_build_info",
            "Always 1: the code that gives the answers.",
            ("version", "python"),
            registry=registry,
            multiprocess_mode="max",
        )
