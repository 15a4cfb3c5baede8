"""The request reader and the published schema accept the same bodies."""

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
from service.report import plausibility

_FEW = settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
_DOCUMENT: Any = read_yaml(committed().decode())
_SCHEMAS = _DOCUMENT["components"]["schemas"]
_PARTS = {"runner": "Runner", "findings": "FindingsById", "training": "Training"}
_IDS = _SCHEMAS["FindingId"]["enum"]
_IS_REQUEST = jsonschema_rs.Draft202012Validator(
    {"$ref": "#/components/schemas/AssessmentRequest", "components": _DOCUMENT["components"]}
).is_valid

_anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([7.0, 0.5, -0.0, 1e300, 10**18, "", "unknown", "US", "us", "left", "true", "7"]),
    st.lists(st.sampled_from([1, 2.5, "heel", "top", "calf_cramp", None, True]), max_size=3),
    st.just({}),
)


def _value(property_: dict[str, Any]) -> dict[str, Any]:
    """The schema of a property's value, without null, enum inlined."""
    schema: dict[str, Any] = property_["anyOf"][0]
    if "$ref" in schema:
        schema = _SCHEMAS[schema["$ref"].rpartition("/")[2]]
    if "$ref" in schema.get("items", {}):
        schema = schema | {"items": _SCHEMAS[schema["items"]["$ref"].rpartition("/")[2]]}
    return schema


def _fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema, at and between its limits."""
    if "items" in schema:
        item = _fitting(schema["items"])
        return st.lists(item, min_size=schema.get("minItems", 0), max_size=min(schema["maxItems"], 8))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "minimum" in schema:
        low, high = schema["minimum"], schema["maximum"]
        return st.sampled_from([low, high, float(low), float(high), (low + high) // 2])
    if "pattern" in schema:
        return st.sampled_from(["US", "DE", "XX"])
    return st.booleans()


def _near(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values just outside a schema."""
    if "items" in schema:
        item = _fitting(schema["items"]) | _near(schema["items"])
        return st.lists(item, max_size=min(schema["maxItems"], 8) + 1)
    if "minimum" in schema:
        low, high = schema["minimum"], schema["maximum"]
        return st.sampled_from([low - 1, high + 1, low - 1e-9, low + 0.5, high + 0.5, None])
    return st.sampled_from(["nothing", "us", "USA", "U", "U1", "US\n", "ÜS", 0, 1, "true"])


@st.composite
def _parts(draw: st.DrawFn, name: str, *, is_spoilt: bool) -> dict[str, Any]:
    """A part of a request that fits, or has one misfit."""
    values = {id_: _value(property_) for id_, property_ in _SCHEMAS[name]["properties"].items()}
    chosen = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=5, unique=True))
    part = {id_: draw(st.none() | _fitting(values[id_])) for id_ in chosen}
    if is_spoilt:
        part[chosen[0]] = draw(_near(values[chosen[0]]) | _anything)
        if draw(st.booleans()):
            part[draw(st.sampled_from([*chosen, "no_such_name"]))] = draw(_anything)
    return part


@st.composite
def _requests(draw: st.DrawFn) -> dict[str, Any]:
    """Requests that fit, or in half of the cases may not."""
    chosen = draw(st.lists(st.sampled_from(sorted(_PARTS)), max_size=3, unique=True))
    request: dict[str, Any] = {part: draw(_parts(_PARTS[part], is_spoilt=False)) for part in chosen}
    if draw(st.booleans()):
        request["not_known"] = draw(st.lists(st.sampled_from([*_IDS[:20], "no_such_name", 1, None]), max_size=3))
    if draw(st.booleans()):
        part = draw(st.sampled_from(sorted(_PARTS)))
        request[part] = draw(st.one_of(_parts(_PARTS[part], is_spoilt=True), _anything))
    return request


_odd_shapes = st.dictionaries(st.sampled_from([*_PARTS, "not_known", "finding", ""]), _anything, max_size=3) | _anything


def _refused(engine: Engine, body: Any) -> list[str]:
    try:
        engine.assess(engine.read(msgspec.json.encode(body)))
    except BrokenContract as refused:
        return [fault.code for fault in refused.faults]
    return []


@_FEW
@given(body=_requests() | _odd_shapes)
def test_reader_and_schema_agree(engine: Engine, body: Any) -> None:
    """The reader accepts a body exactly when the published schema does."""
    assert _IS_REQUEST(body) is (_refused(engine, body) == [])


@pytest.mark.parametrize("part", _PARTS)
def test_reader_and_schema_agree_on_each_property(engine: Engine, part: str) -> None:
    """Reader and schema agree on each property alone, at its limits and just outside them."""
    odd: list[Any] = [
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
    for id_, property_ in _SCHEMAS[_PARTS[part]]["properties"].items():
        schema = _value(property_)
        bounds = {
            bound
            for one in (schema, schema.get("items", {}))
            for bound in (one.get("minimum"), one.get("maximum"))
            if bound is not None
        }
        edges = [edge for bound in bounds for edge in (bound, bound - 1, bound + 1, bound + 0.5, bound - 0.5)]
        items = [*edges, *schema.get("items", {}).get("enum", ())]
        lists = [[item] * count for item in items for count in (1, 2, 26, 27)]
        for value in (*odd, *edges, *schema.get("enum", ()), *lists):
            body = {part: {id_: value}}
            assert _IS_REQUEST(body) is (_refused(engine, body) == []), (id_, value)


@pytest.mark.parametrize("place", ["training", "country"])
def test_telemetry_and_country_are_never_refused(engine: Engine, place: str) -> None:
    """The published schema and the reader accept any value for telemetry and country."""
    odd: list[Any] = [None, 0, "x", [], {}, {"no_such_name": 1}, {"cadence_spm": "fast"}]
    for value in odd:
        body = {"training": value} if place == "training" else {"runner": {"country": value}}
        assert _IS_REQUEST(body)
        assert _refused(engine, body) == []


def test_every_code_of_a_fault_is_described(engine: Engine) -> None:
    """The contract lists every code of a fault that the reader can give, because clients branch on it."""
    described = set(re.findall(r"`(\w+)`", _SCHEMAS["ProblemError"]["properties"]["code"]["description"]))
    bodies = [
        [],
        {"findings": []},
        {"finding": {}, "findings": {"calf_cramp": 1, "numb_only_running": True}, "safety_screen": {}},
        {"findings": {"pain_score": 11, "calf_side": "up", "numb_region": ["heel"] * 40}},
    ]
    given_codes = {code for body in bodies for code in _refused(engine, body)}
    elsewhere = {"explain", "unknown_parameter", "too_deep", "too_few_items"}
    not_json = {"empty", "incomplete", "invalid_utf8", "invalid_json", "duplicate_name"}
    assert given_codes == described - elsewhere - not_json


def test_every_code_of_an_ignored_value_is_described() -> None:
    """The contract lists every code of an ignored value, because clients branch on it."""
    described = set(re.findall(r"`(\w+)`", _SCHEMAS["Ignored"]["properties"]["code"]["description"]))
    listed = {mistake for mistakes in plausibility.UNIT_MISTAKES.values() for mistake in mistakes}
    single = {value for value in vars(plausibility).values() if isinstance(value, plausibility.UnitMistake)}
    mistakes = {mistake.code for mistake in listed | single}
    of_values = {"type", "out_of_range", "pattern", "unknown_property", "too_few_items", "too_many_items"}
    assert described == mistakes | of_values | {"contradicts"}
