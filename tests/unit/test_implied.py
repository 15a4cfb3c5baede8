"""Implied findings: details, items settled by numbers, and contradictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment
from service.model.scales import Level

Ask = Callable[..., Assessment]
EngineOf = Callable[[dict[str, Any]], Engine]


@pytest.fixture
def engine(small_values: dict[str, Any], engine_of: EngineOf) -> Engine:
    """Sign 2 implies the odd sign, and that implies the ache."""
    small_values["findings"]["odd_sign"]["implied_by"] = ["sign_2"]
    small_values["findings"]["ache"]["implied_by"] = ["odd_sign"]
    return engine_of(small_values)


def _derived(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    return {found.finding: found.computed_from for found in assessment.derived}


def test_a_detail_makes_its_parent_true_and_the_parent_the_complaint(ask: Ask, engine: Engine) -> None:
    """Each implied finding is listed as derived, with the finding that implies it."""
    assessment = ask(engine, findings={"sign_2": True})
    assert _derived(assessment) == {"odd_sign": ("sign_2",), "ache": ("odd_sign",)}
    assert all(found.value is True for found in assessment.derived)
    assert assessment.contradictions == ()


def test_a_reported_parent_is_not_derived(ask: Ask, engine: Engine) -> None:
    """A finding that the client reports as present is not derived."""
    assert "odd_sign" not in _derived(ask(engine, findings={"sign_2": True, "odd_sign": True}))


def test_a_denied_detail_denies_nothing(ask: Ask, engine: Engine) -> None:
    """A denied detail leaves the parent unknown, and the parent is still asked."""
    assessment = ask(engine, findings={"ache": True, "sign_2": False})
    assert "odd_sign" in {item.id for group in assessment.interview.groups for item in group.items}


def test_a_present_detail_of_a_denied_parent_is_a_contradiction(ask: Ask, engine: Engine) -> None:
    """The more urgent value counts, and both are listed."""
    assessment = ask(engine, findings={"ache": True, "odd_sign": False, "sign_2": True}, no_other_sign=True)
    assert assessment.triage.level is Level.CONSULTATION
    assert [it.pointers for it in assessment.contradictions] == [("/findings/odd_sign", "/findings/sign_2")]
    assert assessment.contradictions[0].detail == "Another value shows it."


@pytest.mark.parametrize(("pain", "level"), [(7, Level.CONSULTATION_24), (8, Level.EMERGENCY)])
def test_a_number_answers_the_item_with_its_limit(ask: Ask, pain: int, level: Level) -> None:
    """The number is a yes at the limit and a no just below it, and the item is not asked."""
    assessment = ask(findings={"sign_1": True, "sign_2": False, "pain": pain})
    assert assessment.triage.level is level
    assert "severe_pain" not in {item.id for group in assessment.interview.groups for item in group.items}


def test_an_item_and_its_number_that_disagree_are_a_contradiction(ask: Ask) -> None:
    """A yes counts, whether the item or the number gives it."""
    for pain, answer in ((3, True), (9, False)):
        assessment = ask(findings={"sign_1": True, "pain": pain, "severe_pain": answer})
        assert assessment.triage.level is Level.EMERGENCY
        assert [set(it.pointers) for it in assessment.contradictions] == [{"/findings/severe_pain", "/findings/pain"}]


def test_a_denied_finding_stays_absent_while_another_one_explains_the_detail(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A denied parent stays absent if another parent explains the detail; an unknown complaint is implied."""
    small_values["findings"]["ache"] |= {"implied_by": ["sign_2"], "implied_unless": ["shoe"]}
    small_values["findings"]["sign_2"]["asked_when"] = ["ache", "shoe"]
    engine = engine_of(small_values)
    denied = {"ache": False, "sign_2": True}
    assert "ache" in _derived(ask(engine, findings=denied))
    explained = ask(engine, findings={**denied, "shoe": True})
    assert "ache" not in _derived(explained)
    assert explained.contradictions == ()
    assert "ache" in _derived(ask(engine, findings={"ache": None, "sign_2": True, "shoe": True}))


def test_a_contradicted_yes_is_not_used_and_its_parent_stays(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A sign that began long ago is not new, but the more general sign still counts."""
    small_values["findings"]["sign_1"]["contradicted_by"] = {"finding": "pain", "at_least": 9}
    small_values["findings"]["sign_3"]["implied_by"] = ["sign_1"]
    engine = engine_of(small_values)
    plain = ask(engine, findings={"sign_1": True, "pain": 3}, no_other_sign=True)
    assert plain.triage.level is Level.CONSULTATION_24
    contradicted = ask(engine, findings={"sign_1": True, "severe_pain": None, "pain": 9}, no_other_sign=True)
    assert contradicted.triage.level is Level.CONSULTATION
    assert ("/findings/sign_1", "/findings/pain") in [it.pointers for it in contradicted.contradictions]
