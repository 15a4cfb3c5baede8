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
_NONE = {"none_of_these": True}
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
        ({"findings": {**_HOT, "temp": 41}}, ("primary_care",)),
        ({"findings": {"sign_1": True, "pain": 9}}, ("primary_care", "emergency_department")),
        ({"safety_screen": {"question_2": True}}, ("emergency_department",)),
        ({"findings": _HOT, "safety_screen": {"question_1": True}}, ("physical_therapist",)),
    ],
)
def test_whom_to_see(ask: Ask, parts: dict[str, Any], referrals: tuple[str, ...]) -> None:
    """Those of the red flags, most urgent first; of the causes where none fired; the hospital for a bare yes."""
    assert ask(**parts).triage.referrals == referrals


def test_an_answer_is_the_same_bytes_twice(small_engine: Engine, ask: Ask) -> None:
    """Nothing but the report and the knowledge goes into it."""
    one, other = (ask(findings=dict(order)) for order in (_HOT.items(), reversed(_HOT.items())))
    assert small_engine.encode(one) == small_engine.encode(other)


def test_a_report_is_left_as_it_was(small_engine: Engine) -> None:
    """Assessing changes neither the report nor what the engine says next."""
    report = small_engine.read(b'{"findings": {"ache": true, "hot_run": true}, "training": {"km": [30, 40]}}')
    before = dict(report.known)
    first = small_engine.assess(report)
    assert report.known == before
    assert small_engine.assess(report) == first
