"""Bodies at the contract's limits, byte by byte over a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.engine import Engine

CANARY = "zq9canary"
JSON = "application/json"
GOOD = b'{"findings": {"ache": true}}'
NOTHING_READ = {"runner": 0, "findings": 0, "training": 0, "not_known": 0}


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n ",
    "not JSON": b"ache=true",
    "truncated object": b'{"findings": {"ache": true}',
    "truncated string": b'{"findings": {"' + CANARY.encode(),
    "truncated literal": b'{"findings": {"ache": tru',
    "trailing comma": b'{"findings": {"ache": true},}',
    "trailing bytes": GOOD + CANARY.encode(),
    "second document": GOOD + GOOD,
    "trailing NUL": GOOD + b"\0",
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-32": GOOD.decode().encode("utf-32-le"),
    "invalid UTF-8 in a value": b'{"findings": {"side": "\xff' + CANARY.encode() + b'"}}',
    "invalid UTF-8 in a name": b'{"findings": {"\xc3\x28": true}}',
    "overlong UTF-8": b'{"findings": {"side": "\xc0\xaf"}}',
    "surrogate in UTF-8": b'{"findings": {"side": "\xed\xa0\x80"}}',
    "UTF-8 cut off": b'{"findings": {"side": "\xe2\x82"}}',
    "raw control character": b'{"findings": {"side": "a\nb"}}',
    "bad escape": b'{"findings": {"side": "\\x41"}}',
    "short escape": b'{"findings": {"side": "\\u12"}}',
    "NaN": b'{"findings": {"temp": NaN}}',
    "Infinity": b'{"findings": {"temp": Infinity}}',
    "minus Infinity": b'{"findings": {"temp": -Infinity}}',
    "single quotes": b"{'findings': {'ache': true}}",
    "bare name": b"{findings: {ache: true}}",
    "comment": b'{"findings": {"ache": true}} // ' + CANARY.encode(),
    "leading zero": b'{"findings": {"pain": 07}}',
    "plus sign": b'{"findings": {"pain": +7}}',
    "hexadecimal": b'{"findings": {"pain": 0x7}}',
    "bare point": b'{"findings": {"temp": .5}}',
    "name twice": b'{"findings": {"ache": true, "ache": false}}',
    "name twice, equal values": b'{"findings": {"ache": true, "ache": true}}',
    "name twice, once escaped": b'{"findings": {"ache": true, "\\u0061che": false}}',
    "part twice": b'{"findings": {"ache": true}, "findings": {"hot_run": true}}',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_body_that_is_not_one_json_document_is_400(service: Any, name: str) -> None:
    """Bytes that are not one JSON document are refused with 400 and one fault, never with 500."""
    problem = service.assess(MALFORMED[name]).problem(400, "malformed-body")
    assert len(problem["errors"]) == 1
    assert {"pointer", "code", "detail"} <= problem["errors"][0].keys()


def _findings(**sent: Any) -> bytes:
    return json.dumps({"findings": sent}).encode()


BROKEN: dict[str, tuple[bytes, str]] = {
    "an array": (b"[]", ""),
    "a string": (f'"{CANARY}"'.encode(), ""),
    "a number": (b"7", ""),
    "null": (b"null", ""),
    "findings are a list": (b'{"findings": ["ache"]}', "/findings"),
    "text for a yes/no": (_findings(ache=CANARY), "/findings/ache"),
    "'true' for a yes/no": (_findings(ache="true"), "/findings/ache"),
    "1 for a yes/no": (_findings(ache=1), "/findings/ache"),
    "object for a yes/no": (_findings(ache={CANARY: 1}), "/findings/ache"),
    "'7' for an integer": (_findings(pain="7"), "/findings/pain"),
    "true for an integer": (_findings(pain=True), "/findings/pain"),
    "7.5 for an integer": (_findings(pain=7.5), "/findings/pain"),
    "'39' for a number": (_findings(temp="39"), "/findings/temp"),
    "true for a number": (_findings(temp=True), "/findings/temp"),
    "list for a number": (_findings(temp=[39]), "/findings/temp"),
    "too small": (_findings(pain=-1), "/findings/pain"),
    "too large": (_findings(pain=11), "/findings/pain"),
    "just too large": (_findings(temp=45.00001), "/findings/temp"),
    "40 digits": (b'{"findings": {"pain": ' + b"9" * 40 + b"}}", "/findings/pain"),
    "5000 digits": (b'{"findings": {"pain": ' + b"9" * 5000 + b"}}", "/findings/pain"),
    "60000 digits": (b'{"findings": {"pain": ' + b"9" * 60000 + b"}}", "/findings/pain"),
    "1e999": (b'{"findings": {"temp": 1e999}}', "/findings/temp"),
    "-1e999": (b'{"findings": {"temp": -1e999}}', "/findings/temp"),
    "unknown choice": (_findings(side=CANARY), "/findings/side"),
    "choice in capitals": (_findings(side="LEFT"), "/findings/side"),
    "choice with a line break": (_findings(side="left\n"), "/findings/side"),
    "number for a choice": (_findings(side=1), "/findings/side"),
    "text for choices": (_findings(where="heel"), "/findings/where"),
    "unknown among choices": (_findings(where=["heel", CANARY]), "/findings/where/1"),
    "number among choices": (_findings(where=["heel", 1]), "/findings/where/1"),
    "too many choices": (_findings(where=["heel"] * 100), "/findings/where"),
    "age over the range": (b'{"findings": {"ache": true}, "runner": {"age_years": 121}}', "/runner/age_years"),
    "member of an earlier contract": (b'{"findings": {"ache": true}, "safety_screen": {}}', "/safety_screen"),
    "not known as an object": (b'{"findings": {"ache": true}, "not_known": {}}', "/not_known"),
    "unknown id as not known": (b'{"findings": {"ache": true}, "not_known": ["sign_77"]}', "/not_known/0"),
    "10000 deep lists": (b"[" * 10_000 + b"]" * 10_000, ""),
    "10000 deep, never closed": (b"[" * 10_000, ""),
    "10000 deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, ""),
    "10000 deep in a finding": (b'{"findings": {"side": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}", ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_json_that_breaks_the_contract_is_422(service: Any, name: str) -> None:
    """JSON that violates the contract gets 422 with the place of the fault; no value is coerced or clamped."""
    body, pointer = BROKEN[name]
    answer = service.assess(body)
    if "never closed" in name and answer.status == 400:
        answer.problem(400, "malformed-body")
        return
    problem = answer.problem(422, "broken-contract")
    assert pointer in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800"])
@pytest.mark.parametrize("around", ['{"findings": {"side": "%s"}}', '{"findings": {"ache%s": true}}', '{"%s": 1}'])
def test_half_a_character_is_refused(service: Any, around: str, text: str) -> None:
    """A lone surrogate is refused: JSON's grammar allows it, UTF-8 does not."""
    answer = service.assess((around % text).encode())
    answer.problem(answer.status, {400: "malformed-body", 422: "broken-contract"}[answer.status])


def test_every_fault_is_named_at_once(service: Any) -> None:
    """One problem lists all faults."""
    body = _findings(ache="x", pain=99, side="up") + b""
    problem = service.assess(body).problem(422, "broken-contract")
    assert [error["pointer"] for error in problem["errors"]] == ["/findings/ache", "/findings/pain", "/findings/side"]


def test_an_unknown_name_is_refused_with_the_nearest(service: Any) -> None:
    """A misspelt symptom is refused with the nearest name, because ignoring it could hide a red flag."""
    problem = service.assess(_findings(ache=True, ackhe=True)).problem(422, "broken-contract")
    assert problem["errors"][0]["nearest"] == "ache"


@pytest.mark.parametrize("part", ["", "/findings", "/runner"])
@pytest.mark.parametrize("name", ["zq9 kanary", "Zq9kanary", "9kanary", "kanary/", "zq9kanary" * 8])
def test_an_unknown_name_that_is_no_id_is_not_repeated(service: Any, part: str, name: str) -> None:
    """The problem does not repeat a name without the form of an id; its pointer ends at the parent."""
    answer = service.assess(_with_unknown_name(part, name))
    (error,) = answer.problem(422, "broken-contract")["errors"]
    assert error == {"pointer": part, "code": "unknown_property", "detail": "the name is not known"}
    assert "kanary" not in answer.body.decode().lower()


@pytest.mark.parametrize("part", ["", "/findings", "/runner"])
def test_an_unknown_name_that_is_an_id_is_in_the_pointer_only(service: Any, part: str) -> None:
    """The pointer contains an unknown id, so that a client of a newer instance can remove it and retry."""
    answer = service.assess(_with_unknown_name(part, "zq9kanary"))
    (error,) = answer.problem(422, "broken-contract")["errors"]
    assert error == {"pointer": f"{part}/zq9kanary", "code": "unknown_property", "detail": "the name is not known"}
    assert answer.body.count(b"kanary") == 1


def _with_unknown_name(part: str, name: str) -> bytes:
    request: dict[str, Any] = {"findings": {"ache": True}, "runner": {}}
    (request[part[1:]] if part else request)[name] = 7
    return json.dumps(request).encode()


EMPTY: dict[str, bytes] = {
    "nothing in it": b"{}",
    "no finding": b'{"findings": {}}',
    "only null findings": b'{"findings": {"COMPLAINT": null}}',
    "null findings": b'{"findings": null}',
    "null parts": b'{"runner": null, "findings": null, "training": null, "not_known": null}',
    "empty parts": b'{"runner": {}, "findings": {}, "training": {}, "not_known": []}',
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_request_without_a_value_is_answered(service: Any, name: str) -> None:
    """A request without a value is valid; no finding is read, ignored or ruled out, and questions follow."""
    answer = service.assess(EMPTY[name].replace(b"COMPLAINT", b"ache"))
    assert answer.status == 200
    assert answer.headers["content-type"] == JSON
    assessment = answer.json
    assert assessment["received"] == NOTHING_READ
    assert assessment["ignored"] == []
    assert assessment["triage"]["level"] == "consultation"
    assert assessment["triage"]["screen_complete"] is False
    assert assessment["interview"]["should_stop"] is False


@pytest.mark.parametrize("name", EMPTY)
def test_a_request_without_a_value_is_asked_for_the_complaint(engine: Engine, name: str) -> None:
    """With the shipped knowledge, the first group asks for all complaints."""
    body = EMPTY[name].replace(b"COMPLAINT", b"calf_cramp")
    first = json.loads(engine.answer(engine.read(body)).body)["interview"]["groups"][0]
    assert first["id"] == "complaint"
    assert {"calf_cramp", "foot_numbness"} <= {item["id"] for item in first["items"]}


def _beside_ache(**parts: Any) -> bytes:
    return json.dumps({"findings": {"ache": True}, **parts}).encode()


IGNORED: dict[str, tuple[bytes, str, str]] = {
    "wrong kind of country": (_beside_ache(runner={"country": 1}), "/runner/country", "type"),
    "object for a country": (_beside_ache(runner={"country": {CANARY: CANARY}}), "/runner/country", "type"),
    "small country": (_beside_ache(runner={"country": "us"}), "/runner/country", "pattern"),
    "country with a line break": (_beside_ache(runner={"country": "US\n"}), "/runner/country", "pattern"),
    "text for a country": (_beside_ache(runner={"country": CANARY}), "/runner/country", "pattern"),
    "number for telemetry": (_beside_ache(training=7), "/training", "type"),
    "text for telemetry": (_beside_ache(training=CANARY), "/training", "type"),
    "list for telemetry": (_beside_ache(training=[CANARY]), "/training", "type"),
    "text for a series": (_beside_ache(training={"km": CANARY}), "/training/km", "type"),
    "object for a series": (_beside_ache(training={"km": {CANARY: 1}}), "/training/km", "type"),
    "short series": (_beside_ache(training={"km": [1]}), "/training/km", "too_few_items"),
    "long series": (_beside_ache(training={"km": [1] * 27}), "/training/km", "too_many_items"),
    "text in a series": (_beside_ache(training={"km": [1, CANARY]}), "/training/km", "type"),
    "true in a series": (_beside_ache(training={"km": [1, True]}), "/training/km", "type"),
    "null in a series": (_beside_ache(training={"km": [1, None]}), "/training/km", "type"),
    "too large in a series": (_beside_ache(training={"km": [1, 987654]}), "/training/km", "out_of_range"),
    "1e999 in a series": (
        b'{"findings": {"ache": true}, "training": {"km": [1, 1e999]}}',
        "/training/km",
        "out_of_range",
    ),
    "5000 digits in a series": (
        b'{"findings": {"ache": true}, "training": {"km": [1, ' + b"9" * 5000 + b"]}}",
        "/training/km",
        "out_of_range",
    ),
    "unknown telemetry": (_beside_ache(training={"zq9": 987654}), "/training/zq9", "unknown_property"),
    "unknown telemetry, not an id": (_beside_ache(training={CANARY + " 1": 7}), "/training", "unknown_property"),
    "a finding as telemetry": (_beside_ache(training={"sign_1": True}), "/training/sign_1", "unknown_property"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_a_faulty_country_or_telemetry_is_ignored_and_listed(service: Any, name: str) -> None:
    """A faulty country or telemetry is listed without its value; the rest is assessed as if alone."""
    body, pointer, code = IGNORED[name]
    answer = service.assess(body)
    assert answer.status == 200
    ((listed_pointer, listed_code, detail),) = [entry.values() for entry in answer.json["ignored"]]
    assert (listed_pointer, listed_code) == (pointer, code)
    for value in (CANARY, "987654", "99999"):
        assert value not in answer.body.decode()
    assert detail
    assert answer.json | {"ignored": []} == service.assess(GOOD).json


ACCEPTED: dict[str, bytes] = {
    "plain": GOOD,
    "white space around": b" \r\n\t" + GOOD + b" \n",
    "7.0 for an integer": _findings(pain=7.0),
    "null beside a finding": _findings(ache=True, side=None),
    "minus zero": b'{"findings": {"pain": -0}}',
    "edges of a range": _findings(pain=10, temp=30),
    "no choices": _findings(where=[]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_valid_body_is_answered(service: Any, name: str) -> None:
    """A body that JSON and the contract allow gets 200."""
    answer = service.assess(ACCEPTED[name])
    assert answer.status == 200
    assert answer.headers["content-type"] == JSON
    assert answer.headers["cache-control"] == "no-store"


def test_an_empty_list_of_choices_is_the_answer_none(service: Any) -> None:
    """An empty list means that none of the choices applies, and the question is not asked again."""
    assessment = service.assess(_findings(where=[])).json
    assert assessment["received"] == NOTHING_READ | {"findings": 1}
    assert assessment["ignored"] == []
    asked = [item["id"] for group in assessment["interview"]["groups"] for item in group["items"]]
    assert "side" in asked
    assert "where" not in asked


def test_an_interrupted_body_is_not_logged_as_invalid(service: Any) -> None:
    """The log distinguishes a client that disconnects in a body from one that sends invalid JSON."""
    connection = service.connect()
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Request-ID: left\r\n"
    connection.sendall(head + b"Content-Length: %d\r\n\r\n%b" % (len(GOOD), GOOD[:9]))
    connection.close()
    assert service.line("left")["problem"] == "incomplete-body"
