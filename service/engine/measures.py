"""Numbers worked out from telemetry, in whole thousandths so that an edge is an edge.

`measured` answers None where an input is missing or a baseline is too small: not computable is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from statistics import median

from service.knowledge.schema import Measure

_PERCENT = 100
_SECONDS_PER_MINUTE = 60

Telemetry = Mapping[str, object]


def thousandths(number: float) -> int:
    """`number` in whole thousandths, so that 33.1 and 30.1 differ by exactly 3.0."""
    return round(number * 1000)


def measured(measure: Measure, telemetry: Telemetry) -> Fraction | None:
    """The value of `measure` in its own unit; None where it cannot be computed."""
    return _MEASURES[measure.kind](measure, telemetry)


def inputs(measure: Measure) -> tuple[str, ...]:
    """The telemetry that `measure` reads."""
    if measure.kind == "step_length_mismatch":
        return ("step_length_m", "speed_m_s", "cadence_spm")
    return tuple(name for name in (measure.series, measure.per, measure.value, measure.baseline) if name)


def _number(telemetry: Telemetry, name: str | None) -> int | None:
    value = telemetry.get(name) if name else None
    return thousandths(value) if isinstance(value, int | float) else None


def _numbers(telemetry: Telemetry, name: str | None) -> list[int]:
    series = telemetry.get(name) if name else None
    return [thousandths(item) for item in series] if isinstance(series, tuple) else []


def _over(new: int, old: int, measure: Measure) -> Fraction | None:
    if old < thousandths(measure.baseline_at_least or 0) or old == 0:
        return None
    return Fraction(_PERCENT * (new - old), old)


def _last_change(measure: Measure, telemetry: Telemetry) -> Fraction | None:
    weeks = _numbers(telemetry, measure.series)
    return _over(weeks[-1], weeks[-2], measure) if len(weeks) > 1 else None


def _excess(measure: Measure, telemetry: Telemetry) -> Fraction | None:
    new, old = _number(telemetry, measure.value), _number(telemetry, measure.baseline)
    return None if new is None or old is None else _over(new, old, measure)


def _over_median_ratio(measure: Measure, telemetry: Telemetry) -> Fraction | None:
    value = _number(telemetry, measure.value)
    above, below = _numbers(telemetry, measure.series)[:-1], _numbers(telemetry, measure.per)[:-1]
    weeks = measure.weeks or 0
    pairs = list(zip(reversed(above), reversed(below), strict=False))[:weeks]
    if value is None or len(above) != len(below) or len(pairs) < weeks or not all(low for _, low in pairs):
        return None
    return Fraction(value, 1000) - median(Fraction(high, low) for high, low in pairs)


def _step_length_mismatch(_: Measure, telemetry: Telemetry) -> Fraction | None:
    length, speed, cadence = (_number(telemetry, n) for n in ("step_length_m", "speed_m_s", "cadence_spm"))
    if length is None or speed is None or cadence is None:
        return None
    expected = Fraction(_SECONDS_PER_MINUTE * speed * 1000, cadence)
    return _PERCENT * abs(length - expected) / expected


_MEASURES = {
    "last_change": _last_change,
    "excess": _excess,
    "over_median_ratio": _over_median_ratio,
    "step_length_mismatch": _step_length_mismatch,
}
