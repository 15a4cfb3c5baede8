"""The typed reader: quick where a request is right, silent where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.engine.request import RequestReader
from service.engine.typed import TypedReader
from service.knowledge.loader import load

_SHIPPED = load()
_TYPED, _CLOSE = TypedReader(_SHIPPED), RequestReader(_SHIPPED)


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
def test_it_reads_as_the_close_reader_does(body: bytes) -> None:
    """Value by value the same report."""
    typed = _TYPED.read(body)
    assert typed is not None
    assert typed == _CLOSE.read_closely(body)


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
def test_it_says_nothing_of_what_is_wrong(body: bytes) -> None:
    """The close reader tells every fault."""
    assert _TYPED.read(body) is None


def test_what_it_leaves_is_read_closely() -> None:
    """Unusual is not wrong: an empty part, or a number that only a float can hold."""
    assert _CLOSE.read(_body(findings={"symptom_days": 6.0})).known == {"symptom_days": 6}
