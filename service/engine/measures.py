"""Numbers worked out from telemetry, in whole thousandths so that an edge is an edge.

`measured` answers None where an input is missing or a baseline is too small: not computable is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from service.engine.presentation import NUMBER
from service.knowledge.schema import Measure

_PERCENT = 100
_SECONDS_PER_MINUTE = 60

Telemetry = Mapping[str, object]


class Ratio(NamedTuple):
    """An exact value: `over` divided by `under`, which is above zero."""

    over: int
    under: int

    def exceeds(self, threshold: Fraction) -> bool:
        """Whether the value is more than `threshold`."""
        return self.over * threshold.denominator > threshold.numerator * self.under

    def __float__(self) -> float:
        return self.over / self.under


def thousandths(number: float) -> int:
    """`number` in whole thousandths, so that 33.1 and 30.1 differ by exactly 3.0."""
    return round(number * 1000)


def measured(measure: Measure, telemetry: Telemetry) -> Ratio | None:
    """The value of `measure` in its own unit; None where it cannot be computed."""
    return _MEASURES[measure.kind](measure, telemetry)


def inputs(measure: Measure) -> tuple[str, ...]:
    """The telemetry that `measure` reads."""
    if measure.kind == "step_length_mismatch":
        return ("step_length_m", "speed_m_s", "cadence_spm")
    return tuple(name for name in (measure.series, measure.per, measure.value, measure.baseline) if name)


def _number(telemetry: Telemetry, name: str | None) -> int | None:
    value = telemetry.get(name) if name else None
    return thousandths(value) if isinstance(value, NUMBER) else None


def _series(telemetry: Telemetry, name: str | None) -> tuple[float, ...]:
    series = telemetry.get(name) if name else None
    return series if isinstance(series, tuple) else ()


def _over(new: int, old: int, measure: Measure) -> Ratio | None:
    if old < thousandths(measure.baseline_at_least or 0) or old == 0:
        return None
    return Ratio(_PERCENT * (new - old), old)


def _last_change(measure: Measure, telemetry: Telemetry) -> Ratio | None:
    weeks = _series(telemetry, measure.series)
    return _over(thousandths(weeks[-1]), thousandths(weeks[-2]), measure) if len(weeks) > 1 else None


def _excess(measure: Measure, telemetry: Telemetry) -> Ratio | None:
    new, old = _number(telemetry, measure.value), _number(telemetry, measure.baseline)
    return None if new is None or old is None else _over(new, old, measure)


def _over_median_ratio(measure: Measure, telemetry: Telemetry) -> Ratio | None:
    value = _number(telemetry, measure.value)
    above, below = _series(telemetry, measure.series)[:-1], _series(telemetry, measure.per)[:-1]
    weeks = measure.weeks or 0
    pairs = [(thousandths(high), thousandths(low)) for high, low in zip(above, below, strict=False)][-weeks:]
    if value is None or len(above) != len(below) or len(pairs) < weeks or not all(low for _, low in pairs):
        return None
    over = Fraction(value, 1000) - median(Fraction(high, low) for high, low in pairs)
    return Ratio(over.numerator, over.denominator)


def _step_length_mismatch(_: Measure, telemetry: Telemetry) -> Ratio | None:
    length, speed, cadence = (_number(telemetry, n) for n in ("step_length_m", "speed_m_s", "cadence_spm"))
    if length is None or not speed or cadence is None:
        return None
    expected = _SECONDS_PER_MINUTE * speed * 1000
    return Ratio(_PERCENT * abs(length * cadence - expected), expected)


_MEASURES = {
    "last_change": _last_change,
    "excess": _excess,
    "over_median_ratio": _over_median_ratio,
    "step_length_mismatch": _step_length_mismatch,
}
