"""The request reader: strict, all faults at once, no value repeated."""

from __future__ import annotations

import contextlib
import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BrokenContract, Fault, MalformedBody
from service.knowledge.schema.findings import Finding, Retired
from service.report.reader import RequestReader
from service.report.report import Dropped, ReceivedCounts, Report

_ASK = "How is it?"
_law = settings(max_examples=200, derandomize=True, database=None, deadline=None)


class _Names(NamedTuple):
    """The part of the knowledge that a reader needs."""

    findings: dict[str, Finding]
    retired: dict[str, Retired]


_KNOWLEDGE = _Names(
    findings={
        "age_years": Finding(question=_ASK, kind="integer", place="runner", minimum=0, maximum=120),
        "ache": Finding(question=_ASK, kind="boolean"),
        "hot_run": Finding(question=_ASK, kind="boolean"),
        "side": Finding(question=_ASK, kind="choice", values=("left", "right", "unknown")),
        "where": Finding(question=_ASK, kind="choices", values=("heel", "toes", "sole")),
        "pain": Finding(question=_ASK, kind="integer", minimum=0, maximum=10),
        "km": Finding(
            question=_ASK, kind="series", place="training", minimum=0, maximum=500, min_items=2, max_items=26
        ),
        "speed": Finding(question=_ASK, kind="number", place="training", minimum=0.5, maximum=8),
    },
    retired={
        "safety_screen": Retired(code="removed", detail="send each answer as a finding"),
        "old_ache": Retired(code="renamed", detail="send ache", instead="ache"),
    },
)


@pytest.fixture
def reader() -> RequestReader:
    """The reader of the small vocabulary."""
    return RequestReader(_KNOWLEDGE)


def _faults(reader: RequestReader, body: bytes | dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(BrokenContract) as refused:
        reader.read(body if isinstance(body, bytes) else json.dumps(body).encode())
    return refused.value.faults


def test_a_report_is_read_from_all_parts(reader: RequestReader) -> None:
    """The findings of all parts form one report; null and "unknown" mean "not sent"."""
    body = {
        "runner": {"age_years": 34, "country": "US"},
        "findings": {"ache": True, "hot_run": None, "side": "unknown", "where": ["heel"], "pain": 7.0},
        "training": {"km": [30, 31.5], "speed": None},
        "not_known": ["hot_run", "side", "hot_run"],
    }
    assert reader.read(json.dumps(body).encode()) == Report(
        known={"age_years": 34, "ache": True, "where": frozenset({"heel"}), "pain": 7, "km": (30, 31.5)},
        not_known=frozenset({"hot_run", "side"}),
        country="US",
        received=ReceivedCounts(runner=2, findings=4, training=1, not_known=3),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b' {"findings": {}} ',
        b'{"runner": null, "findings": null, "training": null, "not_known": null}',
        b'{"runner": {"age_years": null, "country": null}, "findings": {"ache": null}, "not_known": []}',
    ],
)
def test_every_part_is_optional(reader: RequestReader, body: bytes) -> None:
    """An empty request is valid: null means "not sent", for a part and for a value."""
    assert reader.read(body) == Report(known={})


def test_an_empty_list_answers_a_choices_finding_with_none(reader: RequestReader) -> None:
    """An empty list is an answer, unlike null."""
    assert reader.read(b'{"findings": {"where": []}}').known == {"where": frozenset()}


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
            b'{"training": {"km": {"a": 1, "a": 2}}}',
            Fault("", "duplicate_name", "an object gives one name twice"),
        ),
        (
            b'{"findings": {"ache": true, "\\u0061che": false}}',
            Fault("", "duplicate_name", "an object gives one name twice"),
        ),
    ],
)
def test_a_body_that_is_not_one_json_document_is_malformed(reader: RequestReader, body: bytes, fault: Fault) -> None:
    """Each way of not being JSON has a code, with the byte if known; so has a duplicate name."""
    with pytest.raises(MalformedBody) as refused:
        reader.read(body)
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"findings": {"ache": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}}",
        b'{"findings": {"pain": 1e999, "ache": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"training": {"km": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
    ids=["lists", "objects", "after a number that no float holds", "in telemetry"],
)
def test_deep_nesting_breaks_the_contract(reader: RequestReader, body: bytes) -> None:
    """Nesting deeper than any request is refused before it exhausts the stack."""
    assert _faults(reader, body) == (Fault("", "too_deep", "is nested deeper than any request"),)


@pytest.mark.parametrize("body", [b"[]", b"7", b'"a:b"', b"null", b'[{"a": 1}]'])
def test_a_body_that_is_not_an_object_breaks_the_contract(reader: RequestReader, body: bytes) -> None:
    """JSON of another shape is a broken contract, not malformed."""
    assert _faults(reader, body) == (Fault("", "type", "must be an object"),)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"findings": []}, Fault("/findings", "type", "must be an object")),
        ({"runner": 7}, Fault("/runner", "type", "must be an object")),
        ({"findings": {"ache": "yes"}}, Fault("/findings/ache", "type", "must be true, false or null")),
        ({"findings": {"ache": 1}}, Fault("/findings/ache", "type", "must be true, false or null")),
        ({"findings": {"pain": True}}, Fault("/findings/pain", "type", "must be a whole number")),
        (
            {"findings": {"achee": True}},
            Fault("/findings/achee", "unknown_property", "the name is not known; the nearest is ache", "ache"),
        ),
        (
            {"findings": {"achee": None}},
            Fault("/findings/achee", "unknown_property", "the name is not known; the nearest is ache", "ache"),
        ),
        (
            {"findings": {"Hot Run": True}},
            Fault("/findings", "unknown_property", "the name is not known; the nearest is hot_run", "hot_run"),
        ),
        (
            {"findings": {"brand_new_finding": True}},
            Fault("/findings/brand_new_finding", "unknown_property", "the name is not known"),
        ),
        (
            {"findings": {"Zoe's knee": True}},
            Fault("/findings", "unknown_property", "the name is not known"),
        ),
        (
            {"findingz": {}},
            Fault("/findingz", "unknown_property", "the name is not known; the nearest is findings", "findings"),
        ),
        ({"findings": {"training": {}}}, Fault("/findings/training", "unknown_property", "the name is not known")),
        ({"xyz": {}}, Fault("/xyz", "unknown_property", "the name is not known")),
        ({"ache": True}, Fault("/ache", "unknown_property", "belongs in findings", "findings/ache")),
        (
            {"findings": {"km": [1, 2]}},
            Fault("/findings/km", "unknown_property", "belongs in training", "training/km"),
        ),
        (
            {"runner": {"ache": True}},
            Fault("/runner/ache", "unknown_property", "belongs in findings", "findings/ache"),
        ),
        (
            {"findings": {"country": "US"}},
            Fault("/findings/country", "unknown_property", "belongs in runner", "runner/country"),
        ),
        ({"safety_screen": {"q": True}}, Fault("/safety_screen", "removed", "send each answer as a finding")),
        ({"findings": {"old_ache": True}}, Fault("/findings/old_ache", "renamed", "send ache", "ache")),
        ({"not_known": "ache"}, Fault("/not_known", "type", "must be a list of finding ids")),
        ({"not_known": {"ache": True}}, Fault("/not_known", "type", "must be a list of finding ids")),
        ({"not_known": ["ache", None]}, Fault("/not_known/1", "type", "must be the id of a finding")),
        ({"not_known": [["ache"]]}, Fault("/not_known/0", "type", "must be the id of a finding")),
        (
            {"not_known": ["achee"]},
            Fault("/not_known/0", "unknown_property", "the name is not known; the nearest is ache", "ache"),
        ),
        ({"not_known": ["old_ache"]}, Fault("/not_known/0", "renamed", "send ache", "ache")),
        (
            {"not_known": ["age_years"]},
            Fault("/not_known/0", "unknown_property", "belongs in runner", "runner/age_years"),
        ),
    ],
)
def test_a_fault_has_a_pointer_a_code_and_a_reason(reader: RequestReader, body: dict[str, Any], fault: Fault) -> None:
    """The pointer contains a name only if it has the form of an id; a client can remove it."""
    assert _faults(reader, body) == (fault,)


def test_all_faults_are_reported_at_once(reader: RequestReader) -> None:
    """One response lists all faults, part by part."""
    body = {
        "extra": 1,
        "findings": {"ache": 1, "pain": 11, "where": ["heel", 1, "x"]},
        "runner": {"age_years": -1},
        "not_known": [1],
        "training": 5,
    }
    assert [fault.pointer for fault in _faults(reader, body)] == [
        "/extra",
        "/runner/age_years",
        "/findings/ache",
        "/findings/pain",
        "/findings/where/1",
        "/findings/where/2",
        "/not_known/0",
    ]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 400, b"1" + b"0" * 5000])
def test_a_number_that_no_float_holds_is_out_of_range(reader: RequestReader, number: bytes) -> None:
    """A huge number is JSON, and the range refuses it."""
    (fault,) = _faults(reader, b'{"findings": {"pain": ' + number + b"}}")
    assert fault == Fault("/findings/pain", "out_of_range", "must be from 0 to 10")


def test_colons_within_strings_do_not_matter(reader: RequestReader) -> None:
    """The number of colons only decides whether to look for duplicate names."""
    (fault,) = _faults(reader, b'{"findings": {"ache": "a:b"}}')
    assert fault == Fault("/findings/ache", "type", "must be true, false or null")


def test_a_long_name_is_not_repeated(reader: RequestReader) -> None:
    """A name longer than any id is not in the response."""
    (fault,) = _faults(reader, {"findings": {"z" * 65: True}})
    assert fault == Fault("/findings", "unknown_property", "the name is not known")


def test_of_thousands_of_unknown_names_the_first_have_a_nearest(reader: RequestReader) -> None:
    """At most 20 unknown names get a nearest name, because the search is slow and a body holds thousands."""
    faults = _faults(reader, {"findings": {f"ach{number}": True for number in range(3000)}})
    assert [fault.nearest for fault in faults] == ["ache"] * 20 + [None] * 2980


@pytest.mark.parametrize(
    ("country", "dropped"),
    [
        ("us", Dropped("/runner/country", "pattern", "must be two capital letters, an ISO 3166-1 alpha-2 code")),
        (["US"], Dropped("/runner/country", "type", "must be a string")),
    ],
)
def test_a_wrong_country_is_dropped(reader: RequestReader, country: object, dropped: Dropped) -> None:
    """The country only selects an emergency number, so a wrong one does not reject the request."""
    report = reader.read(json.dumps({"runner": {"country": country, "age_years": 30}}).encode())
    assert (report.country, report.ignored, report.received.runner) == (None, (dropped,), 1)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@_law
@given(st.dictionaries(st.sampled_from([*_KNOWLEDGE.findings, "country", "x", "Not an id"]), _JSON), _JSON, _JSON)
def test_any_json_is_read_or_refused_on_purpose(values: dict[str, Any], training: object, not_known: object) -> None:
    """Any JSON value gives a report or faults, never another error."""
    reader = RequestReader(_KNOWLEDGE)
    body = {"findings": values, "runner": values, "training": training, "not_known": not_known}
    known: set[str] = set()
    with contextlib.suppress(BrokenContract):
        known = set(reader.read(json.dumps(body).encode()).known)
    assert known <= set(_KNOWLEDGE.findings)


_MARK = "qzjqzjqzj"
_SECRETS = st.sampled_from([_MARK, 987654321, -987654321.25, [_MARK], [987654321], {_MARK: _MARK}, {"a": 987654321}])


@_law
@given(
    st.dictionaries(st.sampled_from([*_KNOWLEDGE.findings, "country", "x"]), _SECRETS, min_size=1),
    st.dictionaries(st.sampled_from([*_KNOWLEDGE.findings, "country", "x"]), _SECRETS, min_size=1),
)
def test_no_value_of_a_request_is_repeated(findings: dict[str, Any], training: dict[str, Any]) -> None:
    """Faults and ignored values describe the accepted values; the sent values may be health data."""
    reader = RequestReader(_KNOWLEDGE)
    faults = _faults(reader, {"findings": findings, "runner": findings, "training": training})
    ignored = reader.read(json.dumps({"runner": {"country": _MARK}, "training": training}).encode()).ignored
    assert len(ignored) == 1 + len(training)
    for text in (repr(faults), repr(ignored)):
        assert _MARK not in text
        assert "98765" not in text
