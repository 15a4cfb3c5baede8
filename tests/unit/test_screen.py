"""The safety screen: open until every question is answered, and a sign that is present beats a no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.engine.rulebook import Rulebook
from service.engine.screen import Screen
from service.knowledge.knowledge import Knowledge
from service.model.assessment import Assessment
from service.model.scales import Level

Ask = Callable[..., Assessment]
_NONE = {"none_of_these": True}
_EVERY_NO = {f"question_{number}": False for number in range(1, 14)}


def _reasons(assessment: Assessment) -> list[tuple[str, Level]]:
    return [(reason.rule, reason.level) for reason in assessment.triage.reasons]


def _fired(assessment: Assessment) -> list[str]:
    return [flag.id for flag in assessment.red_flags]


@pytest.mark.parametrize("screen", [_NONE, _EVERY_NO, {"question_4": False, "none_of_these": True}])
def test_self_care_needs_every_question_answered_no(ask: Ask, screen: dict[str, bool]) -> None:
    """One by one or all at once, a complete screen of noes is clear."""
    assessment = ask(safety_screen=screen)
    assert assessment.triage.screen_complete
    assert assessment.triage.level is Level.SELF_CARE
    assert _reasons(assessment) == [("safety_screen_clear", Level.SELF_CARE)]


@pytest.mark.parametrize("left_out", sorted(_EVERY_NO))
def test_one_open_question_keeps_the_screen_open(ask: Ask, left_out: str) -> None:
    """Twelve noes are not thirteen."""
    assessment = ask(safety_screen={name: False for name in _EVERY_NO if name != left_out})
    assert not assessment.triage.screen_complete
    (reason,) = assessment.triage.reasons
    assert (reason.rule, reason.level) == ("safety_screen_open", Level.CONSULTATION)
    assert reason.because == (f"safety_screen.{left_out}",)


def test_none_of_these_false_answers_nothing(ask: Ask) -> None:
    """Saying that something is there does not say that the rest is not."""
    assert not ask(safety_screen={"none_of_these": False}).triage.screen_complete


@pytest.mark.parametrize(
    ("question", "floor"),
    [
        ("question_1", Level.CONSULTATION_24),
        ("question_2", Level.EMERGENCY),
        ("question_3", Level.CONSULTATION),
        ("question_13", Level.CONSULTATION),
    ],
)
def test_a_yes_sets_the_least_urgent_level_of_its_members(ask: Ask, question: str, floor: Level) -> None:
    """Without detail a yes counts as the mildest red flag it may stand for, never under consultation."""
    assessment = ask(safety_screen={question: True, "none_of_these": True})
    assert _reasons(assessment) == [(f"safety_screen.{question}", floor)]
    assert assessment.triage.screen_complete
    assert assessment.triage.level is floor


def test_what_a_member_sets_alone_is_not_lowered_by_what_it_sets_with_more(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """A milder rule on the same sign and another one leaves the floor of a bare yes where it was."""
    small_values["red_flags"]["mild"] = small_values["red_flags"]["wobble"] | {
        "id": "mild",
        "when": {"all": ["sign_1", "near_miss"]},
    }
    assessment = ask(engine_of(small_values), safety_screen={"question_1": True, "none_of_these": True})
    assert assessment.triage.level is Level.CONSULTATION_24


def test_a_member_that_sets_no_level_alone_counts_as_the_least_that_it_sets_with_more(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Of a graver and a milder rule on the same sign and another one, a bare yes sets the floor of the milder."""
    wobble = small_values["red_flags"]["wobble"]
    for id_, level, other in (("grave", "emergency", "near_miss"), ("mild", "consultation_24", "salty")):
        small_values["red_flags"][id_] = wobble | {"id": id_, "level": level, "when": {"all": ["sign_4", other]}}
    assessment = ask(engine_of(small_values), safety_screen={"question_4": True, "none_of_these": True})
    assert assessment.triage.level is Level.CONSULTATION_24


@pytest.mark.parametrize("screen", [_NONE, {"question_1": False, "question_2": False, "question_7": True}])
def test_every_no_makes_its_own_members_known(small_engine: Engine, screen: dict[str, bool]) -> None:
    """A later no does not undo an earlier one."""
    report = small_engine.read(msgspec.json.encode({"findings": {"ache": True}, "safety_screen": screen}))
    _, _, match = small_engine._decided(report)
    rest = "none_of_these" not in screen
    denied = [f"sign_{number}" for number in range(1, 14) if screen.get(f"question_{number}", rest) is False]
    assert denied
    assert all(small_engine._index.bit_of[sign] & match.known for sign in denied)


def test_a_no_to_an_age_closes_every_rule_within_it(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Not under 18 is not under 12 either, nor under 16."""
    for age in (12, 16):
        small_values["red_flags"][f"under_{age}"] = small_values["red_flags"]["young"] | {
            "id": f"under_{age}",
            "level": "emergency",
            "when": {"finding": "age_years", "less_than": age},
        }
    known = {"near_miss": False, "odd_sign": False, "temp": 37}
    assessment = ask(engine_of(small_values), findings=known, safety_screen=_NONE)
    assert assessment.triage.could_rise_to is Level.SELF_CARE


def test_what_several_open_questions_stand_for_is_left_to_each(ask: Ask) -> None:
    """No sign of an open question is asked for beside it, whichever question is the last."""
    rest = {name: False for name in _EVERY_NO if name not in ("question_1", "question_2", "question_3")}
    asked = [question.id for question in ask(safety_screen=rest).questions if question.purpose == "safety"]
    assert sorted(asked) == [*(f"safety_screen.question_{number}" for number in (1, 2, 3)), "temp"]


def test_a_no_makes_its_members_absent(ask: Ask) -> None:
    """What a no denies cannot raise the level any more."""
    open_ = ask(findings={"pain": 9}, safety_screen={name: False for name in _EVERY_NO if name != "question_1"})
    closed = ask(findings={"pain": 9}, safety_screen=_EVERY_NO)
    assert open_.triage.could_rise_to is Level.EMERGENCY_AMBULANCE
    assert "safety_screen.question_1" in [question.id for question in open_.questions]
    assert "sign_1" not in [question.id for question in closed.questions]


def test_a_no_to_an_age_closes_its_terms(ask: Ask) -> None:
    """A no to 'under age' means that the red flag on age cannot fire, without saying how old."""
    closed = ask(findings={"near_miss": False, "odd_sign": False, "temp": 37}, safety_screen=_NONE)
    assert closed.triage.could_rise_to is Level.SELF_CARE
    open_ = ask(findings={"near_miss": False, "odd_sign": False, "temp": 37})
    assert "safety_screen.question_13" in [question.id for question in open_.questions]


@pytest.mark.parametrize(
    ("sent", "fired"),
    [
        ({"findings": {"sign_1": True}}, "swollen"),
        ({"findings": {"ache": True}, "runner": {"age_years": 17}}, "young"),
    ],
)
def test_a_sign_that_is_present_beats_a_no(ask: Ask, sent: dict[str, Any], fired: str) -> None:
    """Where a finding and a no conflict, the finding counts."""
    assessment = ask(**sent, safety_screen=_EVERY_NO)
    assert _fired(assessment) == [fired]
    assert assessment.triage.level.rank >= Level.CONSULTATION.rank
    assert assessment.triage.screen_complete


def test_a_sign_that_no_rule_covers_gives_at_least_consultation(ask: Ask) -> None:
    """A member without a red flag of its own is never self-care."""
    assessment = ask(findings={"sign_5": True}, safety_screen=_NONE)
    (reason,) = assessment.triage.reasons
    assert (reason.rule, reason.level, reason.because) == (
        "safety_screen.question_5",
        Level.CONSULTATION,
        ("sign_5",),
    )


def test_an_absent_member_answers_its_question(ask: Ask) -> None:
    """Every member reported absent is a no, in either place of the request."""
    findings = {f"sign_{number}": False for number in range(1, 14)}
    assessment = ask(findings=findings, runner={"age_years": 18})
    assert assessment.triage.level is Level.SELF_CARE
    partly = ask(findings=findings)
    assert [reason.because for reason in partly.triage.reasons] == [("safety_screen.question_13",)]


def test_a_member_range_is_closed_by_a_no_only_where_it_must_fail(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """A no to 'under 18' says nothing on a red flag for those over 60."""
    small_values["red_flags"]["old"] = small_values["red_flags"]["young"] | {
        "id": "old",
        "level": "emergency",
        "when": {"finding": "age_years", "at_least": 60},
    }
    known = {"near_miss": False, "odd_sign": False, "temp": 37}
    assessment = ask(engine_of(small_values), findings=known, safety_screen=_NONE)
    assert assessment.triage.could_rise_to is Level.EMERGENCY


def test_the_questions_are_compiled_in_order(small_values: dict[str, Any]) -> None:
    """What a no denies and closes is known before any request."""
    rulebook = Rulebook(msgspec.convert(small_values, Knowledge))
    questions = Screen(rulebook).questions
    assert [question.id for question in questions] == [f"question_{number}" for number in range(1, 14)]
    last = questions[-1]
    absent, closed = last.denies
    assert (absent.finding, absent.known) == ("sign_13", rulebook.index.bit_of["sign_13"])
    assert (closed.finding, closed.known) == ("age_years", 0)
    assert last.terms & absent.failed
    assert last.terms & closed.failed


def test_what_a_no_rules_out_was_not_sent(small_engine: Engine) -> None:
    """What was sent speaks for itself, and a no to a range rules out no number."""
    report = small_engine.read(b'{"findings": {"sign_1": false}, "safety_screen": {"none_of_these": true}}')
    assert small_engine._screen.absent(report) == {f"sign_{number}": False for number in range(2, 14)}
