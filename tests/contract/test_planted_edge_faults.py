"""Each fault planted at the edge fails the check of its promise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp

from service.main import compose
from service.model.version import API_VERSION
from service.settings import Settings
from tests.contract.in_process import Exchange, FaultyService, send

_REQUEST_ID = "5f0c2a7e-planted"
_SIGN = "pins_and_needles_in_a_diary"
_COMPLAINT = b'{"findings": {"calf_cramp": true}}'
_PROBLEM = "application/problem+json"


class Client:
    """Send one request at a time to an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        """One response; underscores in header names become hyphens."""
        given = {"x-request-id": _REQUEST_ID, "content-type": "application/json", "accept-encoding": "identity"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return send(self._app, method, path, body, given)

    def assess(self, body: bytes = _COMPLAINT) -> httpx.Response:
        """The response to one assessment."""
        return self.send("POST", "/assess", body)


_TOUR = (("POST", "/assess", _COMPLAINT), ("GET", "/knowledge/levels", b""), ("GET", "/nowhere", b""))


def _headers_are_safe(client: Client) -> None:
    """Every response has its security headers, request id, contract version and language."""
    for method, path, body in _TOUR:
        headers = client.send(method, path, body).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"] == _REQUEST_ID
        assert headers["api-version"] == API_VERSION
        assert headers["content-language"] == "en"
        assert headers["content-type"].partition(";")[0] in {"application/json", _PROBLEM}


def _health_is_not_cached(client: Client) -> None:
    """Caches do not store assessments or refusals."""
    assert client.assess().headers["cache-control"] == "no-store"
    assert client.assess(b"{").headers["cache-control"] == "no-store"


def _no_other_origin_reads(client: Client) -> None:
    """By default a page of another origin cannot read a response."""
    response = client.send("POST", "/assess", _COMPLAINT, origin="https://example.com")
    assert "access-control-allow-origin" not in response.headers


def _problems_are_complete(client: Client) -> None:
    """A problem has the response's status, the request's id and a pointer."""
    response = client.assess(b'{"findings": {"calf_crampp": true}}')
    problem = response.json()
    assert (response.status_code, problem["status"], problem["instance"]) == (422, 422, _REQUEST_ID)
    assert problem["type"] == "urn:runner-triage:problem:broken-contract"
    assert [error["pointer"] for error in problem["errors"]] == ["/findings/calf_crampp"]


def _no_value_is_echoed(client: Client) -> None:
    """A problem does not repeat a value of the request."""
    response = client.assess(json.dumps({"findings": {"calf_cramp": _SIGN}}).encode())
    assert response.status_code == 422
    assert _SIGN not in response.text + str(response.headers)


def _bad_bodies_are_refused(client: Client) -> None:
    """A body outside the contract never gets an assessment."""
    assert client.assess(b'{"findings": ').status_code == 400
    assert client.assess(b'{"findings": {"calf_cramp": true, "calf_cramp": false}}').status_code in {400, 422}
    assert client.assess(b'{"findings": {"pain_score": 11}}').status_code == 422
    assert client.assess(b" " * 100_000 + _COMPLAINT).status_code == 413
    assert client.send("POST", "/assess", _COMPLAINT, content_type="text/plain").status_code == 415
    assert client.send("POST", "/assess?explain=maybe", _COMPLAINT).status_code == 422


def _methods_are_exact(client: Client) -> None:
    """A wrong method gets 405 with `Allow`, an unknown path 404."""
    response = client.send("GET", "/assess")
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    assert client.send("GET", "/nowhere").status_code == 404


def _head_has_the_headers_of_get(client: Client) -> None:
    """HEAD has the headers of GET."""
    head, get = client.send("HEAD", "/knowledge/levels"), client.send("GET", "/knowledge/levels")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


def _documents_are_revalidated(client: Client) -> None:
    """A document has an ETag, which gets a 304 without body."""
    tag = client.send("GET", "/knowledge/levels").headers["etag"]
    same = client.send("GET", "/knowledge/levels", if_none_match=tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)


def _compression_is_negotiated(client: Client) -> None:
    """Only a client that accepts gzip gets it, and `Vary` says so."""
    plain, packed = client.send("GET", "/knowledge"), client.send("GET", "/knowledge", accept_encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert plain.headers["etag"] != packed.headers["etag"]


def _a_batch_keeps_its_order(client: Client) -> None:
    """Each item of an array keeps its place and its own status."""
    items = client.send("POST", "/assess/batch", b"[%s, {}, []]" % _COMPLAINT).json()
    assert [item["status"] for item in items] == [200, 200, 422]
    assert items[0]["assessment"] == client.assess().json()


def _lists_are_whole(client: Client) -> None:
    """A response to a complaint has a level, a fix and questions."""
    assessment = client.assess().json()
    assert assessment["triage"]["level"] in {"self_care", "consultation"}
    assert assessment["fixes"]
    assert assessment["interview"]["groups"]
    assert assessment["interview"]["should_stop"] is False


PROMISES = (
    _headers_are_safe,
    _health_is_not_cached,
    _no_other_origin_reads,
    _problems_are_complete,
    _no_value_is_echoed,
    _bad_bodies_are_refused,
    _methods_are_exact,
    _head_has_the_headers_of_get,
    _documents_are_revalidated,
    _compression_is_negotiated,
    _a_batch_keeps_its_order,
    _lists_are_whole,
)


Fault = Callable[[Exchange], None]


def _drop(name: str) -> Fault:
    def fault(response: Exchange) -> None:
        response.headers.pop(name.encode(), None)

    return fault


def _set(name: str, value: str) -> Fault:
    return lambda response: response.headers.update({name.encode(): value.encode()})


def _status(before: int, after: int) -> Fault:
    def fault(response: Exchange) -> None:
        if response.status == before:
            response.status = after

    return fault


def _problem(**members: Any) -> Fault:
    def fault(response: Exchange) -> None:
        if response.is_problem:
            response.edit(lambda problem: problem.update(members))

    return fault


def _in_assessment(change: Callable[[Any], None]) -> Fault:
    def fault(response: Exchange) -> None:
        if response.is_assessed:
            response.edit(change)

    return fault


def _in_batch(change: Callable[[Any], None]) -> Fault:
    def fault(response: Exchange) -> None:
        if response.path == "/assess/batch" and response.status == 200:
            response.edit(change)

    return fault


def _no_length_for_head(response: Exchange) -> None:
    if response.method == "HEAD":
        response.headers[b"content-length"] = b"0"


def _one_tag(response: Exchange) -> None:
    if b"etag" in response.headers:
        response.headers[b"etag"] = b'"same"'


FAULTS: dict[str, tuple[Fault, Callable[[Client], None]]] = {
    "missing_security_header": (_drop("x-content-type-options"), _headers_are_safe),
    "missing_request_id": (_drop("x-request-id"), _headers_are_safe),
    "another_request_id": (_set("x-request-id", "another"), _headers_are_safe),
    "missing_version": (_drop("api-version"), _headers_are_safe),
    "older_version": (_set("api-version", "1.2.0"), _headers_are_safe),
    "missing_language": (_drop("content-language"), _headers_are_safe),
    "html_in_place_of_json": (_set("content-type", "text/html"), _headers_are_safe),
    "cacheable_health_data": (_set("cache-control", "public, max-age=60"), _health_is_not_cached),
    "readable_by_every_origin": (_set("access-control-allow-origin", "*"), _no_other_origin_reads),
    "refusal_with_200": (_status(422, 200), _bad_bodies_are_refused),
    "malformed_body_accepted": (_status(400, 200), _bad_bodies_are_refused),
    "large_body_accepted": (_status(413, 200), _bad_bodies_are_refused),
    "every_media_type_accepted": (_status(415, 200), _bad_bodies_are_refused),
    "refusal_as_server_error": (_status(422, 500), _problems_are_complete),
    "problem_of_another_status": (_problem(status=400), _problems_are_complete),
    "problem_of_another_request": (_problem(instance="another"), _problems_are_complete),
    "problem_without_its_errors": (_problem(errors=[]), _problems_are_complete),
    "problem_of_no_type": (_problem(type="about:blank"), _problems_are_complete),
    "echoed_health_value": (_problem(detail=f"{_SIGN} is not a boolean"), _no_value_is_echoed),
    "missing_allow": (_drop("allow"), _methods_are_exact),
    "wrong_method_not_found": (_status(405, 404), _methods_are_exact),
    "unknown_path_found": (_status(404, 200), _methods_are_exact),
    "no_length_for_head": (_no_length_for_head, _head_has_the_headers_of_get),
    "missing_tag": (_drop("etag"), _documents_are_revalidated),
    "never_304": (_status(304, 200), _documents_are_revalidated),
    "one_tag_for_both_codings": (_one_tag, _compression_is_negotiated),
    "missing_vary": (_drop("vary"), _compression_is_negotiated),
    "batch_in_another_order": (_in_batch(list.reverse), _a_batch_keeps_its_order),
    "batch_item_of_another_status": (_in_batch(lambda items: items[2].update(status=200)), _a_batch_keeps_its_order),
    "unknown_level": (_in_assessment(lambda it: it["triage"].update(level="fine")), _lists_are_whole),
    "no_questions": (_in_assessment(lambda it: it["interview"].update(groups=[])), _lists_are_whole),
}


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    """The shipped service."""
    return compose(Settings(log_level="error"))


@contextmanager
def _noticed() -> Iterator[None]:
    with pytest.raises((AssertionError, KeyError)):
        yield


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__.strip("_"))
def test_a_promise_holds_without_a_fault(promise: Callable[[Client], None], app: ASGIApp) -> None:
    """The service keeps each promise, so a failing check below is due to the fault."""
    promise(Client(FaultyService(app, lambda _: None)))


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(name: str, app: ASGIApp) -> None:
    """A fault in the responses fails the check of the promise that it breaks."""
    fault, promise = FAULTS[name]
    with _noticed():
        promise(Client(FaultyService(app, fault)))


def test_each_promise_is_broken_by_some_fault() -> None:
    """There are at least 20 faults, and each promise has one."""
    assert len(FAULTS) >= 20
    assert {promise for _, promise in FAULTS.values()} == set(PROMISES)
