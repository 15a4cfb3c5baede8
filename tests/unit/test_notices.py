"""Notices: always present, with the emergency number, and first if urgent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.engine import Engine
from service.model.assessment import Assessment

Ask = Callable[..., Assessment]


def _notices(assessment: Assessment) -> list[tuple[str, str | None]]:
    return [(notice.id, notice.number) for notice in assessment.notices]


@pytest.mark.parametrize(("runner", "number"), [({"country": "US"}, "911"), ({"country": "FR"}, "112"), ({}, "112")])
def test_the_number_is_that_of_the_country(ask: Ask, runner: dict[str, str], number: str) -> None:
    """An unknown country gets 112."""
    assessment = ask(runner=runner)
    assert _notices(assessment) == [("not_a_diagnosis", None), ("emergency_number", number)]
    assert [notice.text for notice in assessment.notices] == ["No diagnosis.", f"Call {number}."]


def test_in_an_emergency_the_number_comes_first(ask: Ask) -> None:
    """'Do not drive' follows directly if a fired red flag has it."""
    ambulance = ask(findings={"temp": 41}, runner={"country": "US"})
    assert _notices(ambulance) == [
        ("emergency_number", "911"),
        ("do_not_drive_yourself", None),
        ("not_a_diagnosis", None),
    ]
    assert ambulance.notices[1].text == "Do not drive."
    emergency = ask(findings={"sign_1": True, "sign_2": True})
    assert _notices(emergency) == [("emergency_number", "112"), ("not_a_diagnosis", None)]


def test_an_ambulance_is_never_driven_to(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """At the highest level the notice forbids driving, even if the red flag does not."""
    small_values["red_flags"]["heat"]["do_not_drive"] = False
    assert ("do_not_drive_yourself", None) in _notices(ask(engine_of(small_values), findings={"temp": 41}))


def test_below_an_emergency_the_first_notice_stays_first(
    small_values: dict[str, Any], engine_of: Callable[[dict[str, Any]], Engine], ask: Ask
) -> None:
    """The number is the second notice."""
    small_values["notices"]["get_help_sooner"] = {"text": "Get help sooner."}
    assert _notices(ask(engine_of(small_values), findings={"sign_1": True})) == [
        ("not_a_diagnosis", None),
        ("emergency_number", "112"),
        ("get_help_sooner", None),
    ]
