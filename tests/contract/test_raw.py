"""Every refusal, byte by byte over a real socket: generated cases send well-formed JSON and never find these."""

from __future__ import annotations

import json
from typing import Any

import pytest

CANARY = "zq9canary"
GOOD = b'{"findings": {"ache": true}}'
JSON = "application/json"


def _problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    """The problem in `answer`, after all that holds for every problem has been checked."""
    assert status == answer.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    problem: dict[str, Any] = answer.json
    assert problem["type"] == f"urn:runner-triage:problem:{slug}"
    assert problem["status"] == status
    assert problem["instance"] == answer.headers["x-request-id"]
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert CANARY not in answer.body.decode()
    return problem


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
def test_what_is_not_one_json_document_is_400(service: Any, name: str) -> None:
    """Bytes that are not one JSON document are refused with 400 and one fault, and never with 500."""
    problem = _problem(service.assess(MALFORMED[name]), 400, "malformed-body")
    assert len(problem["errors"]) == 1
    assert {"pointer", "code", "detail"} <= problem["errors"][0].keys()


def _findings(**sent: Any) -> bytes:
    return json.dumps({"findings": sent}).encode()


BROKEN: dict[str, tuple[bytes, str]] = {
    "an array": (b"[]", ""),
    "a string": (f'"{CANARY}"'.encode(), ""),
    "a number": (b"7", ""),
    "null": (b"null", ""),
    "nothing in it": (b"{}", "/findings"),
    "no finding": (b'{"findings": {}}', "/findings"),
    "only null findings": (b'{"findings": {"ache": null}}', "/findings"),
    "null findings": (b'{"findings": null}', "/findings"),
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
    "no choices": (_findings(where=[]), "/findings/where"),
    "unknown among choices": (_findings(where=["heel", CANARY]), "/findings/where/1"),
    "number among choices": (_findings(where=["heel", 1]), "/findings/where/1"),
    "too many choices": (_findings(where=["heel"] * 100), "/findings/where"),
    "wrong kind of country": (b'{"findings": {"ache": true}, "runner": {"country": 1}}', "/runner/country"),
    "small country": (b'{"findings": {"ache": true}, "runner": {"country": "us"}}', "/runner/country"),
    "long country": (b'{"findings": {"ache": true}, "runner": {"country": "USA"}}', "/runner/country"),
    "country with a line break": (b'{"findings": {"ache": true}, "runner": {"country": "US\\n"}}', "/runner/country"),
    "age over the range": (b'{"findings": {"ache": true}, "runner": {"age_years": 121}}', "/runner/age_years"),
    "series too short": (b'{"findings": {"ache": true}, "training": {"km": [1]}}', "/training/km"),
    "series too long": (b'{"findings": {"ache": true}, "training": {"km": [' + b"1," * 26 + b"1]}}", "/training/km"),
    "null in a series": (b'{"findings": {"ache": true}, "training": {"km": [1, null]}}', "/training/km/1"),
    "text in a series": (b'{"findings": {"ache": true}, "training": {"km": [1, "2"]}}', "/training/km/1"),
    "screen answered with text": (
        b'{"findings": {"ache": true}, "safety_screen": {"none_of_these": "yes"}}',
        "/safety_screen/none_of_these",
    ),
    "10000 deep lists": (b"[" * 10_000 + b"]" * 10_000, ""),
    "10000 deep, never closed": (b"[" * 10_000, ""),
    "10000 deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, ""),
    "10000 deep in a finding": (b'{"findings": {"side": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}", ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_json_that_breaks_the_contract_is_422(service: Any, name: str) -> None:
    """JSON that breaks the contract is refused with 422 at the place of the fault: nothing is coerced or clamped."""
    body, pointer = BROKEN[name]
    answer = service.assess(body)
    if "never closed" in name and answer.status == 400:
        _problem(answer, 400, "malformed-body")
        return
    problem = _problem(answer, 422, "broken-contract")
    assert pointer in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800"])
@pytest.mark.parametrize("around", ['{"findings": {"side": "%s"}}', '{"findings": {"ache%s": true}}', '{"%s": 1}'])
def test_half_a_character_is_refused(service: Any, around: str, text: str) -> None:
    """A lone surrogate is JSON by its grammar and no text in UTF-8: it is refused, and breaks no answer."""
    answer = service.assess((around % text).encode())
    _problem(answer, answer.status, {400: "malformed-body", 422: "broken-contract"}[answer.status])


def test_every_fault_is_named_at_once(service: Any) -> None:
    """A client learns of all faults in one answer."""
    body = _findings(ache="x", pain=99, side="up") + b""
    problem = _problem(service.assess(body), 422, "broken-contract")
    assert [error["pointer"] for error in problem["errors"]] == ["/findings/ache", "/findings/pain", "/findings/side"]


def test_an_unknown_name_is_refused_with_the_nearest(service: Any) -> None:
    """A misspelt symptom is refused, with the name that was meant: ignored, it would be a patient missed."""
    problem = _problem(service.assess(_findings(ache=True, ackhe=True)), 422, "broken-contract")
    assert problem["errors"][0]["nearest"] == "ache"


def test_an_unknown_name_that_is_like_no_other_is_not_repeated(service: Any) -> None:
    """A name that no known name is near to may be anything, so it is not repeated."""
    _problem(service.assess(_findings(**{"ache": True, CANARY: True})), 422, "broken-contract")
    _problem(service.assess(json.dumps({"findings": {"ache": True}, CANARY: {}}).encode()), 422, "broken-contract")


ACCEPTED: dict[str, bytes] = {
    "plain": GOOD,
    "white space around": b" \r\n\t" + GOOD + b" \n",
    "7.0 for an integer": _findings(pain=7.0),
    "null beside a finding": _findings(ache=True, side=None),
    "minus zero": b'{"findings": {"pain": -0}}',
    "edges of a range": _findings(pain=10, temp=30),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_contract_allows_is_answered(service: Any, name: str) -> None:
    """What JSON and the contract allow is answered with 200."""
    answer = service.assess(ACCEPTED[name])
    assert answer.status == 200
    assert answer.headers["content-type"] == JSON
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/plain", "application/xml", "application/msgpack", "application/x-www-form-urlencoded",
     "multipart/form-data; boundary=x", "application/problem+json", "application/jsonx", "application/json; charset=utf-16",
     "application/json; charset=latin-1", "application/json; version=1", "application/json, text/plain", CANARY, "*/*"],
)  # fmt: skip
def test_a_body_not_said_to_be_json_is_415(service: Any, media_type: str | None) -> None:
    """A body that is not said to be JSON in UTF-8 is not read, and the answer says what would be."""
    headers = {} if media_type is None else {"content_type": media_type}
    answer = service.send("POST", "/assess", GOOD, **headers)
    _problem(answer, 415, "unsupported-media-type")
    assert answer.headers["accept"] == JSON


@pytest.mark.parametrize("media_type", [JSON, "Application/JSON", JSON + "; charset=utf-8", JSON + ' ;charset="UTF-8"'])
def test_json_in_utf8_is_taken_however_it_is_written(service: Any, media_type: str) -> None:
    """The media type is compared as HTTP says: without regard to case, blanks or quotes."""
    assert service.assess(GOOD, content_type=media_type).status == 200


def test_two_content_types_are_415(service: Any) -> None:
    """A body that is said to be two things is not guessed at."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\n"
    _problem(service.raw(head + b"Content-Length: 2\r\n\r\n{}"), 415, "unsupported-media-type")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", CANARY])
def test_a_coded_body_is_415(service: Any, coding: str) -> None:
    """A coded body is not decoded: it could grow without limit."""
    answer = service.assess(GOOD, content_encoding=coding)
    _problem(answer, 415, "unsupported-content-coding")
    assert answer.headers["accept-encoding"] == "identity"


def test_identity_is_no_coding(service: Any) -> None:
    """`identity` says that nothing was done to the body."""
    assert service.assess(GOOD, content_encoding="Identity").status == 200


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_413(service: Any) -> None:
    """64 KiB are read; a byte more is not."""
    whole = GOOD + b" " * (65_536 - len(GOOD))
    assert service.assess(whole).status == 200
    _problem(service.assess(whole + b" "), 413, "body-too-large")


@pytest.mark.parametrize("length", ["65537", "99999999999", "18446744073709551615"])
def test_an_announced_length_over_the_limit_is_413_before_the_body(service: Any, length: str) -> None:
    """A body that is announced as too large is refused before any of it comes."""
    answer = service.send("POST", "/assess", content_type=JSON, content_length=length, expect="100-continue")
    _problem(answer, 413, "body-too-large")


def test_a_chunked_body_over_the_limit_is_413(service: Any) -> None:
    """A body of unknown length is measured as it comes."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    _problem(service.raw(head + chunk * 3), 413, "body-too-large")


def test_a_chunked_body_is_read(service: Any) -> None:
    """Chunks are put together again."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = (b"%x\r\n%b\r\n" % (len(part), part) for part in (GOOD[:9], GOOD[9:]))
    assert service.raw(head, *parts, b"0\r\n\r\n", pause=0.05).status == 200


@pytest.mark.parametrize("sent", [b"", GOOD[:7]])
def test_a_body_that_stalls_is_408(service: Any, sent: bytes) -> None:
    """A body that does not arrive in time is given up, and so is its connection."""
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
    answer = service.raw(head + sent)
    _problem(answer, 408, "body-timeout")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "path", ["/", "/" + CANARY, "/assess/" + CANARY, "/health", "/docs/" + CANARY, "/%2e%2e/etc/passwd", "/%ff", "//x"]
)
def test_an_unknown_path_is_404(service: Any, path: str) -> None:
    """A path at which nothing is served is 404, whatever it holds."""
    _problem(service.send("GET", path), 404, "not-found")


@pytest.mark.parametrize("path", ["/knowledge/" + CANARY, "/knowledge/causes/" + CANARY, "/knowledge/CAUSES"])
def test_an_unknown_entry_is_404(service: Any, path: str) -> None:
    """A kind or id that the knowledge does not hold is 404."""
    _problem(service.send("GET", path), 404, "unknown-entry")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_assess_takes_post_alone(service: Any, method: str) -> None:
    """Another method than POST is 405, and `Allow` says which are taken."""
    answer = service.send(method, "/assess")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    if method != "HEAD":
        _problem(answer, 405, "method-not-allowed")


GET_ROUTES = [
    "/knowledge", "/knowledge/causes", "/knowledge/causes/load", "/health/live", "/health/ready", "/metrics",
    "/openapi.yaml", "/openapi.json", "/docs", "/docs/init.js",
]  # fmt: skip


@pytest.mark.parametrize("path", GET_ROUTES)
def test_what_is_read_is_not_written(service: Any, path: str) -> None:
    """POST to what can only be read is 405 with `Allow`, and HEAD gives the head of GET."""
    answer = service.send("POST", path, b"{}", content_type=JSON)
    _problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    got, head = service.send("GET", path), service.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1, */*;q=0", CANARY])
def test_accept_is_never_a_reason_to_refuse(service: Any, accept: str) -> None:
    """The answer is JSON whatever `Accept` says: 406 helps nobody."""
    assert service.assess(GOOD, accept=accept, accept_language="xx").headers["content-type"] == JSON


NO_HTTP: dict[str, bytes] = {
    "no HTTP": b"HELLO " + CANARY.encode() + b"\r\n\r\n",
    "bad length": b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "negative length": b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length and chunks": b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "bad chunk": b"POST /assess HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_bytes_that_are_not_http_are_400(service: Any, name: str) -> None:
    """Even what never reaches the application is refused as a problem."""
    _problem(service.raw(NO_HTTP[name]), 400, "bad-request")


def test_a_head_without_end_is_431(service: Any) -> None:
    """A request's head is measured as it comes."""
    head = b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"".join(b"x-%d: %b\r\n" % (n, b"y" * 1000) for n in range(70))
    _problem(service.raw(head), 431, "head-too-large")


@pytest.mark.parametrize("sent", ["abc", "A.b_c~d-1", "x" * 64])
def test_a_well_formed_request_id_is_echoed_and_logged(service: Any, sent: str) -> None:
    """A client's own request id is found again in the answer and in the log."""
    answer = service.assess(GOOD, x_request_id=sent)
    assert answer.headers["x-request-id"] == sent
    assert service.line(sent)["status"] == 200


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a/b", "a;b", "caf\xe9", '"a"'])
def test_any_other_request_id_is_replaced(service: Any, sent: str) -> None:
    """An id that could forge a log line is not taken over."""
    answer = service.assess(GOOD, x_request_id=sent)
    assert answer.headers["x-request-id"] != sent
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", [*GET_ROUTES, "/nothing"])
def test_every_answer_carries_the_security_headers(service: Any, path: str) -> None:
    """No answer may be sniffed, framed or run."""
    headers = service.send("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["content-language"] == "en"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/knowledge", "/knowledge/causes", "/openapi.yaml", "/openapi.json", "/docs"])
def test_what_does_not_change_is_not_sent_twice(service: Any, path: str) -> None:
    """A client that holds a document gets 304 and no body."""
    first = service.send("GET", path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=300"
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = service.send("GET", path, if_none_match=held)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert service.send("GET", path, if_none_match='"other"').status == 200


def test_pages_of_named_origins_may_call_and_no_others(service: Any) -> None:
    """CORS is for the origins in the settings alone."""
    allowed = service.assess(GOOD, origin="https://app.example")
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in service.assess(GOOD, origin="https://other.example").headers
