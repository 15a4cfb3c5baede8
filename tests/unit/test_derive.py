"""Derived findings: measures from telemetry, named conditions from findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment, DerivedFinding

Ask = Callable[..., Assessment]
EngineOf = Callable[[dict[str, Any]], Engine]


def _named(*names: str) -> DerivedFinding:
    return DerivedFinding(finding="sweaty", value=True, computed_from=names, measured=None, unit=None, threshold=None)


@pytest.mark.parametrize(("km", "fires"), [([30, 33], False), ([30, 33.1], True), ([4, 40], False)])
def test_a_measure_fires_over_its_threshold(ask: Ask, km: list[float], fires: bool) -> None:  # noqa: FBT001
    """The threshold itself does not fire; a baseline that is too small leaves the measure unknown."""
    derived = [found.finding for found in ask(training={"km": km}).derived]
    assert derived == (["jump"] if fires else [])


def test_a_measure_has_its_value_and_its_telemetry(ask: Ask) -> None:
    """The response has the value, rounded to a tenth, and its telemetry."""
    assert ask(training={"km": [30, 40]}).derived == (
        DerivedFinding(finding="jump", value=True, computed_from=("km",), measured=33.3, unit="percent", threshold=10),
    )


def test_a_named_condition_names_its_findings(ask: Ask) -> None:
    """The derived finding lists each finding that fired it."""
    assert ask(findings={"hot_run": True, "salty": True}).derived == (_named("hot_run", "salty"),)


def test_a_named_condition_with_a_unit_shows_its_number(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """The derived finding shows the number and the threshold that it exceeds."""
    small_values["derivations"]["sweaty"] |= {"when": {"finding": "temp", "at_least": 38}, "unit": "degree_celsius"}
    assert ask(engine_of(small_values), findings={"temp": 38.5}).derived == (
        DerivedFinding(
            finding="sweaty",
            value=True,
            computed_from=("temp",),
            measured=38.5,
            unit="degree_celsius",
            threshold=38,
        ),
    )
    small_values["derivations"]["sweaty"]["when"] = {"finding": "temp", "less_than": 38}
    assert ask(engine_of(small_values), findings={"temp": 36}).derived[0].threshold == 0


def test_a_named_condition_with_a_unit_and_no_number_has_no_number(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """Without a number, the derived finding shows no unit."""
    small_values["derivations"]["sweaty"]["unit"] = "degree_celsius"
    assert ask(engine_of(small_values), findings={"salty": True}).derived == (_named("salty"),)


def test_a_measure_under_its_threshold_is_known_to_be_so(small_engine: Engine) -> None:
    """A measure at or below its threshold is absent; a measure without data is unknown and has no weight."""
    engine = small_engine
    report = engine.read(b'{"findings": {"ache": true}, "training": {"km": [30, 30]}}')
    assert engine.decide(report).known["jump"] is False
    assert "jump" not in engine.decide(engine.read(b'{"findings": {"ache": true}}')).known


@pytest.mark.parametrize(("climb", "km"), [(None, [30, 40]), ([4, 40], [30, 40])])
def test_a_measure_that_is_unknown_does_not_hide_the_next(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask, climb: list[float] | None, km: list[float]
) -> None:
    """Each measure depends on its own telemetry only."""
    small_values["findings"]["climb"] = small_values["findings"]["km"]
    climbing = small_values["derivations"]["jump"] | {"id": "climbing"}
    climbing["measure"] = climbing["measure"] | {"series": "climb"}
    small_values["derivations"] = {"climbing": climbing, **small_values["derivations"]}
    derived = ask(engine_of(small_values), training={"climb": climb, "km": km}).derived
    assert [found.finding for found in derived] == ["jump"]
