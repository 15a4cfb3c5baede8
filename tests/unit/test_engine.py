"""The engine: its identity, referrals and reproducible bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.model.assessment import Assessment

Ask = Callable[..., Assessment]
_HOT = {"ache": True, "hot_run": True}


def test_an_engine_names_its_knowledge(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Every response has version, digest and review state."""
    engine = engine_of(small_values)
    knowledge = ask(engine).knowledge
    assert (knowledge.version, knowledge.digest) == (engine.version, engine.digest)
    assert knowledge.digest == msgspec.convert(small_values, Knowledge).digest
    assert (knowledge.version, knowledge.review) == ("1.2.3", "not reviewed by a clinician")


@pytest.mark.parametrize(
    ("parts", "referrals"),
    [
        ({"findings": {"ache": False}}, ()),
        ({"findings": _HOT}, ("physical_therapist",)),
        ({"findings": {**_HOT, "temp": 41}}, ("emergency_department", "primary_care")),
        ({"findings": {"sign_1": True, "pain": 9}}, ("primary_care", "emergency_department")),
    ],
)
def test_whom_to_see(ask: Ask, parts: dict[str, Any], referrals: tuple[str, ...]) -> None:
    """The referrals are those of fired red flags, else of the causes, plus those of the level."""
    assert tuple(referral.id for referral in ask(**parts).triage.referrals) == referrals


def test_equal_reports_get_equal_bytes(small_engine: Engine) -> None:
    """Equal reports and knowledge give equal bytes."""
    orders = (_HOT.items(), reversed(_HOT.items()))
    bodies = (msgspec.json.encode({"findings": dict(order)}) for order in orders)
    one, other = (small_engine.answer(small_engine.read(body)).body for body in bodies)
    assert one == other


def test_the_logged_facts_equal_the_response(small_engine: Engine) -> None:
    """The logged level, red flags and leading cause equal those of the response."""
    report = small_engine.read(b'{"findings": {"ache": true, "hot_run": true, "sign_1": true}}')
    answer, assessment = small_engine.answer(report), small_engine.assess(report)
    assert answer.level is assessment.triage.level
    assert answer.red_flags == tuple(flag.id for flag in assessment.red_flags)
    assert answer.leading_cause == assessment.causes[0].id
    unknown = small_engine.answer(small_engine.read(b'{"findings": {"ache": false}}'))
    assert unknown.leading_cause is None


def test_a_report_is_not_changed(small_engine: Engine) -> None:
    """An assessment changes neither the report nor the next assessment."""
    report = small_engine.read(b'{"findings": {"ache": true, "hot_run": true}, "training": {"km": [30, 40]}}')
    before = dict(report.known)
    first = small_engine.assess(report)
    assert report.known == before
    assert small_engine.assess(report) == first


def test_every_id_that_reaches_a_person_has_a_label(ask: Ask) -> None:
    """Referrals, the professional of a fix, and withheld fixes have a label to display."""
    assessment = ask(findings={**_HOT, "odd_sign": True})
    assert [referral.label for referral in assessment.triage.referrals] == ["physical therapist"]
    assert assessment.fixes[0].see_if_not_better.label == "physical therapist"
    assert [(fix.id, fix.label) for fix in assessment.withheld_fixes] == [("drink", "Drink")]


def test_received_counts_the_values_that_were_read(ask: Ask) -> None:
    """`received` counts the values of each part, without null and ignored values."""
    received = ask(
        findings={"ache": True, "salty": None},
        runner={"age_years": 34, "country": "US"},
        training={"km": "far"},
        not_known=["shoe"],
    ).received
    assert (received.runner, received.findings, received.training, received.not_known) == (2, 1, 0, 1)
