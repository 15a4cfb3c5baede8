"""Conditions: the names in them, and their faults."""

from __future__ import annotations

import msgspec
import pytest

from service.knowledge.conditions import affirmed, faults, limited, named, negated, parts
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Condition

_NESTED = {
    "all": [
        "ache",
        {"any": [{"not": "shoe"}, {"finding": "pain", "at_least": 8}]},
        {"at_least_of": 1, "of": ["salty", {"not": "ache"}]},
    ]
}


def _condition(value: object) -> Condition:
    condition: Condition = msgspec.convert(value, Condition)
    return condition


def test_named_lists_every_id_in_order() -> None:
    """The ids are in order, with repeats."""
    assert list(named(_condition(_NESTED))) == ["ache", "shoe", "pain", "salty", "ache"]


def test_affirmed_and_negated_part_the_names() -> None:
    """A name under `not` is negated, not affirmed."""
    assert list(affirmed(_condition(_NESTED))) == ["ache", "pain", "salty"]
    assert list(negated(_condition(_NESTED))) == ["shoe", "ache"]


def test_limited_names_findings_restricted_to_certain_choices() -> None:
    """`limited` returns the findings restricted to certain choices, at any depth; `includes` does not restrict."""
    heel_only = {"finding": "where", "only": ["heel"]}
    assert list(limited(_condition({"any": ["ache", {"all": [heel_only]}]}))) == ["where"]
    assert list(limited(_condition({"finding": "where", "includes": ["heel"]}))) == []


def test_parts_of_a_group_are_its_members() -> None:
    """The parts of a group are its members; a condition on one finding has none."""
    assert parts(_condition({"any": ["ache", "shoe"]})) == ("ache", "shoe")
    assert parts("ache") == parts(_condition({"not": "ache"})) == ()


@pytest.mark.parametrize(
    "condition",
    [
        "ache",
        "sweaty",
        "jump",
        _NESTED,
        {"finding": "side", "is": ["left", "right"]},
        {"finding": "where", "includes": ["heel"]},
        {"finding": "where", "only": ["heel"]},
        {"finding": "pain", "more_than": 0, "at_most": 10},
    ],
)
def test_a_sound_condition_has_no_fault(small_knowledge: Knowledge, condition: object) -> None:
    """Every form of the grammar is valid."""
    assert list(faults(_condition(condition), small_knowledge.findings, small_knowledge.derivations)) == []


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("nothing", "'nothing' is neither a finding nor a derivation"),
        ("pain", "'pain' is not a yes/no finding: give a value"),
        ({}, "not one of the forms of a condition: empty"),
        ({"all": ["ache"], "any": ["shoe"]}, "not one of the forms of a condition: all_, any_"),
        ({"finding": "ache"}, "not one of the forms of a condition: finding"),
        ({"at_least": 3}, "not one of the forms of a condition: at_least"),
        ({"at_least_of": 1}, "not one of the forms of a condition: at_least_of"),
        (
            {"finding": "side", "is": "left", "includes": ["left"]},
            "not one of the forms of a condition: finding, includes, is_",
        ),
        ({"at_least_of": 0, "of": ["ache"]}, "at_least_of must be from 1 to 1"),
        ({"at_least_of": 3, "of": ["ache", "shoe"]}, "at_least_of must be from 1 to 2"),
        ({"all": []}, "an empty list of conditions"),
        ({"any": [{"all": []}]}, "an empty list of conditions"),
        ({"not": "sweaty"}, "'sweaty' is not a finding"),
        ({"not": "pain"}, "'pain' is of kind integer, which this form cannot ask"),
        ({"finding": "nothing", "is": "left"}, "'nothing' is not a finding"),
        ({"finding": "pain", "is": "left"}, "'pain' is of kind integer, which this form cannot ask"),
        ({"finding": "side", "includes": ["left"]}, "'side' is of kind choice, which this form cannot ask"),
        ({"finding": "km", "at_least": 3}, "'km' is of kind series, which this form cannot ask"),
        ({"finding": "side", "is": "middle"}, "'side' has no value 'middle'"),
        ({"finding": "side", "is": ["left", "unknown"]}, "'side' has no value 'unknown'"),
        ({"finding": "where", "only": ["ankle"]}, "'where' has no value 'ankle'"),
        ({"finding": "pain", "at_least": 11}, "'pain': threshold 11 is outside 0 to 10"),
        ({"finding": "temp", "less_than": 29.5}, "'temp': threshold 29.5 is outside 30 to 45"),
        ({"all": ["ache", {"any": ["nothing"]}]}, "'nothing' is neither a finding nor a derivation"),
    ],
)
def test_a_faulty_condition_names_its_fault(small_knowledge: Knowledge, condition: object, says: str) -> None:
    """The message names the fault at any depth."""
    assert list(faults(_condition(condition), small_knowledge.findings, small_knowledge.derivations)) == [says]
