"""The typed reader: quick where a request is right, silent where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Finding
from service.report.reader import RequestReader
from service.report.typed import TypedReader


@pytest.fixture
def typed(shipped: Knowledge) -> TypedReader:
    """The quick reader of the shipped vocabulary."""
    return TypedReader(shipped)


@pytest.fixture
def close(shipped: Knowledge) -> RequestReader:
    """The reader that tells every fault."""
    return RequestReader(shipped)


def _body(**parts: Any) -> bytes:
    return json.dumps({"findings": {"calf_cramp": True}} | parts).encode()


@pytest.mark.parametrize(
    "body",
    [
        _body(),
        _body(runner={"age_years": 34, "sex_at_birth": "female", "country": "US"}),
        _body(runner={"age_years": None, "country": None}, training=None, safety_screen=None),
        _body(findings={"calf_cramp": True, "numb_region": ["stocking", "stocking"], "cramp_frequency": "unknown"}),
        _body(findings={"foot_numbness": False, "symptom_days": 6, "calf_cramp": None}),
        _body(training={"weekly_distance_km": [31, 32.5, 40], "run_duration_min": 75}),
        _body(safety_screen={"none_of_these": True, "stroke_signs": None, "dark_urine": False}),
        b' {"findings" : {"calf\\u005fcramp" : true} } ',
    ],
)
def test_it_reads_as_the_close_reader_does(typed: TypedReader, close: RequestReader, body: bytes) -> None:
    """Value by value the same report."""
    report = typed.read(body)
    assert report is not None
    assert report == close.read_closely(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 5_000,
        b"\xff",
        b'{"findings": {}}',
        b'{"findings": {"calf_cramp": null}}',
        b'{"findings": {"calf_cramp": true, "calf_cramp": false}}',
        b'{"findings": {"calf_cramp": true}, "findings": {"calf_cramp": true}}',
        b'{"findings": {"calf_cramp": true}, "surname": 1}',
        _body(findings={"calf_cramp": 1}),
        _body(findings={"calf_cramp": "true"}),
        _body(findings={"calf_cramps": True}),
        _body(findings={"calf_cramp": True, "age_years": 30}),
        _body(findings={"numb_region": []}),
        _body(findings={"numb_region": ["stocking"] * 50}),
        _body(findings=None),
        _body(runner={"country": "US\n"}),
        _body(runner={"country": "us"}),
        _body(runner={"age_years": 34.5}),
        _body(runner={"age_years": -1}),
        _body(training={"weekly_distance_km": []}),
        _body(training={"run_duration_min": 10**400}),
        _body(safety_screen={"none_of_these": "yes"}),
    ],
)
def test_it_says_nothing_of_what_is_wrong(typed: TypedReader, body: bytes) -> None:
    """The close reader tells every fault."""
    assert typed.read(body) is None


def test_every_bound_of_the_vocabulary_is_its_own(shipped: Knowledge, typed: TypedReader) -> None:
    """Of each finding the last value within a bound is read, and the first one beyond it is left."""
    for id_, finding in shipped.findings.items():
        for within, beyond in _bounds(finding):
            read = typed.read(_body(**{finding.place: {id_: within}}))
            assert read is not None, (id_, within)
            assert id_ in read.known, id_
            assert typed.read(_body(**{finding.place: {id_: beyond}})) is None, id_


def _bounds(finding: Finding) -> Iterator[tuple[Any, Any]]:
    """Values at each bound of a finding, each with one beyond it."""
    least, most = finding.minimum, finding.maximum
    if finding.kind == "choices":
        yield list(finding.values[:1]), []
        yield list(finding.values), [*finding.values, finding.values[0]]
    elif least is None or most is None:
        yield (finding.values or (True,))[0], "nothing of the kind"
    elif finding.kind == "series":
        shortest, longest = finding.min_items or 0, finding.max_items or 0
        yield [least] * shortest, [least] * (shortest - 1)
        yield [most] * longest, [most] * (longest + 1)
        yield [least] * longest, [least - 1] * longest
        yield [most] * longest, [most + 1] * longest
    else:
        yield least, least - 1
        yield most, most + 1


def test_what_it_leaves_is_read_closely(close: RequestReader) -> None:
    """Unusual is not wrong: an empty part, or a number that only a float can hold."""
    assert close.read(_body(findings={"symptom_days": 6.0})).known == {"symptom_days": 6}
