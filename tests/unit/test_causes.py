"""The causes: considered when they apply, weighed in whole points, ordered, and explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment
from service.model.causes import ConsideredCause
from service.model.scales import Likelihood

Ask = Callable[..., Assessment]
EngineOf = Callable[[dict[str, Any]], Engine]
_JUMP = {"km": [30, 40]}


def _causes(assessment: Assessment) -> list[tuple[str, int, Likelihood]]:
    return [(cause.id, cause.points, cause.likelihood) for cause in assessment.causes]


def _cause(assessment: Assessment, id_: str) -> ConsideredCause:
    (cause,) = (cause for cause in assessment.causes if cause.id == id_)
    return cause


def test_a_cause_is_weighed_only_where_it_applies(ask: Ask) -> None:
    """Points without the complaint are no cause."""
    assert _causes(ask(findings={"hot_run": True}, training=_JUMP)) == []
    assert _causes(ask(findings={"ache": True}, training=_JUMP)) == [("load", 3, Likelihood.POSSIBLE)]


@pytest.mark.parametrize(
    ("findings", "training", "points"),
    [
        ({"hot_run": True}, _JUMP, ("load", 5, Likelihood.LIKELY)),
        ({}, _JUMP, ("load", 3, Likelihood.POSSIBLE)),
        ({"salty": False}, _JUMP, ("load", 1, Likelihood.LESS_LIKELY)),
        ({"salty": False, "hot_run": True}, {}, None),
        ({"salty": False}, {}, None),
    ],
)
def test_points_add_up_to_a_band(
    ask: Ask, findings: dict[str, Any], training: dict[str, Any], points: tuple[str, int, Likelihood] | None
) -> None:
    """Supports and opposes are summed; at or below zero a cause is left out."""
    listed = _causes(ask(findings={"ache": True, "shoe": True, **findings}, training=training))
    assert listed == ([] if points is None else [points])


def test_a_contested_cause_is_capped(ask: Ask) -> None:
    """Points may go on rising, the band does not."""
    assessment = ask(findings={"ache": True, "salty": True, "where": ["heel"]})
    assert _causes(assessment) == [("heat_loss", 7, Likelihood.POSSIBLE)]


def test_a_cap_lifts_nothing(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """A band below the cap stays where it is."""
    small_values["causes"]["heat_loss"]["supports"][0]["points"] = 1
    assessment = ask(engine_of(small_values), findings={"ache": True, "salty": True})
    assert _causes(assessment) == [("heat_loss", 1, Likelihood.LESS_LIKELY)]


def test_an_excluded_cause_is_left_out(ask: Ask) -> None:
    """What excludes it beats any number of points; unknown does not exclude."""
    findings = {"ache": True, "salty": True, "where": ["heel"]}
    assert _causes(ask(findings={**findings, "shoe": True})) == []
    assert _causes(ask(findings={**findings, "shoe": False})) != []


def test_the_best_fitting_cause_leads(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Band first, then points, then the rank that the knowledge gives."""
    likely = ask(findings={"ache": True, "hot_run": True, "where": ["heel"]}, training=_JUMP)
    assert _causes(likely) == [("load", 5, Likelihood.LIKELY), ("heat_loss", 7, Likelihood.POSSIBLE)]
    points = ask(findings={"ache": True, "hot_run": True})
    assert _causes(points) == [("heat_loss", 3, Likelihood.POSSIBLE), ("load", 2, Likelihood.POSSIBLE)]
    small_values["causes"]["load"]["supports"][1]["points"] = 3
    equal = ask(engine_of(small_values), findings={"ache": True, "hot_run": True})
    assert [cause.id for cause in equal.causes] == ["heat_loss", "load"]


def test_every_point_says_why(ask: Ask) -> None:
    """For and against are apart, each with the findings, the statement and its evidence."""
    cause = _cause(ask(findings={"ache": True, "salty": True, "side": "both"}), "heat_loss")
    (support,), (oppose,) = cause.supporting, cause.opposing
    assert (support.points, support.because) == (3, ("salty",))
    assert (support.statement, support.evidence) == ("It fits.", "E4")
    assert (oppose.points, oppose.because) == (-2, ("side",))


def test_a_cause_carries_what_the_knowledge_says(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Its words, regions, sources and evidence go out; several sentences of one mechanism are joined."""
    load = small_values["causes"]["load"]
    load["mechanism"].append({"text": "It tires.", "evidence": "E3"})
    load["caveats"] = [{"text": "Not proved.", "evidence": "E3"}]
    load["see_someone"] = [{"text": "Ask someone.", "evidence": "E3"}]
    cause = _cause(ask(engine_of(small_values), findings={"ache": True, "hot_run": True, "shoe": True}), "load")
    assert (cause.name, cause.regions, cause.mechanism) == ("load", ("calf",), "It pulls. It tires.")
    assert (cause.caveats, cause.see_someone) == (("Not proved.",), ("Ask someone.",))
    assert (cause.evidence, cause.sources, cause.fixes) == ("E3", ("book",), ("rest_it",))


def test_unanswered_are_the_items_that_could_still_move_the_points(ask: Ask) -> None:
    """Known findings are left out, and so is telemetry, which nobody is asked for."""
    cause = _cause(ask(findings={"ache": True, "hot_run": True}), "load")
    assert cause.unanswered == ("salty",)
    assert _cause(ask(findings={"ache": True}, training=_JUMP), "load").unanswered == ("hot_run", "salty")
    assert _cause(ask(findings={"ache": True, "hot_run": True, "salty": True}), "load").unanswered == ()


def test_an_item_that_is_not_known_is_not_unanswered(ask: Ask) -> None:
    """The runner was asked and could not tell, so no app asks again."""
    cause = _cause(ask(findings={"ache": True, "hot_run": True}, not_known=["salty"]), "load")
    assert cause.unanswered == ()


def test_from_emergency_on_no_cause_is_listed(ask: Ask) -> None:
    """Below it causes stay, at it and above they would compete with the advice."""
    assert _causes(ask(findings={"ache": True, "hot_run": True, "temp": 41})) == []
    assert _causes(ask(findings={"ache": True, "hot_run": True, "sign_1": True, "pain": 9})) == []
    assert _causes(ask(findings={"ache": True, "hot_run": True, "sign_1": True})) != []


def test_a_single_point_speaks_for_a_cause(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """The least weight that there is stands on its own side."""
    small_values["causes"]["heat_loss"]["supports"][0]["points"] = 1
    cause = _cause(ask(engine_of(small_values), findings={"ache": True, "salty": True}), "heat_loss")
    assert ([weight.points for weight in cause.supporting], cause.opposing) == ([1], ())


def test_a_weight_that_can_no_longer_hold_moves_nothing(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """Half of it is denied, so the other half is not unanswered; in another weight that is open it still is."""
    half, whole = {"all": ["shoe", "near_miss"]}, {"all": ["odd_sign", "near_miss"]}
    weight = small_values["causes"]["load"]["supports"][1]
    small_values["causes"]["load"]["supports"] += [weight | {"when": half}]
    findings = {"ache": True, "hot_run": True, "shoe": False}
    assert "near_miss" not in _cause(ask(engine_of(small_values), findings=findings), "load").unanswered
    small_values["causes"]["load"]["supports"] += [weight | {"when": whole}]
    assert "near_miss" in _cause(ask(engine_of(small_values), findings=findings), "load").unanswered


def test_only_the_first_cause_is_explained_in_full(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """The others have the first statement of their mechanism, so that a response stays short."""
    load = small_values["causes"]["load"]
    load["mechanism"].append({"text": "It tires.", "evidence": "E3"})
    load["caveats"] = [{"text": "Not proved.", "evidence": "E3"}]
    cause = _cause(ask(engine_of(small_values), findings={"ache": True, "hot_run": True}), "load")
    assert (cause.mechanism, cause.caveats) == ("It pulls.", ())
