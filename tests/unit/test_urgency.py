"""The level: the most urgent one that fired, and its possible rise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from service.engine import Engine
from service.engine.decision import Urgency
from service.model.assessment import Assessment
from service.model.scales import Level
from service.report.report import Report

Ask = Callable[..., Assessment]


def _reasons(assessment: Assessment) -> list[tuple[str, Level, tuple[str, ...]]]:
    return [(reason.rule, reason.level, reason.because) for reason in assessment.triage.reasons]


def test_the_most_urgent_rule_sets_the_level(ask: Ask) -> None:
    """Every fired rule is a reason, most urgent first, with its title and findings."""
    assessment = ask(findings={"sign_1": True, "pain": 8, "temp": 40}, no_other_sign=True)
    assert assessment.triage.level is Level.EMERGENCY_AMBULANCE
    assert _reasons(assessment) == [
        ("heat", Level.EMERGENCY_AMBULANCE, ("temp",)),
        ("clot", Level.EMERGENCY, ("sign_1", "severe_pain")),
        ("swollen", Level.CONSULTATION_24, ("sign_1",)),
    ]
    assert [reason.statement for reason in assessment.triage.reasons] == [
        "Possible heat",
        "Possible clot",
        "Possible swollen",
    ]


def test_a_fired_red_flag_has_the_texts_of_the_knowledge(ask: Ask) -> None:
    """Title, advice, sources and review are in the reason, with the findings that fired it."""
    (flag,) = ask(findings={"temp": 41}, no_other_sign=True).red_flags
    assert (flag.id, flag.title, flag.level, flag.because) == (
        "heat",
        "Possible heat",
        Level.EMERGENCY_AMBULANCE,
        ("temp",),
    )
    assert (flag.advice, flag.rationale, flag.do_not_drive) == ("See someone.", "Because.", True)
    assert [referral.id for referral in flag.referrals] == ["primary_care"]
    assert (flag.sources, flag.codes) == (("book",), ())
    assert (flag.evidence, flag.review) == ("E3", "not reviewed by a clinician")


def test_codes_of_the_knowledge_are_returned(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Only codes that may be returned with a symptom are in the response."""
    small_values["red_flags"]["heat"]["codes"] = {"symptom": ["A1"], "concept": ["B2"]}
    (flag,) = ask(engine_of(small_values), findings={"temp": 41}, no_other_sign=True).red_flags
    assert flag.codes == ("A1",)


@pytest.mark.parametrize(("temp", "level"), [(39.9, Level.SELF_CARE), (40, Level.EMERGENCY_AMBULANCE)])
def test_a_threshold_is_exact(ask: Ask, temp: float, level: Level) -> None:
    """The threshold itself fires, and a value just below does not."""
    assert ask(findings={"temp": temp}, no_other_sign=True).triage.level is level


def test_out_of_scope_is_a_reason_of_its_own(ask: Ask) -> None:
    """A runner outside the scope gets this reason, and no causes."""
    assessment = ask(findings={"ache": True, "hot_run": True}, runner={"age_years": 17}, no_other_sign=True)
    assert _reasons(assessment) == [
        ("young", Level.CONSULTATION, ("under_18",)),
        ("out_of_scope", Level.CONSULTATION, ("under_18",)),
    ]
    assert assessment.triage.reasons[1].statement == "Out of scope."
    assert (assessment.causes, assessment.fixes, assessment.withheld_fixes) == ((), (), ())


def test_an_uncovered_sign_sets_the_level_of_the_policy(ask: Ask) -> None:
    """A sign without a rule of its own prevents self-care, and is named once."""
    assessment = ask(findings={"odd_sign": True}, no_other_sign=True)
    assert _reasons(assessment) == [("uncovered_sign", Level.CONSULTATION, ("odd_sign",))]
    assert assessment.triage.reasons[0].statement == "A sign has no rule of its own."


def test_a_sign_that_a_red_flag_covers_is_not_uncovered(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """A sign is covered by a fired rule that names it, or by a detail that implies it."""
    small_values["policy"]["uncovered_signs"] = ["odd_sign", "sign_1", "sign_3"]
    small_values["findings"]["sign_3"]["implied_by"] = ["sign_1"]
    assessment = ask(engine_of(small_values), findings={"sign_1": True, "odd_sign": True}, no_other_sign=True)
    assert [rule for rule, _, _ in _reasons(assessment)] == ["swollen", "uncovered_sign"]
    assert assessment.triage.reasons[1].because == ("odd_sign",)


def test_open_questions_and_a_clear_screen_have_their_sentence(ask: Ask) -> None:
    """Open questions keep the level at the policy's minimum, and the advice mentions them."""
    triage = ask().triage
    assert (triage.level, triage.screen_complete, triage.advice) == (
        Level.CONSULTATION,
        False,
        "Answer the questions.",
    )
    assert [(it.rule, it.statement) for it in triage.reasons] == [("safety_questions_open", "Questions are open.")]
    triage = ask(no_other_sign=True).triage
    assert (triage.level, triage.screen_complete, triage.advice) == (Level.SELF_CARE, True, "Do this.")
    assert [(it.rule, it.statement) for it in triage.reasons] == [
        ("safety_questions_clear", "The questions are clear.")
    ]


def test_a_sign_that_is_not_known_holds_the_level(ask: Ask) -> None:
    """An unknown sign is never read as absent, is not asked again, and closes no term."""
    assessment = ask(findings={"sign_3": None}, no_other_sign=True, not_known=["sign_3"])
    assert _reasons(assessment) == [("sign_not_known", Level.CONSULTATION, ("sign_3",))]
    assert assessment.triage.screen_complete
    assert assessment.triage.could_rise_to is Level.CONSULTATION


def test_unknown_background_holds_the_level_only_for_urgent_rules(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """An unknown condition or medicine counts if an open rule reaches the policy's level."""
    small_values["checklists"]["signs"]["role"] = "background"
    engine = engine_of(small_values)
    mild = ask(engine, findings={"sign_3": None}, no_other_sign=True, not_known=["sign_3"])
    assert mild.triage.level is Level.SELF_CARE
    grave = ask(engine, findings={"sign_1": None}, no_other_sign=True, not_known=["sign_1"])
    assert _reasons(grave) == [("sign_not_known", Level.CONSULTATION, ("sign_1",))]


def test_a_no_beside_not_known_is_dropped_and_a_yes_counts(ask: Ask) -> None:
    """Both answers are listed as contradictions."""
    denied = ask(findings={"sign_3": False}, no_other_sign=True, not_known=["sign_3"])
    assert denied.triage.level is Level.CONSULTATION
    assert [it.pointers for it in denied.contradictions] == [("/findings/sign_3", "/not_known")]
    present = ask(findings={"sign_1": True}, no_other_sign=True, not_known=["sign_1"])
    assert present.triage.level is Level.CONSULTATION_24
    assert len(present.contradictions) == 1


def test_a_level_has_its_texts(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Label, advice and deadline are those of the level."""
    small_values["levels"]["self_care"]["act_within_hours"] = 48
    triage = ask(engine_of(small_values), no_other_sign=True).triage
    assert (triage.label, triage.advice, triage.act_within_hours) == ("self_care", "Do this.", 48)


@pytest.mark.parametrize(
    ("findings", "highest"),
    [
        ({}, Level.SELF_CARE),
        ({"near_miss": None}, Level.CONSULTATION),
        ({"near_miss": True, "salty": None}, Level.CONSULTATION),
        ({"near_miss": None, "salty": False, "hot_run": False}, Level.SELF_CARE),
        ({"sign_1": None}, Level.CONSULTATION_24),
        ({"sign_1": None, "sign_2": None}, Level.EMERGENCY),
        ({"sign_1": None, "sign_2": None, "temp": 40}, Level.EMERGENCY_AMBULANCE),
        ({"sign_1": True, "severe_pain": None, "pain": 7}, Level.CONSULTATION_24),
        ({"sign_1": True, "severe_pain": None}, Level.EMERGENCY),
    ],
)
def test_could_rise_to_is_the_most_urgent_open_term(ask: Ask, findings: dict[str, Any], highest: Level) -> None:
    """A known finding that fails a term closes it; an unknown measurement does not count."""
    assert ask(findings={"ache": False, **findings}, no_other_sign=True).triage.could_rise_to is highest


_FINDINGS: dict[str, tuple[Any, ...]] = {
    "sign_1": (None, False, True),
    "sign_2": (None, False, True),
    "sign_3": (None, False, True),
    "severe_pain": (None, False, True),
    "near_miss": (None, False, True),
    "salty": (None, False, True),
    "under_18": (None, False, True),
}
_KNOWN = {"ache": False, "hot_run": False, "odd_sign": False}

Answers = tuple[Any, ...]


def _completions(answers: Answers) -> Iterator[Answers]:
    """The same report with one more known finding."""
    for place, name in enumerate(_FINDINGS):
        if answers[place] is None:
            for answer in _FINDINGS[name][1:]:
                yield (*answers[:place], answer, *answers[place + 1 :])


@pytest.mark.parametrize("temp", [None, 39.9, 40])
def test_could_rise_to_equals_the_maximum_over_all_completions(small_engine: Engine, temp: float | None) -> None:
    """The maximum is that over every completion of every partial report on the deciding findings.

    The maximum is computed step by step: over the rules that the report fires, and over each report with one more
    answer. Open questions keep the level at consultation or above.
    """
    highest: dict[Answers, int] = {}
    for answers in sorted(product(*_FINDINGS.values()), key=lambda values: values.count(None)):
        known = {name: value for name, value in zip(_FINDINGS, answers, strict=True) if value is not None}
        reading = {} if temp is None else {"temp": temp}
        urgency = small_engine.decide(Report(known={**_KNOWN, **reading, **known})).urgency
        own = max((flag.rank for flag in _levels(urgency)), default=0)
        highest[answers] = max([own, *(highest[completed] for completed in _completions(answers))])
        assert urgency.could_rise_to.rank == max(highest[answers], urgency.level.rank), known


def _levels(urgency: Urgency) -> Iterator[Level]:
    """The levels of the rules, without the minimum for open questions."""
    return (reason.level for reason in urgency.reasons if reason.rule != "safety_questions_open")
