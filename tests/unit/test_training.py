"""The advice on running: the strictest of level, red flags and causes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment
from service.model.scales import Running

Ask = Callable[..., Assessment]
_LOAD = {"ache": True, "hot_run": True}


@pytest.mark.parametrize(
    ("findings", "running"),
    [
        ({"ache": True}, Running.AS_PLANNED),
        (_LOAD, Running.REDUCE),
        ({**_LOAD, "odd_sign": True}, Running.PAUSE),
        ({**_LOAD, "sign_1": True}, Running.STOP),
        ({"temp": 41}, Running.STOP),
    ],
)
def test_the_strictest_wins(ask: Ask, findings: dict[str, Any], running: Running) -> None:
    """A level has a minimum; a cause may make the advice stricter, never milder."""
    assert ask(findings=findings, no_other_sign=True).training_advice.running is running


def test_a_red_flag_may_ask_for_more_than_its_level(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """A red flag with a reason to stop stops running, even at a mild level."""
    small_values["red_flags"]["wobble"]["running"] = "stop"
    findings = {"near_miss": True, "salty": True}
    assert ask(findings=findings, no_other_sign=True).training_advice.running is Running.PAUSE
    stricter = ask(engine_of(small_values), findings=findings, no_other_sign=True)
    assert stricter.training_advice.running is Running.STOP


def test_a_complaint_may_ask_for_more_than_the_level(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """While a named condition holds, running is at least as strict as the condition requires."""
    small_values["derivations"]["sweaty"]["running"] = "modify"
    engine = engine_of(small_values)
    assert ask(engine, findings={"salty": True}, no_other_sign=True).training_advice.running is Running.MODIFY
    assert ask(engine, findings={"salty": False}, no_other_sign=True).training_advice.running is Running.AS_PLANNED


def test_the_advice_has_the_texts_of_the_knowledge(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Activities, limits, review day and return to running are unchanged in the response."""
    small_values["policy"]["activity_labels"] = {"walking": "Walking"}
    small_values["running"]["as_planned"] |= {
        "allowed_activities": ["walking"],
        "limits": {"minutes_max": 30},
        "return_when": [{"text": "The ache is gone."}, {"text": "The sweat is fine.", "when": "salty"}],
    }
    advice = ask(engine_of(small_values), no_other_sign=True).training_advice
    assert advice.statement == "as_planned it."
    assert [(it.id, it.label) for it in advice.allowed_activities] == [("walking", "Walking")]
    assert (advice.limits, advice.recheck_after_days) == ({"minutes_max": 30}, 7)
    assert advice.return_when == ("The ache is gone.",)


def test_a_rule_on_running_counts_while_its_condition_holds(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """The strictest of all applicable rules decides."""
    rule = {"when": "shoe", "running": "reduce", "sources": ["book"], "evidence": "E4"}
    small_values["running_rules"] = [rule, rule | {"when": "salty", "running": "modify"}]
    engine = engine_of(small_values)

    def running(**findings: bool) -> Running:
        return ask(engine, findings=findings, no_other_sign=True).training_advice.running

    assert running() is Running.AS_PLANNED
    assert running(salty=True) is Running.MODIFY
    assert running(salty=True, shoe=True) is Running.REDUCE


def test_a_less_likely_cause_asks_for_nothing(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """Weak evidence never makes the advice on running stricter."""
    small_values["policy"]["act_on_likelihood"] = "possible"
    small_values["causes"]["load"]["supports"][1]["points"] = 1
    advice = ask(engine_of(small_values), findings={**_LOAD, "shoe": True}, no_other_sign=True).training_advice
    assert advice.running is Running.AS_PLANNED


def test_a_planned_race_gets_an_answer(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """The advice covers a planned race, and is null without one."""
    races = [{"text": "You can race.", "when": "shoe"}, {"text": "Start slow.", "when": {"any": ["shoe", "ache"]}}]
    small_values["running"]["as_planned"]["race"] = races
    engine = engine_of(small_values)
    assert ask(engine, findings={"shoe": True}, no_other_sign=True).training_advice.race == "You can race."
    assert ask(engine, no_other_sign=True).training_advice.race is None
