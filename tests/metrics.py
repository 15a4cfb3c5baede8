"""The metrics of the service as a scraper reads them."""

from __future__ import annotations

from typing import NamedTuple

from prometheus_client import CollectorRegistry

from service.telemetry.metrics import Metrics


class Declared(NamedTuple):
    """The type and the labels of a metric."""

    type: str
    labels: set[str]


def declared() -> dict[str, Declared]:
    """Each metric by its name.

    Labels are read from samples, so each event happens once, and a metric without a sample fails.
    """
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.expect(["self_care"], ["not-found"], ["slow-head"])
    metrics.knowledge("1.2.3", "sha256:00")
    metrics.reviews({"reviewed": 1})
    metrics.build("1.2.3", "3")
    metrics.request("GET", "/health/live", 200, 0.1)
    metrics.assessment("self_care", ["flag"], "cause")
    metrics.partner_request("partner", 200)
    metrics.queue(0.1, 1, 1)
    metrics.count()
    found = {}
    for family in registry.collect():
        assert family.samples, f"nothing is counted in {family.name}"
        name = family.name + ("_total" if family.type == "counter" else "")
        found[name] = Declared(family.type, {label for sample in family.samples for label in sample.labels} - {"le"})
    return found
