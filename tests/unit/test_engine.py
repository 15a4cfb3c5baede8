"""The engine: what it says of itself, whom it refers to, and the same bytes for the same report."""

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
    """Version, digest and review state are in every answer."""
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
    """Those of the red flags, most urgent first; of the causes where none fired; and always whom the level asks for."""
    assert tuple(referral.id for referral in ask(**parts).triage.referrals) == referrals


def test_an_answer_is_the_same_bytes_twice(small_engine: Engine) -> None:
    """Nothing but the report and the knowledge goes into it."""
    orders = (_HOT.items(), reversed(_HOT.items()))
    bodies = (msgspec.json.encode({"findings": dict(order)}) for order in orders)
    one, other = (small_engine.answer(small_engine.read(body)).body for body in bodies)
    assert one == other


def test_what_an_operator_may_know_is_what_the_answer_says(small_engine: Engine) -> None:
    """The level, red flags and leading cause that are counted are those in the bytes."""
    report = small_engine.read(b'{"findings": {"ache": true, "hot_run": true, "sign_1": true}}')
    told, assessment = small_engine.answer(report), small_engine.assess(report)
    assert told.level is assessment.triage.level
    assert told.red_flags == tuple(flag.id for flag in assessment.red_flags)
    assert told.leading_cause == assessment.causes[0].id
    unknown = small_engine.answer(small_engine.read(b'{"findings": {"ache": false}}'))
    assert unknown.leading_cause is None


def test_a_report_is_left_as_it_was(small_engine: Engine) -> None:
    """Assessing changes neither the report nor what the engine says next."""
    report = small_engine.read(b'{"findings": {"ache": true, "hot_run": true}, "training": {"km": [30, 40]}}')
    before = dict(report.known)
    first = small_engine.assess(report)
    assert report.known == before
    assert small_engine.assess(report) == first


def test_every_id_that_reaches_a_person_has_a_label(ask: Ask) -> None:
    """Referrals, the professional behind a fix, and a withheld fix carry the text to show."""
    assessment = ask(findings={**_HOT, "odd_sign": True})
    assert [referral.label for referral in assessment.triage.referrals] == ["physical therapist"]
    assert assessment.fixes[0].see_if_not_better.label == "physical therapist"
    assert [(fix.id, fix.label) for fix in assessment.withheld_fixes] == [("drink", "Drink")]


def test_received_counts_the_values_that_were_read(ask: Ask) -> None:
    """Each part is counted without null, and without values that were ignored."""
    received = ask(
        findings={"ache": True, "salty": None},
        runner={"age_years": 34, "country": "US"},
        training={"km": "far"},
        not_known=["shoe"],
    ).received
    assert (received.runner, received.findings, received.training, received.not_known) == (2, 1, 0, 1)
