"""Names in the monitoring's PromQL, compared with the service's metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql
from prometheus_client.utils import floatToGoString

from service.model.scales import Level
from service.problems import KINDS
from service.telemetry.metric_groups import SECONDS
from service.telemetry.metrics import METHODS
from tests.metrics import declared

TARGET = {"job", "instance", "namespace", "pod", "container"}
"""Labels that Prometheus adds to scraped metrics."""

FOREIGN = {
    "up": TARGET,
    "kube_pod_status_ready": {"condition"} | TARGET,
    "kube_pod_container_resource_limits": {"resource"} | TARGET,
    "kube_pod_container_status_restarts_total": TARGET,
    "kube_pod_container_status_last_terminated_reason": {"reason"} | TARGET,
    "kube_deployment_spec_replicas": {"deployment"} | TARGET,
    "kube_deployment_status_replicas_ready": {"deployment"} | TARGET,
    "kube_horizontalpodautoscaler_status_desired_replicas": {"horizontalpodautoscaler"} | TARGET,
    "kube_horizontalpodautoscaler_spec_max_replicas": {"horizontalpodautoscaler"} | TARGET,
    "x509_cert_not_after": {"secret_namespace", "secret_name"} | TARGET,
    "container_memory_working_set_bytes": TARGET,
}
"""Metrics of Prometheus itself and of the exporters."""

EXPORTERS = {
    "kube_": "kube-state-metrics",
    "container_": "the kubelet (cAdvisor)",
    "x509_": "x509-certificate-exporter",
}
"""The source of metrics with these prefixes."""


@dataclass(frozen=True)
class Names:
    """Every metric with its labels, and the values of bounded labels."""

    labels: dict[str, set[str]]
    values: dict[str, set[str]] = field(
        default_factory=lambda: {
            "level": set(Level),
            "type": {kind.slug for kind in KINDS},
            "le": {floatToGoString(bound) for bound in SECONDS},  # type: ignore[no-untyped-call]  # without types
            "method": set(METHODS),
        }
    )


def of_the_service() -> dict[str, set[str]]:
    """Each metric of the code, with its labels."""
    return {name: metric.labels for name, metric in declared().items()}


def series(metrics: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same under scraped names; a histogram has three."""
    histograms = {name for name, metric in declared().items() if metric.type == "histogram"}
    read: dict[str, set[str]] = {}
    for name, labels in metrics.items():
        if name in histograms:
            read |= {name + "_bucket": {"le", *labels}, name + "_sum": labels, name + "_count": labels}
        else:
            read[name] = labels
    return {name: labels | TARGET for name, labels in read.items()}


def faults(text: str, names: Names) -> list[str]:
    """Unknown names in one expression, or its parse error."""
    try:
        expression = promql.parse(text)
    except ValueError as error:
        return [f"{error}: {text}"]
    return list(_faults(expression, names))


def selectors(expression: Any) -> list[Any]:
    """Every selector of an expression."""
    return [node for node in _nodes(expression) if isinstance(node, promql.VectorSelector)]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for part in ("expr", "param", "lhs", "rhs", "vector_selector"):
        if (child := getattr(node, part, None)) is not None and not isinstance(child, str):
            yield from _nodes(child)
    for child in getattr(node, "args", ()):
        yield from _nodes(child)


def _faults(expression: Any, names: Names) -> Iterator[str]:
    reach = set(TARGET)
    for selector in selectors(expression):
        known = names.labels.get(selector.name)
        if known is None:
            yield f"unknown metric {selector.name}"
            continue
        reach |= known
        for matcher in selector.matchers.matchers:
            if matcher.name not in known:
                yield f"{selector.name} has no label {matcher.name}"
            elif re.fullmatch(r"[\w|-]+", matcher.value) or matcher.name not in names.values:
                few = names.values.get(matcher.name)
                strange = set(matcher.value.split("|")) - few if few is not None else ()
                yield from (f"{matcher.name} is never {value}" for value in sorted(strange))
            elif matcher.value not in names.values[matcher.name]:
                yield f"{matcher.name} is never {matcher.value}"
    for node in _nodes(expression):
        modifier = getattr(node, "modifier", None)
        matching = getattr(modifier, "matching", None) or modifier
        for label in getattr(matching, "labels", None) or ():
            if label not in reach:
                yield f"no selector has the label {label}"
