"""Replays of cases: each mismatch is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.errors import Issue
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.cases import CaseRequest
from service.review.cases import body_of, replay


def _issues(values: dict[str, Any]) -> list[Issue]:
    return list(replay(msgspec.convert(values, Knowledge)))


def _case(name: str, outcome: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"name": name, "findings": {"ache": True}, **outcome, **parts}


@pytest.fixture
def values(small_values: dict[str, Any]) -> dict[str, Any]:
    """The small knowledge without cases."""
    for folder in ("red_flags", "derivations", "causes"):
        for rule in small_values[folder].values():
            rule["cases"] = []
    return small_values


def test_matching_cases_are_silent(values: dict[str, Any]) -> None:
    """Matching cases of rules, derivations and causes give no issues."""
    values["red_flags"]["young"]["cases"] = [
        _case("Seventeen.", {"fires": True}, runner={"age_years": 17}),
        _case("Eighteen.", {"fires": False}, runner={"age_years": 18}),
        _case("Age not known.", {"fires": False}),
    ]
    values["derivations"]["jump"]["cases"] = [
        _case("A third more.", {"fires": True}, training={"km": [30, 40]}),
        _case("The same.", {"fires": False}, training={"km": [30, 30]}),
    ]
    hot = {"ache": True, "hot_run": True}
    values["causes"]["load"]["cases"] = [
        _case("Listed.", {"expect": "listed"}, findings=hot),
        _case("Leads.", {"expect": "leads"}, findings=hot, training={"km": [30, 40]}),
        _case("Not listed.", {"expect": "not_listed"}, findings={"ache": False}),
    ]
    assert _issues(values) == []


def test_a_mismatch_is_named(values: dict[str, Any]) -> None:
    """The issue has file, path, the expected result and the sentence of the case."""
    values["red_flags"]["young"]["cases"] = [
        _case("Eighteen.", {"fires": True}, runner={"age_years": 18}),
        _case("Seventeen.", {"fires": False}, runner={"age_years": 17}),
    ]
    values["derivations"]["sweaty"]["cases"] = [_case("Cool.", {"fires": True}, findings={"hot_run": False})]
    hot = {"ache": True, "hot_run": True}
    values["causes"]["load"]["cases"] = [
        _case("Second.", {"expect": "leads"}, findings=hot),
        _case("There.", {"expect": "not_listed"}, findings=hot),
        _case("Absent.", {"expect": "listed"}, findings={"ache": False}),
    ]
    assert _issues(values) == [
        Issue("red_flags/young.yaml", "cases[0]", "should fire: Eighteen."),
        Issue("red_flags/young.yaml", "cases[1]", "should not fire: Seventeen."),
        Issue("derivations/sweaty.yaml", "cases[0]", "should fire: Cool."),
        Issue("causes/load.yaml", "cases[0]", "should be leads, causes are ['heat_loss', 'load']: Second."),
        Issue("causes/load.yaml", "cases[1]", "should be not_listed, causes are ['heat_loss', 'load']: There."),
        Issue("causes/load.yaml", "cases[2]", "should be listed, causes are []: Absent."),
    ]


def test_a_case_that_is_no_request_is_named(values: dict[str, Any]) -> None:
    """A misspelt finding or a value out of range is an issue, not a case that does not fire."""
    values["red_flags"]["young"]["cases"] = [
        _case("Misspelt.", {"fires": False}, findings={"achee": True, "pain": 11}),
    ]
    (issue,) = _issues(values)
    assert issue.says == (
        "/findings/achee the name is not known; the nearest is ache; "
        "/findings/pain must be from 0 to 10 points: Misspelt."
    )


def _request(values: dict[str, Any], **parts: Any) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(body_of(CaseRequest(**parts), msgspec.convert(values, Knowledge)))
    return body


def test_a_case_is_written_as_a_request(values: dict[str, Any]) -> None:
    """Empty parts are omitted."""
    assert _request(values) == {}
    parts = {"findings": {"ache": True}, "not_known": ["salty"]}
    assert _request(values, **parts) == parts


def test_the_rest_is_denied_item_by_item(values: dict[str, Any]) -> None:
    """Each yes/no item that is not mentioned, implied or not known is denied; numbers stay unknown."""
    values["checklists"] = {
        "all": {
            "id": "all",
            "order": 1,
            "kind": "checklist",
            "purpose": "safety",
            "text": "Any of these?",
            "items": ["ache", "hot_run", "salty", "shoe", "odd_sign", "near_miss", "side"],
        }
    }
    values["findings"]["hot_run"]["implied_by"] = [{"finding": "temp", "at_least": 38}]
    values["findings"]["odd_sign"]["implied_by"] = ["hot_run"]
    values["findings"]["shoe"]["settled_by"] = {"finding": "where", "includes": ["toes"]}
    findings = {"ache": True, "temp": 39, "where": ["heel"]}
    assert _request(values, findings=findings, not_known=("salty",), rest="denied") == {
        "findings": findings | {"shoe": False, "near_miss": False},
        "not_known": ["salty"],
    }
    pressing = {"where": ["toes"]}
    assert "shoe" not in _request(values, findings=pressing, rest="denied")["findings"]


def test_a_value_of_the_wrong_type_implies_nothing(values: dict[str, Any]) -> None:
    """A request that a version of the knowledge rejects can still be written for it."""
    values["findings"]["hot_run"]["implied_by"] = [{"finding": "temp", "at_least": 38}]
    assert _request(values, findings={"temp": "hot", "gone": True}, rest="denied")["findings"]["temp"] == "hot"
