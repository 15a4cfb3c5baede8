"""The level: the most urgent floor of all that fired, and how far it could still rise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment
from service.model.scales import Level
from service.report.report import Report

Ask = Callable[..., Assessment]
_NONE = {"none_of_these": True}
_QUIET = {"near_miss": False, "odd_sign": False, "temp": 37}


def _reasons(assessment: Assessment) -> list[tuple[str, Level, tuple[str, ...]]]:
    return [(reason.rule, reason.level, reason.because) for reason in assessment.triage.reasons]


def test_the_most_urgent_rule_sets_the_level(ask: Ask) -> None:
    """Every fired rule gives a reason, most urgent first, with its title and its findings."""
    assessment = ask(findings={"sign_1": True, "pain": 8, "temp": 40}, safety_screen=_NONE)
    assert assessment.triage.level is Level.EMERGENCY_AMBULANCE
    assert _reasons(assessment) == [
        ("heat", Level.EMERGENCY_AMBULANCE, ("temp",)),
        ("clot", Level.EMERGENCY, ("sign_1", "pain")),
        ("swollen", Level.CONSULTATION_24, ("sign_1",)),
    ]
    assert [reason.statement for reason in assessment.triage.reasons] == [
        "Possible heat",
        "Possible clot",
        "Possible swollen",
    ]


def test_a_fired_red_flag_carries_what_the_knowledge_says(ask: Ask) -> None:
    """Title, advice, sources and review go out with the findings that fired it."""
    (flag,) = ask(findings={"temp": 41}, safety_screen=_NONE).red_flags
    assert (flag.id, flag.title, flag.level, flag.because) == (
        "heat",
        "Possible heat",
        Level.EMERGENCY_AMBULANCE,
        ("temp",),
    )
    assert (flag.advice, flag.rationale, flag.do_not_drive) == ("See someone.", "Because.", True)
    assert (flag.referrals, flag.sources, flag.codes) == (("primary_care",), ("book",), ())
    assert (flag.evidence, flag.review) == ("E3", "not reviewed by a clinician")


def test_codes_go_out_where_the_knowledge_has_them(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Only codes that may be returned with a symptom are."""
    small_values["red_flags"]["heat"]["codes"] = {"symptom": ["A1"], "concept": ["B2"]}
    (flag,) = ask(engine_of(small_values), findings={"temp": 41}, safety_screen=_NONE).red_flags
    assert flag.codes == ("A1",)


@pytest.mark.parametrize(("temp", "level"), [(39.9, Level.SELF_CARE), (40, Level.EMERGENCY_AMBULANCE)])
def test_a_threshold_is_exact(ask: Ask, temp: float, level: Level) -> None:
    """The edge itself fires, what lies just under it does not."""
    assert ask(findings={"temp": temp}, safety_screen=_NONE).triage.level is level


def test_out_of_scope_is_a_reason_of_its_own(ask: Ask) -> None:
    """A runner whom the causes were not written for is told so, and gets no causes."""
    assessment = ask(findings={"ache": True, "hot_run": True}, runner={"age_years": 17}, safety_screen=_NONE)
    assert _reasons(assessment) == [
        ("young", Level.CONSULTATION, ("age_years",)),
        ("out_of_scope", Level.CONSULTATION, ("age_years",)),
    ]
    assert assessment.triage.reasons[1].statement == "Out of scope."
    assert assessment.causes == assessment.fixes == assessment.withheld_fixes == ()


def test_an_uncovered_sign_sets_the_level_that_the_policy_says(ask: Ask) -> None:
    """A sign with no rule of its own is never self-care, and is named once."""
    assessment = ask(findings={"odd_sign": True}, safety_screen=_NONE)
    assert _reasons(assessment) == [("uncovered_sign", Level.CONSULTATION, ("odd_sign",))]
    assert assessment.triage.reasons[0].statement == "A sign has no rule of its own."


def test_a_sign_that_a_red_flag_covers_is_not_uncovered(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """A rule that names the sign speaks for it."""
    small_values["policy"]["uncovered_signs"] = ["odd_sign", "sign_1", "sign_5"]
    assessment = ask(engine_of(small_values), findings={"sign_1": True, "sign_5": True}, safety_screen=_NONE)
    assert [rule for rule, _, _ in _reasons(assessment)] == ["swollen", "safety_screen.question_5"]


def test_statements_of_the_screen_come_from_the_policy(ask: Ask) -> None:
    """Open, yes and clear each have their sentence."""
    said = ask(safety_screen={"question_1": True})
    assert [reason.statement for reason in said.triage.reasons] == [
        "The screen was answered yes.",
        "The screen is open.",
    ]
    assert [reason.rule for reason in said.triage.reasons] == ["safety_screen.question_1", "safety_screen_open"]
    assert said.triage.reasons[0].because == ("safety_screen.question_1",)
    assert ask(safety_screen=_NONE).triage.reasons[0].statement == "The screen is clear."
    assert ask(safety_screen=_NONE).triage.reasons[0].because == ("safety_screen",)


def test_a_level_comes_with_its_words(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Label, advice and deadline are those of the level."""
    small_values["levels"]["self_care"]["act_within_hours"] = 48
    triage = ask(engine_of(small_values), safety_screen=_NONE).triage
    assert (triage.label, triage.advice, triage.act_within_hours) == ("self_care", "Do this.", 48)


@pytest.mark.parametrize(
    ("findings", "highest"),
    [
        ({}, Level.EMERGENCY_AMBULANCE),
        ({"temp": 37}, Level.CONSULTATION),
        ({"temp": 37, "near_miss": False}, Level.CONSULTATION),
        ({"temp": 37, "odd_sign": False}, Level.CONSULTATION),
        (_QUIET, Level.SELF_CARE),
        ({**_QUIET, "near_miss": True, "salty": False}, Level.CONSULTATION),
        ({**_QUIET, "near_miss": True, "salty": False, "hot_run": False}, Level.SELF_CARE),
        ({**_QUIET, "sign_1": True}, Level.EMERGENCY),
        ({**_QUIET, "sign_1": True, "pain": 7, "sign_2": False}, Level.CONSULTATION_24),
    ],
)
def test_could_rise_to_is_the_most_urgent_open_term(ask: Ask, findings: dict[str, Any], highest: Level) -> None:
    """What is known to fail is closed, everything else is open."""
    assert ask(findings={"ache": False, **findings}, safety_screen=_NONE).triage.could_rise_to is highest


def test_an_open_screen_question_could_raise_the_level_to_its_floor(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """A yes that still may come counts, even where the findings behind it are settled."""
    del small_values["red_flags"]["heat"]
    assessment = ask(engine_of(small_values), findings={"near_miss": False, "pain": 0})
    assert assessment.triage.level is Level.CONSULTATION
    assert assessment.triage.could_rise_to is Level.EMERGENCY


_FINDINGS: dict[str, tuple[Any, ...]] = {
    "sign_1": (None, False, True),
    "sign_2": (None, False, True),
    "pain": (None, 7, 8),
    "temp": (None, 39.9, 40),
    "near_miss": (None, False, True),
    "odd_sign": (None, False, True),
    "age_years": (None, 17, 18),
}
_QUESTIONS = {"question_1": "sign_1", "question_2": "sign_2"}
_KNOWN = {"ache": False, "salty": False, "hot_run": True, "sign_13": False}

Floors = tuple[Any, ...]


def _completions(report: Floors) -> Iterator[Floors]:
    """Each report with one more thing known; a finding that a no denies and a question that a finding settles are."""
    names = [*_FINDINGS, *_QUESTIONS]
    values = dict(zip(names, report, strict=True))
    for place, name in enumerate(names):
        denied = any(member == name and values[question] is False for question, member in _QUESTIONS.items())
        settled = name in _QUESTIONS and values[_QUESTIONS[name]] is not None
        if values[name] is None and not denied and not settled:
            for answer in _FINDINGS.get(name, (None, False, True))[1:]:
                yield (*report[:place], answer, *report[place + 1 :])


def test_could_rise_to_equals_the_maximum_over_all_completions(small_engine: Engine) -> None:
    """Every partial report over the findings that decide anything, against every way to complete it.

    The maximum is taken step by step: of the report itself, and of each report with one more thing known.
    """
    noes = {f"question_{number}": False for number in range(3, 13)}
    highest: dict[Floors, int] = {}
    reports = product(*_FINDINGS.values(), *([(None, False, True)] * len(_QUESTIONS)))
    for report in sorted(reports, key=lambda values: values.count(None)):
        findings, answers = report[: len(_FINDINGS)], report[len(_FINDINGS) :]
        known = {name: value for name, value in zip(_FINDINGS, findings, strict=True) if value is not None}
        screen = {name: value for name, value in zip(_QUESTIONS, answers, strict=True) if value is not None}
        triage = small_engine.assess(Report(known={**_KNOWN, **known}, screen={**noes, **screen})).triage
        highest[report] = max([triage.level.rank, *(highest[completed] for completed in _completions(report))])
        assert triage.could_rise_to.rank == highest[report], (known, screen)
