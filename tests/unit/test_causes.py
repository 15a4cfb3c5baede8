"""Causes: when they are listed, their points, order and explanation."""

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


def test_only_applicable_causes_are_weighed(ask: Ask) -> None:
    """A cause is listed only if its complaint is present, whatever its points."""
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
    """The points are the supports minus the opposes; a cause at or below zero is not listed."""
    listed = _causes(ask(findings={"ache": True, "shoe": True, **findings}, training=training))
    assert listed == ([] if points is None else [points])


def test_a_contested_cause_is_capped(ask: Ask) -> None:
    """A contested cause has a capped likelihood, whatever its points."""
    assessment = ask(findings={"ache": True, "salty": True, "where": ["heel"]})
    assert _causes(assessment) == [("heat_loss", 7, Likelihood.POSSIBLE)]


def test_a_cap_lifts_nothing(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """A likelihood below the cap stays the same."""
    small_values["causes"]["heat_loss"]["supports"][0]["points"] = 1
    assessment = ask(engine_of(small_values), findings={"ache": True, "salty": True})
    assert _causes(assessment) == [("heat_loss", 1, Likelihood.LESS_LIKELY)]


def test_an_excluded_cause_is_not_listed(ask: Ask) -> None:
    """An excluding finding outweighs any number of points; an unknown one does not exclude."""
    findings = {"ache": True, "salty": True, "where": ["heel"]}
    assert _causes(ask(findings={**findings, "shoe": True})) == []
    assert _causes(ask(findings={**findings, "shoe": False})) != []


def test_the_best_fitting_cause_leads(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Causes are ordered by likelihood, then points, then rank in the knowledge."""
    likely = ask(findings={"ache": True, "hot_run": True, "where": ["heel"]}, training=_JUMP)
    assert _causes(likely) == [("load", 5, Likelihood.LIKELY), ("heat_loss", 7, Likelihood.POSSIBLE)]
    points = ask(findings={"ache": True, "hot_run": True})
    assert _causes(points) == [("heat_loss", 3, Likelihood.POSSIBLE), ("load", 2, Likelihood.POSSIBLE)]
    small_values["causes"]["load"]["supports"][1]["points"] = 3
    equal = ask(engine_of(small_values), findings={"ache": True, "hot_run": True})
    assert [cause.id for cause in equal.causes] == ["heat_loss", "load"]


def test_every_point_has_its_reason(ask: Ask) -> None:
    """Points for and against are separate, each with its findings, statement and evidence."""
    cause = _cause(ask(findings={"ache": True, "salty": True, "side": "both"}), "heat_loss")
    (support,), (oppose,) = cause.supporting, cause.opposing
    assert (support.points, support.because) == (3, ("salty",))
    assert (support.statement, support.evidence) == ("It fits.", "E4")
    assert (oppose.points, oppose.because) == (-2, ("side",))


def test_a_cause_has_the_texts_of_the_knowledge(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Texts, regions, sources and evidence are unchanged; the sentences of a mechanism are joined."""
    load = small_values["causes"]["load"]
    load["mechanism"].append({"text": "It tires.", "evidence": "E3"})
    load["caveats"] = [{"text": "Not proved.", "evidence": "E3"}]
    load["see_someone"] = [{"text": "Ask someone.", "evidence": "E3"}]
    cause = _cause(ask(engine_of(small_values), findings={"ache": True, "hot_run": True, "shoe": True}), "load")
    assert (cause.name, cause.regions, cause.mechanism) == ("load", ("calf",), "It pulls. It tires.")
    assert (cause.caveats, cause.see_someone) == (("Not proved.",), ("Ask someone.",))
    assert (cause.evidence, cause.sources, cause.fixes) == ("E3", ("book",), ("rest_it",))


def test_unanswered_are_the_items_that_could_still_move_the_points(ask: Ask) -> None:
    """`unanswered` lists the unknown findings that could change the points, without telemetry."""
    cause = _cause(ask(findings={"ache": True, "hot_run": True}), "load")
    assert cause.unanswered == ("salty",)
    assert _cause(ask(findings={"ache": True}, training=_JUMP), "load").unanswered == ("hot_run", "salty")
    assert _cause(ask(findings={"ache": True, "hot_run": True, "salty": True}), "load").unanswered == ()


def test_an_item_that_is_not_known_is_not_unanswered(ask: Ask) -> None:
    """A finding that the runner could not answer is not in `unanswered`."""
    cause = _cause(ask(findings={"ache": True, "hot_run": True}, not_known=["salty"]), "load")
    assert cause.unanswered == ()


def test_from_emergency_on_no_cause_is_listed(ask: Ask) -> None:
    """At the level emergency and above, no cause is listed, because it would compete with the advice."""
    assert _causes(ask(findings={"ache": True, "hot_run": True, "temp": 41})) == []
    assert _causes(ask(findings={"ache": True, "hot_run": True, "sign_1": True, "pain": 9})) == []
    assert _causes(ask(findings={"ache": True, "hot_run": True, "sign_1": True})) != []


def test_a_single_point_speaks_for_a_cause(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """A weight of one point, the least, counts as support."""
    small_values["causes"]["heat_loss"]["supports"][0]["points"] = 1
    cause = _cause(ask(engine_of(small_values), findings={"ache": True, "salty": True}), "heat_loss")
    assert ([weight.points for weight in cause.supporting], cause.opposing) == ([1], ())


def test_a_denied_weight_has_no_unanswered_findings(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A weight with a denied part has no unanswered findings; an open weight still lists them."""
    half, whole = {"all": ["shoe", "near_miss"]}, {"all": ["odd_sign", "near_miss"]}
    weight = small_values["causes"]["load"]["supports"][1]
    small_values["causes"]["load"]["supports"] += [weight | {"when": half}]
    findings = {"ache": True, "hot_run": True, "shoe": False}
    assert "near_miss" not in _cause(ask(engine_of(small_values), findings=findings), "load").unanswered
    small_values["causes"]["load"]["supports"] += [weight | {"when": whole}]
    assert "near_miss" in _cause(ask(engine_of(small_values), findings=findings), "load").unanswered


def test_only_the_first_cause_is_explained_in_full(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Only the first cause has its full mechanism; the others have its first statement, for brevity."""
    load = small_values["causes"]["load"]
    load["mechanism"].append({"text": "It tires.", "evidence": "E3"})
    load["caveats"] = [{"text": "Not proved.", "evidence": "E3"}]
    cause = _cause(ask(engine_of(small_values), findings={"ache": True, "hot_run": True}), "load")
    assert (cause.mechanism, cause.caveats) == ("It pulls.", ())
