"""The reader of requests and the published schema take and refuse the same bodies."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.contract import committed
from service.engine import Engine
from service.errors import BrokenContract
from service.knowledge.yaml_reader import read_yaml

_FEW = settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
_DOCUMENT: Any = read_yaml(committed().decode())
_SCHEMAS = _DOCUMENT["components"]["schemas"]
_PARTS = {"runner": "Runner", "findings": "Findings", "training": "Training", "safety_screen": "SafetyScreen"}
_IS_REQUEST = jsonschema_rs.Draft202012Validator(
    {"$ref": "#/components/schemas/AssessmentRequest", "components": _DOCUMENT["components"]}
).is_valid

_anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([7.0, 0.5, -0.0, 1e300, 10**18, "", "unknown", "US", "us", "left", "true", "7"]),
    st.lists(st.sampled_from([1, 2.5, "heel", "top", None, True]), max_size=3),
    st.just({}),
)


def _edges(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Numbers at, next to and far from the bounds of a schema."""
    low, high = schema["minimum"], schema["maximum"]
    return st.sampled_from([low, high, low - 1, high + 1, (low + high) / 2, float(low), low + 0.5, low - 1e-9, None])


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a property and values that nearly do."""
    if "items" in schema:
        item = _values(schema["items"])
        return st.lists(item, max_size=min(schema["maxItems"], 8) + 1)
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "nothing"])
    if "minimum" in schema:
        return _edges(schema)
    if "pattern" in schema:
        return st.sampled_from(["US", "DE", "us", "USA", "U", "U1", "US\n", "ÜS", None])
    return st.sampled_from([True, False, None])


@st.composite
def _parts(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A part of a request in which most values fit."""
    properties = _SCHEMAS[name]["properties"]
    chosen = draw(st.lists(st.sampled_from(sorted(properties)), max_size=4, unique=True))
    part = {id_: draw(_values(properties[id_])) for id_ in chosen}
    if draw(st.integers(0, 9)) == 0:
        part[draw(st.sampled_from([*chosen, "no_such_name"]))] = draw(_anything)
    return part


_requests = st.fixed_dictionaries(
    {}, optional={part: st.one_of(_parts(name), _parts(name), _anything) for part, name in _PARTS.items()}
) | st.dictionaries(st.sampled_from([*_PARTS, "finding", ""]), _anything, max_size=3)


def _refused(engine: Engine, body: Any) -> list[str]:
    try:
        engine.assess(engine.read(msgspec.json.encode(body)))
    except BrokenContract as refused:
        return [fault.code for fault in refused.faults]
    return []


@_FEW
@given(body=_requests | _anything)
def test_reader_and_schema_agree(engine: Engine, body: Any) -> None:
    """A body is taken exactly where the published schema says that it is valid."""
    assert _IS_REQUEST(body) is (_refused(engine, body) == [])


@pytest.mark.parametrize("part", _PARTS)
def test_reader_and_schema_agree_on_each_property(engine: Engine, part: str) -> None:
    """Each property alone, at its edges and beside them: taken by both or refused by both."""
    odd = [
        None,
        True,
        False,
        0,
        1,
        -1,
        7.0,
        0.5,
        1e300,
        -1e300,
        "",
        "unknown",
        "US",
        "us",
        "US\n",
        [],
        {},
        [1],
        ["heel"],
    ]
    for id_, schema in _SCHEMAS[_PARTS[part]]["properties"].items():
        bounds = {
            bound for one in (schema, schema.get("items", {})) for bound in (one.get("minimum"), one.get("maximum"))
        }
        edges = [edge for bound in bounds - {None} for edge in (bound, bound - 1, bound + 1, bound + 0.5, bound - 0.5)]
        items = [item for item in (*edges, *schema.get("items", {}).get("enum", ())) if item is not None]
        lists = [[item] * count for item in items for count in (1, 2, 26, 27)]
        for value in (*odd, *edges, *schema.get("enum", ()), *lists):
            body = {"findings": {"calf_cramp": True}} | {part: {id_: value}}
            assert _IS_REQUEST(body) is (_refused(engine, body) == []), (id_, value)


def test_every_code_of_a_fault_is_described(engine: Engine) -> None:
    """A client decides by the code of a fault, so the contract lists each that the reader can give."""
    described = set(re.findall(r"`(\w+)`", _SCHEMAS["ProblemError"]["properties"]["code"]["description"]))
    bodies = [
        [],
        {},
        {"findings": {}},
        {"finding": {}, "findings": {"calf_cramp": 1}},
        {"findings": {"calf_cramp": True, "pain_score": 11, "calf_side": "up", "numb_region": []}},
        {"findings": {"calf_cramp": True}, "runner": {"country": "us"}, "training": {"weekly_distance_km": [1] * 40}},
    ]
    given_codes = {code for body in bodies for code in _refused(engine, body)}
    of_bytes = {"too_deep", "empty", "incomplete", "invalid_utf8", "invalid_json", "duplicate_name"}
    assert given_codes == described - of_bytes
