"""Measures: numbers from telemetry, exact at thresholds, unknown without data."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from service.engine.measures import Ratio, compiled, inputs, thousandths
from service.knowledge.schema.derivations import Measure

_CHANGE = Measure(kind="last_change", series="km", baseline_at_least=5)
_EXCESS = Measure(kind="excess", value="today", baseline="usual")
_RATIO = Measure(kind="over_median_ratio", value="steep", series="climb", per="km", weeks=2)


def _exact(value: Ratio | None) -> Fraction | None:
    return None if value is None else Fraction(value.over, value.under)


def test_tenths_are_counted_whole() -> None:
    """Binary fractions do not shift a threshold."""
    assert thousandths(33.1) - thousandths(30.1) == 3000


@pytest.mark.parametrize(
    ("measure", "telemetry", "value"),
    [
        (_CHANGE, {"km": (30.0, 33.0)}, 10),
        (_CHANGE, {"km": (99.0, 30.1, 33.11)}, 10),
        (_CHANGE, {"km": (20.0, 15.0)}, -25),
        (_CHANGE, {"km": (5.0, 6.0)}, 20),
        (_CHANGE, {"km": (4.999, 6.0)}, None),
        (_CHANGE, {"km": (30.0,)}, None),
        (_CHANGE, {}, None),
        (Measure(kind="last_change", series="km"), {"km": (0, 6.0)}, None),
        (Measure(kind="last_change", series="km"), {"km": (0.001, 0.002)}, 100),
        (_EXCESS, {"today": 12, "usual": 10}, 20),
        (_EXCESS, {"today": 12}, None),
        (_EXCESS, {"usual": 10}, None),
        (_RATIO, {"steep": 25.5, "climb": (900.0, 100.0, 200.0, 7.0), "km": (1.0, 10.0, 10.0, 7.0)}, Fraction(21, 2)),
        (_RATIO, {"steep": 25.5, "climb": (100.0, 200.0, 7.0), "km": (10.0, 10.0, 7.0)}, Fraction(21, 2)),
        (_RATIO, {"steep": 25.5, "climb": (100.0, 200.0), "km": (10.0, 10.0)}, None),
        (_RATIO, {"steep": 25.5, "climb": (1.0, 100.0, 200.0), "km": (10.0, 10.0)}, None),
        (_RATIO, {"steep": 25.5, "climb": (100.0, 200.0, 7.0), "km": (10.0, 0.0, 7.0)}, None),
        (_RATIO, {"climb": (100.0, 200.0, 7.0), "km": (10.0, 10.0, 7.0)}, None),
    ],
)
def test_a_measure_is_exact_or_unknown(measure: Measure, telemetry: dict[str, Any], value: Fraction | None) -> None:
    """A value is an unrounded fraction; a missing input or a small baseline makes it unknown."""
    assert _exact(compiled(measure)(telemetry)) == value


@pytest.mark.parametrize(
    ("measure", "names"),
    [
        (_CHANGE, ("km",)),
        (_EXCESS, ("today", "usual")),
        (_RATIO, ("climb", "km", "steep")),
    ],
)
def test_inputs_are_all_that_a_measure_reads(measure: Measure, names: tuple[str, ...]) -> None:
    """The inputs of a measure are the telemetry that it needs."""
    assert inputs(measure) == names


def test_a_ratio_does_not_exceed_its_equal() -> None:
    """A ratio equal to the threshold does not exceed it, even if the threshold is not a binary fraction."""
    assert not Ratio(1, 10).exceeds(Fraction(1, 10))
    assert Ratio(1001, 10000).exceeds(Fraction(1, 10))
    assert float(Ratio(1, 8)) == 0.125
