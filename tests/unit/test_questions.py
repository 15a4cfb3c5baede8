"""The questions: selection, order, limits, and the end of the conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment
from service.model.interview import GroupKind, ItemKind, Purpose, StopReason
from service.model.scales import Level

Ask = Callable[..., Assessment]
EngineOf = Callable[[dict[str, Any]], Engine]
_CAUSES = {"hot_run": False, "salty": False, "shoe": False}
_PLACES = ["side", "where"]


def _asked(assessment: Assessment) -> dict[str, list[str]]:
    return {group.id: [item.id for item in group.items] for group in assessment.interview.groups}


def _levels(assessment: Assessment) -> dict[str, Level]:
    return {item.id: item.could_raise_to for group in assessment.interview.groups for item in group.items}


def test_the_first_call_asks_all_that_could_raise_the_level_and_about_the_causes(ask: Ask) -> None:
    """Groups are in the order of the knowledge, and answered items are not asked."""
    assessment = ask(findings={"ache": True})
    assert _asked(assessment) == {
        "signs": ["sign_1", "sign_2", "sign_3"],
        "others": ["under_18", "severe_pain", "odd_sign", "near_miss"],
        "causes": ["hot_run", "salty", "shoe"],
        "places": ["side", "where"],
    }
    assert [group.purpose for group in assessment.interview.groups] == [
        Purpose.SAFETY,
        Purpose.SAFETY,
        Purpose.CAUSE,
        Purpose.CAUSE,
    ]
    assert assessment.interview.items_left == 12
    assert (assessment.interview.should_stop, assessment.interview.stop_reason) == (False, None)


def test_an_item_has_the_highest_level_that_its_answer_could_cause(ask: Ask) -> None:
    """A rule that can no longer hold does not count; an item about causes keeps the level."""
    levels = _levels(ask(findings={"ache": True}))
    assert (levels["sign_1"], levels["near_miss"]) == (Level.EMERGENCY, Level.CONSULTATION)
    assert levels["shoe"] is Level.SELF_CARE
    closed = _levels(ask(findings={"ache": True, "sign_2": False, "severe_pain": False}))
    assert closed["sign_1"] is Level.CONSULTATION_24


def test_only_items_that_could_raise_the_level_are_asked(ask: Ask) -> None:
    """From emergency on, neither causes nor less urgent signs are asked."""
    assert _asked(ask(findings={"ache": True, "sign_1": True})) == {
        "signs": ["sign_2"],
        "others": ["severe_pain"],
        "causes": ["hot_run", "salty", "shoe"],
        "places": ["side", "where"],
    }
    assert _asked(ask(findings={"ache": True, "sign_1": True, "sign_2": True})) == {}


def test_a_checklist_has_an_entry_for_none_and_its_items_no_kind(ask: Ask) -> None:
    """A checklist has one kind and an entry for none; a group of questions has a kind for each item."""
    groups = {group.id: group for group in ask(findings={"ache": True}).interview.groups}
    assert (groups["signs"].kind, groups["signs"].none_text) == (GroupKind.CHECKLIST, "None of these")
    assert groups["signs"].items[0].kind is None
    assert (groups["places"].kind, groups["places"].none_text) == (GroupKind.QUESTIONS, None)
    side, where = groups["places"].items
    assert (side.kind, where.kind) == (ItemKind.CHOICE, ItemKind.CHOICES)
    assert [(choice.id, choice.label) for choice in where.choices] == [
        ("heel", "Heel"),
        ("toes", "Toes"),
        ("sole", "Sole"),
    ]


def test_an_item_whose_yes_alone_is_an_emergency_is_sent_at_once(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """An item that needs a second sign is not sent at once."""
    small_values["red_flags"]["swollen"]["level"] = "emergency"
    groups = ask(engine_of(small_values), findings={"ache": True}).interview.groups
    assert {item.id for group in groups for item in group.items if item.send_at_once} == {"sign_1"}


def test_a_detail_is_asked_once_an_answer_opens_it(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """An unknown parent is asked first; a denied parent closes the detail, and its rule cannot fire."""
    small_values["findings"]["sign_2"]["asked_when"] = ["near_miss"]
    small_values["red_flags"]["wobble"]["when"] = {"all": ["sign_1", "sign_2"]}
    engine = engine_of(small_values)
    before = ask(engine, findings={"ache": True})
    assert "sign_2" not in _levels(before)
    assert _levels(before)["near_miss"] is Level.EMERGENCY
    assert "sign_2" in _levels(ask(engine, findings={"ache": True, "near_miss": True}))
    closed = ask(engine, findings={"ache": True, "near_miss": False, "severe_pain": False})
    assert "sign_2" not in _levels(closed)
    assert _levels(closed)["sign_1"] is Level.CONSULTATION_24


def test_people_to_whom_an_item_cannot_apply_are_not_asked(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """An item for an age group is asked if the age is unknown."""
    small_values["findings"]["sign_1"]["asked_of"] = {"age_at_most": 50}
    engine = engine_of(small_values)
    assert "sign_1" in _levels(ask(engine, findings={"ache": True}))
    assert "sign_1" in _levels(ask(engine, findings={"ache": True}, runner={"age_years": 50}))
    assert "sign_1" not in _levels(ask(engine, findings={"ache": True}, runner={"age_years": 51}))


def test_cause_items_that_do_not_fit_are_held_back_and_counted(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """The policy limits the items of one response; the others follow in the next."""
    small_values["policy"]["cause_questions_per_response"] = 2
    engine = engine_of(small_values)
    first = ask(engine, findings={"ache": True}, no_other_sign=True)
    assert _asked(first) == {"causes": ["hot_run", "salty"]}
    assert first.interview.items_left == 5
    second = ask(engine, findings={"ache": True, "hot_run": False, "salty": False}, no_other_sign=True)
    assert _asked(second) == {"causes": ["shoe"], "places": ["side"]}


@pytest.fixture
def separating(small_values: dict[str, Any], engine_of: EngineOf) -> Engine:
    """A knowledge with two items that separate its causes."""
    causes = small_values["checklists"]["causes"]
    small_values["checklists"]["more"] = causes | {
        "id": "more",
        "order": 9,
        "stage": "separating",
        "items": ["shoe", "salty"],
        "separates": {"shoe": ["heat_loss"], "salty": ["load"]},
    }
    causes["items"] = ["hot_run"]
    small_values["policy"]["leading_causes"] = 1
    return engine_of(small_values)


def test_the_items_that_separate_the_leading_causes_follow(ask: Ask, separating: Engine) -> None:
    """Only items of a leading cause are asked, and none while no cause is listed."""
    assert "more" not in _asked(ask(separating, findings={"ache": True}, no_other_sign=True))
    leading = ask(separating, findings={"ache": True, "hot_run": True}, no_other_sign=True, not_known=_PLACES)
    assert [cause.id for cause in leading.causes] == ["heat_loss", "load"]
    assert _asked(leading) == {"more": ["shoe"]}


def test_a_likely_cause_ends_the_separating_items(ask: Ask, separating: Engine) -> None:
    """A likely cause needs no separation from others."""
    findings = {"ache": True, "hot_run": True}
    training = {"km": [30, 40]}
    likely = ask(separating, findings=findings, training=training, no_other_sign=True, not_known=_PLACES)
    assert likely.causes[0].likelihood == "likely"
    assert likely.interview.should_stop


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"findings": {"temp": 41}}, StopReason.ACT_NOW),
        ({"findings": {"sign_1": True, "sign_2": True}}, None),
        ({"findings": {"ache": True, "under_18": True, **_CAUSES}}, StopReason.OUT_OF_SCOPE),
        ({"findings": {"ache": False, **_CAUSES}}, StopReason.NO_COMPLAINT),
        ({"findings": {"ache": True, "sign_3": None, **_CAUSES}, "not_known": ["sign_3"]}, StopReason.CANNOT_BE_KNOWN),
        ({"findings": {"ache": True, **_CAUSES}}, StopReason.ONLY_MEASUREMENTS_LEFT),
        ({"findings": {"ache": True, "temp": 37, **_CAUSES}}, StopReason.SETTLED),
    ],
)
def test_the_end_has_the_first_reason_that_applies(ask: Ask, parts: dict[str, Any], reason: StopReason | None) -> None:
    """The conversation is over exactly if no group is left, and the first applicable reason is given."""
    not_known = [*parts.pop("not_known", ()), *_PLACES]
    interview = ask(**parts, not_known=not_known, no_other_sign=True).interview
    expected = StopReason.ACT_NOW if reason is None else reason
    assert (interview.should_stop, interview.groups) == (True, ())
    assert interview.stop_reason is expected


def test_a_reading_is_offered_as_long_as_it_could_raise_the_level(ask: Ask) -> None:
    """A measurement does not keep the conversation open, and is not offered once it is known."""
    (reading,) = ask(findings={"ache": True}).interview.measurements
    assert (reading.id, reading.kind, reading.could_raise_to) == (
        "temp",
        ItemKind.NUMBER,
        Level.EMERGENCY_AMBULANCE,
    )
    assert (reading.unit, reading.minimum, reading.maximum) == ("degree_celsius", 30, 45)
    assert ask(findings={"ache": True, "temp": 37}).interview.measurements == ()


def test_lasting_answers_have_their_time_of_validity(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """An app may keep a lasting answer in a profile and send it again."""
    small_values["findings"]["sign_1"]["keeps"] = "always"
    groups = ask(engine_of(small_values), findings={"ache": True}).interview.groups
    assert {item.id: item.keeps for group in groups for item in group.items if item.keeps} == {"sign_1": "always"}
