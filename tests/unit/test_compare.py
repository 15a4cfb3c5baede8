"""A comparison lists each change by id, and each changed result."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service import cli
from service.knowledge.knowledge import Knowledge
from service.review.diff import Comparison, compare
from service.review.vignettes import Vignette


@pytest.fixture
def changed(small_values: dict[str, Any]) -> dict[str, Any]:
    """A copy of the small knowledge, to be changed."""
    return deepcopy(small_values)


def _vignette(findings: dict[str, Any]) -> Vignette:
    values = {
        "name": "A runner.",
        "rules": ["RF01"],
        "findings": findings,
        "rest": "denied",
        "expect": {"level": "consultation"},
        "sources": ["book"],
    }
    return msgspec.convert(values, Vignette)


def _compared(old: dict[str, Any], new: dict[str, Any], *findings: dict[str, Any]) -> Comparison:
    before, after = (msgspec.convert(values, Knowledge) for values in (old, new))
    return compare(before, after, [_vignette(each) for each in findings])


def test_equal_knowledge_differs_in_nothing(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """Equal knowledge has no changes, no lines and no changed cases."""
    comparison = _compared(small_values, changed, {"ache": True})
    assert (comparison.changes, comparison.changed_cases) == ((), ())
    assert comparison.replayed > 0


def test_a_changed_entry_names_the_field(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """The line has the old and the new value."""
    changed["red_flags"]["swollen"]["level"] = "consultation"
    (change,) = _compared(small_values, changed).changes
    assert str(change) == "changed red_flags/swollen\n    level: consultation_24 -> consultation"


def test_added_and_removed_entries_are_distinguished(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """An added red flag and a removed one have different words."""
    changed["red_flags"]["swelling"] = changed["red_flags"].pop("swollen") | {"id": "swelling"}
    changes = _compared(small_values, changed).changes
    assert [(change.kind, change.entry) for change in changes] == [
        ("added", "red_flags/swelling"),
        ("removed", "red_flags/swollen"),
    ]


@pytest.mark.parametrize(
    ("path", "value", "entry"),
    [
        (("policy", "version"), "1.3.0", "policy"),
        (("levels", "self_care", "label"), "Rest", "levels/self_care"),
        (("findings", "ache", "question"), "Is it sore?", "findings/ache"),
        (("checklists", "signs", "text"), "Any of these signs?", "checklists/signs"),
        (("emergency_numbers", "countries", "US", "number"), "912", "emergency_numbers/US"),
        (("causes", "load", "rank"), 9, "causes/load"),
        (("fixes", "rest_it", "limits"), {"days_min": 3}, "fixes/rest_it"),
    ],
)
def test_every_part_is_compared_by_id(
    small_values: dict[str, Any], changed: dict[str, Any], path: tuple[str, ...], value: Any, entry: str
) -> None:
    """A change of any part is listed as one change of its entry."""
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert [change.entry for change in _compared(small_values, changed).changes] == [entry]


def test_background_is_compared_statement_by_statement(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """Statements have no id, so the comparison shows the added and the removed text, shortened."""
    small_values["background"] = [{"text": "It hurts.", "evidence": "E4"}]
    changed["background"] = [{"text": "It hurts very much, " * 9, "evidence": "E4"}]
    (change,) = _compared(small_values, changed).changes
    assert change.entry == "background"
    assert [field[:14] for field in change.fields] == ["statements: - ", "statements: + "]
    assert change.fields[1].endswith("…")


def test_rules_on_running_are_compared_one_by_one(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """Rules on running have no id, so the comparison shows the added rule."""
    changed["running_rules"] = [{"when": "ache", "running": "pause", "sources": ["book"], "evidence": "E3"}]
    (change,) = _compared(small_values, changed).changes
    assert change.entry == "running_rules"
    assert [field[:9] for field in change.fields] == ["rules: + "]


def test_lists_show_added_and_removed_members(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """A condition that gains or loses a part, or only changes its order, is listed at its path."""
    changed["red_flags"]["clot"]["when"]["all"][1]["any"].append("sign_3")
    changed["red_flags"]["swollen"]["referrals"] = []
    small_values["red_flags"]["wobble"]["referrals"] = ["primary_care", "physical_therapist"]
    changed["red_flags"]["wobble"]["referrals"] = ["physical_therapist", "primary_care"]
    clot, swollen, wobble = _compared(small_values, changed).changes
    assert len(clot.fields) == 2
    assert all(field.startswith("when.all: ") for field in clot.fields)
    assert swollen.fields == ("referrals: - emergency_department",)
    assert wobble.fields == ("referrals: in another order",)


def test_a_changed_case_has_both_results(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """Level, leading cause and fixes are compared; lowering a red flag reveals causes and fixes."""
    changed["red_flags"]["swollen"]["level"] = "consultation"
    findings = {"sign_1": True, "ache": True, "salty": True, "hot_run": True}
    cases = [str(case) for case in _compared(small_values, changed, findings).changed_cases]
    assert cases[0].splitlines() == [
        "vignettes: A runner.",
        "    level: consultation_24 -> consultation",
        "    fixes shown now: drink, rest_it",
    ]


def test_lost_fixes_are_named(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """A removed fix is listed like an added one."""
    changed["causes"]["heat_loss"]["supports"] = []
    cases = _compared(small_values, changed, {"ache": True, "hot_run": True, "salty": True}).changed_cases
    assert [case.case for case in cases] == ["vignettes: A runner.", "causes/heat_loss: An ache after a hot run"]
    for case in cases:
        assert str(case).splitlines()[1:] == ["    leads: heat_loss -> load", "    fixes no longer shown: drink"]


@pytest.mark.parametrize(("gone_from", "says"), [(0, "old"), (1, "new")])
def test_a_case_that_one_of_them_cannot_read_is_listed(
    small_values: dict[str, Any], changed: dict[str, Any], gone_from: int, says: str
) -> None:
    """A case that only one of the two can read is listed as different."""
    del (small_values, changed)[gone_from]["findings"]["pain"]["maximum"]
    (small_values, changed)[gone_from]["findings"]["pain"]["maximum"] = 1
    for values in (small_values, changed):
        values["red_flags"]["clot"]["cases"] = []
    (case,) = _compared(small_values, changed, {"pain": 2}).changed_cases
    assert str(case).splitlines()[1:] == [f"    is not a valid request by the {says} knowledge"]


def test_the_cases_of_the_rules_are_replayed_too(small_values: dict[str, Any], changed: dict[str, Any]) -> None:
    """The cases of the rules are replayed too, and equal requests once."""
    small_values["red_flags"]["clot"]["cases"] = changed["red_flags"]["clot"]["cases"] = [
        {"name": "A swollen leg.", "fires": True, "findings": {"sign_1": True, "sign_2": True}},
        {"name": "The same leg.", "fires": False, "findings": {"sign_1": True, "sign_2": True}},
    ]
    changed["red_flags"]["clot"]["level"] = "emergency_ambulance"
    comparison = _compared(small_values, changed)
    assert [case.case for case in comparison.changed_cases] == ["red_flags/clot: A swollen leg."]
    assert str(comparison).splitlines()[0] == "1 entries differ"
    assert f"1 of {comparison.replayed} cases have another result" in str(comparison)


def test_the_command_compares_two_folders(
    tmp_path: Path, small_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`triage diff OLD NEW` prints the comparison of two folders."""
    new = shutil.copytree(small_folder, tmp_path / "new")
    path = new / "red_flags" / "heat.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("emergency_ambulance", "emergency"), encoding="utf-8")
    assert cli.main(["diff", str(small_folder), str(new)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["1 entries differ", "changed red_flags/heat", "    level: emergency_ambulance -> emergency"]
