"""Measures of telemetry, computed plainly for the peers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from statistics import median
from typing import Any

from service.knowledge.schema.derivations import Measure


def measured(measure: Measure | None, facts: Mapping[str, Any]) -> Fraction | None:
    """The value of a measure; None if it cannot be computed."""
    if measure is None:
        return None
    if measure.kind == "over_median_ratio":
        return _over_median(measure, facts)
    if measure.kind == "last_change":
        series = facts.get(measure.series or "", [])
        new, old = (series[-1], series[-2]) if len(series) > 1 else (None, None)
    else:
        new, old = facts.get(measure.value or ""), facts.get(measure.baseline or "")
    if new is None or not old or old < (measure.baseline_at_least or 0):
        return None
    return 100 * (_exact(new) - _exact(old)) / _exact(old)


def _over_median(measure: Measure, facts: Mapping[str, Any]) -> Fraction | None:
    above, below = facts.get(measure.series or "", [])[:-1], facts.get(measure.per or "", [])[:-1]
    value, weeks = facts.get(measure.value or ""), measure.weeks or 0
    pairs = list(zip(above, below, strict=False))[-weeks:]
    if value is None or len(above) != len(below) or len(pairs) < weeks or not all(low for _, low in pairs):
        return None
    return _exact(value) - median(_exact(high) / _exact(low) for high, low in pairs)


def _exact(number: float) -> Fraction:
    """In whole thousandths, so that thresholds are exact."""
    return Fraction(round(number * 1000), 1000)
