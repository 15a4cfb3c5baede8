"""Measures computed from telemetry.

Numbers are whole thousandths, so that a value exactly at a threshold compares as equal. A measure is None if an input
is missing or a baseline is too small: not computable is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from statistics import median
from typing import Final

import msgspec

from service.knowledge.schema.derivations import Measure
from service.report.report import NUMBER

_PERCENT = 100

Telemetry = Mapping[str, object]
Compute = Callable[[Telemetry], "Ratio | None"]


class Ratio(msgspec.Struct, frozen=True):
    """An exact ratio.

    The value is `over` divided by `under`, which is above zero.
    """

    over: int
    under: int

    def exceeds(self, threshold: Fraction) -> bool:
        """Return whether the value is more than `threshold`."""
        return self.over * threshold.denominator > threshold.numerator * self.under

    def __float__(self) -> float:
        return self.over / self.under


def thousandths(number: float) -> int:
    """Return `number` in whole thousandths.

    The difference of 33.1 and 30.1 is then exactly 3.0.
    """
    return round(number * 1000)


def compiled(measure: Measure) -> Compute:
    """Return the function that computes `measure` in its own unit.

    The function returns None if it cannot compute a value.
    """
    return _MEASURES[measure.kind](measure)


def inputs(measure: Measure) -> tuple[str, ...]:
    """Return the names of the telemetry that `measure` reads."""
    return tuple(name for name in (measure.series, measure.per, measure.value, measure.baseline) if name)


def _number(telemetry: Telemetry, name: str) -> int | None:
    value = telemetry.get(name)
    return thousandths(value) if isinstance(value, NUMBER) else None


def _series(telemetry: Telemetry, name: str) -> tuple[float, ...]:
    series = telemetry.get(name)
    return series if isinstance(series, tuple) else ()


def _over(measure: Measure) -> Callable[[int, int], Ratio | None]:
    """Return a function for the percentage increase of a number.

    The function returns None if the old number is too small for a baseline.
    """
    least = max(1, thousandths(measure.baseline_at_least or 0))
    return lambda new, old: Ratio(_PERCENT * (new - old), old) if old >= least else None


def _last_change(measure: Measure) -> Compute:
    over, name = _over(measure), measure.series or ""

    def compute(telemetry: Telemetry) -> Ratio | None:
        weeks = _series(telemetry, name)
        return over(thousandths(weeks[-1]), thousandths(weeks[-2])) if len(weeks) > 1 else None

    return compute


def _excess(measure: Measure) -> Compute:
    over, value, baseline = _over(measure), measure.value or "", measure.baseline or ""

    def compute(telemetry: Telemetry) -> Ratio | None:
        new, old = _number(telemetry, value), _number(telemetry, baseline)
        return None if new is None or old is None else over(new, old)

    return compute


def _over_median_ratio(measure: Measure) -> Compute:
    number, series, per, weeks = measure.value or "", measure.series or "", measure.per or "", measure.weeks or 0

    def compute(telemetry: Telemetry) -> Ratio | None:
        value = _number(telemetry, number)
        above, below = _series(telemetry, series)[:-1], _series(telemetry, per)[:-1]
        if value is None or len(above) != len(below) or len(above) < weeks:
            return None
        pairs = [(thousandths(high), thousandths(low)) for high, low in zip(above, below, strict=True)][-weeks:]
        if not all(low for _, low in pairs):
            return None
        over = Fraction(value, 1000) - median(Fraction(high, low) for high, low in pairs)
        return Ratio(over.numerator, over.denominator)

    return compute


_MEASURES: Final[Mapping[str, Callable[[Measure], Compute]]] = {
    "last_change": _last_change,
    "excess": _excess,
    "over_median_ratio": _over_median_ratio,
}
