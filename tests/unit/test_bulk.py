"""Batches: items, lines and arrays."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.bulk.array import COMMAS, MOST, items_of
from service.bulk.items import Item, Items
from service.bulk.lines import Lines
from service.engine import Engine
from service.errors import BrokenContract, MalformedBody
from service.knowledge.knowledge import Knowledge
from service.problems import INTERNAL
from service.report.report import Report

GOOD = b'{"findings": {"ache": true}}'


def test_an_item_is_answered_as_if_alone(small_engine: Engine) -> None:
    """An item has the engine's bytes and the facts for the log."""
    items = Items(small_engine.read, small_engine.answer, 100)
    alone = small_engine.answer(small_engine.read(GOOD))
    item = items.answer(GOOD, "x")
    assert item == Item(alone.body, assessed=alone)
    assert item.line == b'{"status":200,"assessment":' + alone.body + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b'{"findings": {"ache": 1}}', 422), (GOOD.ljust(100), 200), (GOOD.ljust(101), 413)],
)
def test_a_refused_item_has_a_problem_of_its_own(small_engine: Engine, body: bytes, status: int) -> None:
    """The problem of an item names the item and repeats no value."""
    item = Items(small_engine.read, small_engine.answer, 100).answer(body, "batch/7")
    if status == 200:
        assert item.problem is None
    else:
        problem = json.loads(item.body)
        assert (problem["status"], problem["instance"]) == (status, "batch/7")
        assert item.problem is not None
        assert item.assessed is None
        assert item.line == b'{"status":%d,"problem":' % status + item.body + b"}"


def test_an_unexpected_error_fails_one_item(small_engine: Engine) -> None:
    """An unexpected error fails one item with an internal error that has no details."""

    def broken(_: Report) -> None:
        raise ValueError("secret")

    item = Items(small_engine.read, broken, 100).answer(GOOD, "x")  # type: ignore[arg-type]
    assert item.problem is INTERNAL
    assert isinstance(item.error, ValueError)
    assert b"secret" not in item.body


def _cut(parts: list[bytes], limit: int = 50) -> list[bytes]:
    lines = Lines(limit)
    return [line for part in parts for line in lines.feed(part)] + list(lines.end())


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_do_not_depend_on_chunks(lines: list[bytes], data: st.DataObject) -> None:
    """The lines do not depend on the chunks of the stream, and blank lines are skipped."""
    whole = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert _cut(parts) == [line for line in lines if line.strip()]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_line_that_is_too_long_shows_as_one_byte_too_long(size: int) -> None:
    """The rest of an overlong line is dropped, and the next line is complete."""
    stream = b"a" * 10 + b"\n" + b"b" * 11 + b"\n" + b"c" * 500 + b"\nd"
    parts = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert _cut(parts, 10) == [b"a" * 10, b"b" * 11, b"c" * 11, b"d"]


def test_items_of_an_array_are_its_own_bytes() -> None:
    """The items keep their bytes: equal names and numbers too large for a float are left to the item's reader."""
    items = [b'{"a":1,"a":2}', b"1e999", b"[ 1 ]", '"\u00e9"'.encode(), b"null"]
    assert items_of(b" [" + b" , ".join(items) + b"] ") == items


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "empty"), (b"[", "invalid_json"), (b"[1] [2]", "invalid_json"), (b"\xff", "invalid_utf8")],
)
def test_invalid_json_has_no_items(body: bytes, code: str) -> None:
    """An array without an end has no items."""
    with pytest.raises(MalformedBody) as refused:
        items_of(body)
    assert refused.value.fault.code == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "type"),
        (b"[]", "too_few_items"),
        (msgspec.json.encode([1] * (MOST + 1)), "too_many_items"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    ],
    ids=["object", "empty", "many", "deep"],
)
def test_an_array_has_its_own_contract(body: bytes, code: str) -> None:
    """An array has from one to a thousand items."""
    with pytest.raises(BrokenContract) as refused:
        items_of(body)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert len(items_of(msgspec.json.encode([1] * MOST))) == MOST


def test_millions_of_items_are_not_made_to_be_counted() -> None:
    """The number of commas rejects an array that a thousand requests cannot fill."""
    with pytest.raises(BrokenContract) as refused:
        items_of(b"[" + b"1," * 2_000_000 + b"1]")
    assert [fault.code for fault in refused.value.faults] == ["too_many_items"]


def test_a_complete_request_has_fewer_commas(shipped: Knowledge) -> None:
    """A thousand requests with every property stay below the bound on commas."""
    said = sum(1 + max(finding.max_items or 0, len(finding.values)) for finding in shipped.findings.values())
    assert said + 10 < COMMAS  # an id is either answered or in `not_known`


NO_JSON = [
    *(b'{"a":', b'{"a":1} x', b'{"a":1,}', b"{a:1}", b'{"a" 1}', b"{'a':1}", b'{"a":1', b"{1:1}", b"{,}", b"{"),
    *(b"nul", b"True", b"NaN", b"Infinity", b"-", b"+1", b"01", b"1.", b".5", b"1e", b"0x1", b"1 2", b"1_000"),
    *(
        b'"a',
        b'"\x01"',
        b'"\\x"',
        b'"\\u12"',
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b"'a'",
        b"a",
        b"/**/1",
        b"\x00",
    ),
]


@pytest.mark.parametrize("shape", [b"%b", b"[%b]", b'[{"findings":{}},%b]', b'[{"findings":%b}]', b'{"requests":%b}'])
@pytest.mark.parametrize("value", NO_JSON)
def test_a_body_that_is_not_json_is_malformed_wherever_it_stops(value: bytes, shape: bytes) -> None:
    """A body is a broken contract only if it is JSON, as for a single request."""
    with pytest.raises(MalformedBody):
        items_of(shape % value)


def test_commas_that_are_not_json_are_malformed() -> None:
    """The bound on commas applies to JSON arrays only."""
    with pytest.raises(MalformedBody):
        items_of(b"," * (MOST * COMMAS + 1))


def _refuse(_: str) -> None:
    raise ValueError


@settings(max_examples=1_000, deadline=None)
@given(
    st.lists(
        st.sampled_from([bytes([byte]) for byte in b'[]{}:,"01.eE+-\\tn \xff\xc3\xa9'] + [b"true", b'"a":', b"[1"])
    )
)
def test_only_json_is_accepted_as_json(parts: list[bytes]) -> None:
    """A body is malformed exactly if the standard library does not read it as strict JSON."""
    body = b"[" + b"".join(parts) + b"]"
    try:
        json.loads(body.decode(), parse_constant=_refuse)
    except ValueError:
        with pytest.raises(MalformedBody):
            items_of(body)
    else:
        with contextlib.suppress(BrokenContract):
            items_of(body)
