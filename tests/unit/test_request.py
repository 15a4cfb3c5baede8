"""The request reader: strict, telling every fault at once, repeating no value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.engine import Engine
from service.errors import BrokenContract, Fault, MalformedBody
from service.report.report import Report


def _faults(engine: Engine, body: bytes | dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(BrokenContract) as refused:
        engine.read(body if isinstance(body, bytes) else json.dumps(body).encode())
    return refused.value.faults


def _malformed(engine: Engine, body: bytes) -> Fault:
    with pytest.raises(MalformedBody) as refused:
        engine.read(body)
    return refused.value.fault


def test_a_report_is_read_into_one_presentation(small_engine: Engine) -> None:
    """Findings of every place stand side by side; null and 'unknown' are not sent."""
    body = {
        "runner": {"age_years": 34, "country": "US"},
        "findings": {"ache": True, "shoe": None, "side": "unknown", "where": ["heel"]},
        "training": {"km": [30, 31.5]},
        "safety_screen": {"question_1": True, "question_2": None, "none_of_these": True},
    }
    assert small_engine.read(json.dumps(body).encode()) == Report(
        known={"age_years": 34, "ache": True, "where": frozenset({"heel"}), "km": (30, 31.5)},
        screen={"question_1": True},
        none_of_these=True,
        country="US",
    )


def test_only_findings_are_required(small_engine: Engine) -> None:
    """Every other part may be left out or null."""
    short = small_engine.read(b'{"findings": {"ache": false}}')
    assert short == Report(known={"ache": False})
    assert (short.none_of_these, short.country) == (False, None)
    assert small_engine.read(b'{"findings": {"ache": false}, "runner": null, "training": null}') == short


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault("", "empty", "the body is empty")),
        (b" \n\t", Fault("", "empty", "the body is empty")),
        (b"{", Fault("", "invalid_json", "the body is not one JSON document")),
        (b"{} {}", Fault("", "invalid_json", "the body stops being one JSON document near byte 4")),
        (
            b'{"findings": {"pain": NaN}}',
            Fault("", "invalid_json", "the body stops being one JSON document near byte 22"),
        ),
        (b'{"findings": {"ache": "\xff"}}', Fault("", "invalid_utf8", "the body is not UTF-8 at byte 23")),
        (b"\xff", Fault("", "invalid_utf8", "the body is not UTF-8 at byte 0")),
        (
            b'{"findings": {"pain": 1e999, "km": [NaN]}}',
            Fault("", "invalid_json", "the body is not one JSON document"),
        ),
        (
            b'{"findings": {"pain": 1e999, "ache": "\\ud800"}}',
            Fault("", "invalid_json", "the body is not one JSON document"),
        ),
        (
            b'{"findings": {"pain": 1, "pain": 1' + b"0" * 5000 + b"}}",
            Fault("", "duplicate_name", "an object gives one name twice"),
        ),
        (
            b'{"findings": {"ache": true, "ache": false}}',
            Fault("", "duplicate_name", "an object gives one name twice"),
        ),
        (
            b'{"findings": {"ache": true}, "findings": {"ache": false}}',
            Fault("", "duplicate_name", "an object gives one name twice"),
        ),
        (
            b'{"findings": {"ache": true, "\\u0061che": false}}',
            Fault("", "duplicate_name", "an object gives one name twice"),
        ),
    ],
)
def test_a_body_that_is_no_single_json_document_is_malformed(small_engine: Engine, body: bytes, fault: Fault) -> None:
    """Each way of not being JSON has its own code, and its place where a parser knows it; so has a name given twice."""
    assert _malformed(small_engine, body) == fault


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"findings": {"ache": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}}",
        b'{"findings": {"pain": 1e999, "ache": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
    ids=["lists", "objects", "after a number that no float holds"],
)
def test_deep_nesting_is_a_broken_contract(small_engine: Engine, body: bytes) -> None:
    """A body nested past any request is refused before it can exhaust the stack."""
    assert _faults(small_engine, body) == (Fault("", "too_deep", "is nested deeper than any request"),)


@pytest.mark.parametrize("body", [b"[]", b"7", b'"a:b"', b"null", b'[{"a": 1}]'])
def test_a_body_that_is_no_object_breaks_the_contract(small_engine: Engine, body: bytes) -> None:
    """JSON of another shape is JSON all the same."""
    assert _faults(small_engine, body) == (Fault("", "type", "must be an object"),)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, Fault("/findings", "required", "is required")),
        ({"findings": None}, Fault("/findings", "type", "must be an object")),
        ({"findings": []}, Fault("/findings", "type", "must be an object")),
        ({"findings": {}}, Fault("/findings", "nothing_known", "must say at least one finding that is not null")),
        (
            {"findings": {"ache": None}},
            Fault("/findings", "nothing_known", "must say at least one finding that is not null"),
        ),
        ({"findings": {"ache": True}, "runner": 7}, Fault("/runner", "type", "must be an object")),
        (
            {"findings": {"ache": "yes"}},
            Fault("/findings/ache", "type", "must be true, false or null"),
        ),
        (
            {"findings": {"ache": True}, "training": {"km": [30, 900]}},
            Fault("/training/km/1", "out_of_range", "must be from 0 to 500"),
        ),
        (
            {"findings": {"ache": True}, "safety_screen": {"question_1": "no"}},
            Fault("/safety_screen/question_1", "type", "must be true, false or null"),
        ),
        (
            {"findings": {"ache": True}, "safety_screen": {"none_of_these": 0}},
            Fault("/safety_screen/none_of_these", "type", "must be true, false or null"),
        ),
        (
            {"findings": {"ache": True}, "runner": {"country": "us"}},
            Fault("/runner/country", "pattern", "must be two capital letters"),
        ),
        (
            {"findings": {"achee": True}},
            Fault("/findings/achee", "unknown_property", "is not known; the nearest is ache", "ache"),
        ),
        (
            {"findings": {"hot_run_zoe": True}},
            Fault(
                "/findings",
                "unknown_property",
                "holds a property that is not known; the nearest is hot_run",
                "hot_run",
            ),
        ),
        (
            {"findings": {"my_name_is_zoe": True}},
            Fault("/findings", "unknown_property", "holds a property that is not known"),
        ),
        (
            {"findings": {"ache": True}, "findingz": {}},
            Fault("/findingz", "unknown_property", "is not known; the nearest is findings", "findings"),
        ),
        (
            {"findings": {"ache": True}, "xyz": {}},
            Fault("", "unknown_property", "holds a property that is not known"),
        ),
    ],
)
def test_a_fault_says_where_and_what(small_engine: Engine, body: dict[str, Any], fault: Fault) -> None:
    """The pointer, the code and the words are a promise; only a misspelt name is repeated."""
    assert _faults(small_engine, body) == (fault,)


def test_every_fault_is_told_at_once(small_engine: Engine) -> None:
    """One answer names all that is wrong, place by place."""
    body = {"extra": 1, "findings": {"ache": 1, "pain": 11}, "runner": {"age_years": -1}, "training": []}
    assert [fault.pointer for fault in _faults(small_engine, body)] == [
        "",
        "/training",
        "/runner/age_years",
        "/findings/ache",
        "/findings/pain",
    ]


def test_a_finding_is_known_in_its_own_place_only(small_engine: Engine) -> None:
    """Telemetry under findings, or a finding under runner, is refused."""
    assert _faults(small_engine, {"findings": {"ache": True, "km": [1, 2]}})[0].code == "unknown_property"
    assert _faults(small_engine, {"findings": {"ache": True}, "runner": {"ache": True}})[0].code == "unknown_property"


def test_a_number_that_no_float_holds_is_out_of_range(small_engine: Engine) -> None:
    """A huge number is JSON; the range refuses it."""
    for number in (b"1e999", b"-1e999", b"1" + b"0" * 5000):
        (fault,) = _faults(small_engine, b'{"findings": {"pain": ' + number + b"}}")
        assert fault == Fault("/findings/pain", "out_of_range", "must be from 0 to 10")


def test_colons_within_strings_do_not_matter(small_engine: Engine) -> None:
    """Counting colons only decides whether to look for equal names."""
    (fault,) = _faults(small_engine, b'{"findings": {"ache": "a:b"}}')
    assert fault == Fault("/findings/ache", "type", "must be true, false or null")


def test_a_long_name_is_not_repeated(small_engine: Engine) -> None:
    """Something long and foreign stays out of the answer."""
    (fault,) = _faults(small_engine, {"findings": {"z" * 5000: True}})
    assert fault == Fault("/findings", "unknown_property", "holds a property that is not known")


def test_every_item_of_a_list_that_is_not_taken_is_named(small_engine: Engine) -> None:
    """A series with two bad numbers comes back with two pointers."""
    faults = _faults(small_engine, {"findings": {"ache": True}, "training": {"km": ["a", 10, 900]}})
    assert [fault.pointer for fault in faults] == ["/training/km/0", "/training/km/2"]


def test_a_known_name_in_the_wrong_part_is_sent_where_it_belongs(small_engine: Engine) -> None:
    """An integrator who puts telemetry among the findings is told which part takes it."""
    assert _faults(small_engine, {"findings": {"ache": True, "km": [1, 2]}}) == (
        Fault("/findings/km", "unknown_property", "belongs in training", "training/km"),
    )


def test_thousands_of_unknown_names_are_told_without_their_nearest(small_engine: Engine) -> None:
    """The nearest of each is looked for among the first few only: it takes long, and a body has room for thousands."""
    names = {f"ach{number}": True for number in range(3000)}
    with pytest.raises(BrokenContract) as refused:
        small_engine.read(json.dumps({"findings": names}).encode())
    assert [fault.nearest for fault in refused.value.faults] == ["ache"] * 20 + [None] * 2980
