"""Each planted drift between service and contract fails one check."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from litestar.types import ASGIApp
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from service.contract import SHIPPED, committed, stale
from service.contract.folder import shown
from service.knowledge.knowledge import Knowledge
from service.knowledge.yaml_reader import read_yaml
from service.main import compose
from service.settings import Settings
from tests.contract.in_process import PROBLEM, Exchange, FaultyService, send

_CONFIG = SHIPPED / "conformance.toml"
_EXAMPLES = SHIPPED / "examples"
_FINDINGS = ("calf_cramp", "pain_score", "calf_side", "numb_region")


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    """The shipped service."""
    return compose(Settings(log_level="error"))


@pytest.fixture(scope="module")
def document() -> Any:
    """The committed contract."""
    return read_yaml(committed().decode())


def _reduced(document: Any, path: str) -> Any:
    """The contract with one path and few findings, for speed."""
    reduced = copy.deepcopy(document)
    reduced["paths"] = {path: reduced["paths"][path]}
    schemas = reduced["components"]["schemas"]
    findings = schemas["FindingsById"]["properties"]
    schemas["FindingsById"]["properties"] = {name: findings[name] for name in _FINDINGS}
    schemas["Training"]["properties"] = dict(list(schemas["Training"]["properties"].items())[:2])
    post = reduced["paths"][path].get("post")
    if post:  # the examples name other findings, and other tests replay them
        post["requestBody"]["content"]["application/json"].pop("examples")
    return reduced


def _failed_checks(document: Any, app: ASGIApp, path: str = "/assess") -> set[str]:
    """The names of the schemathesis checks that fail on one path."""
    config = SchemathesisConfig.from_path(_CONFIG)
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    config.projects.default.generation.update(modes=modes, max_examples=10, deterministic=True)
    config.projects.default.phases.stateful.enabled = False
    config.projects.default.phases.examples.enabled = False  # replayed elsewhere
    schema = schemathesis.openapi.from_dict(_reduced(document, path), config=config)
    schema.app = app
    failed: set[str] = set()
    running = from_schema(schema).execute()
    for event in running:
        assert not isinstance(event, events.FatalError), event
        if isinstance(event, events.ScenarioFinished) and event.status is Status.FAILURE:
            checks = [check for checks in event.recorder.checks.values() for check in checks]
            failed |= {check.name for check in checks if check.status is Status.FAILURE}
            running.stop()
    return failed


def _send(app: ASGIApp, method: str, path: str, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/json", "X-Request-ID": "5f0c2a7e-example"}
    return send(app, method, path, body, headers)


def _differing_examples(app: ASGIApp, folder: Path = _EXAMPLES) -> list[str]:
    """The examples whose response differs from the file."""
    return [
        answer.name
        for answer in sorted(folder.glob("*.response.json"))
        if shown(
            _send(
                app, "POST", "/assess", answer.with_name(answer.name.replace(".response.", ".request.")).read_bytes()
            ).content
        )
        != answer.read_bytes()
    ]


def test_without_a_drift_nothing_is_noticed(app: ASGIApp, document: Any, shipped: Knowledge) -> None:
    """The wrapper without a drift fails no check."""
    same = FaultyService(app)
    assert _failed_checks(document, same) == set()
    assert _failed_checks(document, same, "/knowledge/{kind}") == set()
    assert _differing_examples(same) == []
    assert stale(shipped) == []


def _error_media_type(it: Exchange) -> None:
    if it.headers.get(b"content-type") == PROBLEM:
        it.headers[b"content-type"] = b"application/json"


def _answer_media_type(it: Exchange) -> None:
    if it.is_assessed:
        it.headers[b"content-type"] = b"text/plain"


def _undocumented_status(it: Exchange) -> None:
    if it.is_assessed:
        it.status = 202


def _refusal_of_another_status(it: Exchange) -> None:
    if it.status == 422:
        it.status = 409


def _missing_header(it: Exchange) -> None:
    it.headers.pop(b"x-request-id", None)


def _kept_health_data(it: Exchange) -> None:
    if it.is_assessed:
        it.headers[b"cache-control"] = b"public, max-age=300"


def _missing_property(it: Exchange) -> None:
    if it.is_assessed:
        it.edit(lambda answer: answer["triage"].pop("could_rise_to"))


def _new_level(it: Exchange) -> None:
    if it.is_assessed:
        it.edit(lambda answer: answer["triage"].update(level="see_someone_soon"))


def _number_as_text(it: Exchange) -> None:
    if it.is_assessed:
        it.edit(lambda answer: answer["triage"].update(screen_complete="false"))


def _refusal_without_its_type(it: Exchange) -> None:
    if it.is_problem:
        it.edit(lambda problem: problem.pop("type"))


def _wrong_method_not_found(it: Exchange) -> None:
    if it.status == 405:
        it.status = 404


def _allow_missing(it: Exchange) -> None:
    if it.status == 405:
        it.headers.pop(b"allow")


def _crash_on_one_value(it: Exchange) -> None:
    if it.is_assessed and b"null" in it.asked:
        it.status, it.body = 500, b"Traceback"


def _missing_version(it: Exchange) -> None:
    it.headers.pop(b"api-version", None)


def _good_refused(it: Exchange) -> None:
    if it.is_assessed and b"training" in it.asked:
        refusal = {"type": "urn:runner-triage:problem:broken-contract", "title": "Body breaks the contract"}
        it.status, it.headers[b"content-type"] = 422, PROBLEM
        it.body = json.dumps(refusal | {"status": 422, "detail": "No.", "instance": "a", "errors": []}).encode()


_ANSWERS: Mapping[Callable[[Exchange], None], str] = {
    _error_media_type: "content_type_conformance",
    _answer_media_type: "content_type_conformance",
    _undocumented_status: "status_code_conformance",
    _refusal_of_another_status: "status_code_conformance",
    _missing_header: "response_headers_conformance",
    _missing_version: "response_headers_conformance",
    _kept_health_data: "response_headers_conformance",
    _missing_property: "response_schema_conformance",
    _new_level: "response_schema_conformance",
    _number_as_text: "response_schema_conformance",
    _refusal_without_its_type: "response_schema_conformance",
    _wrong_method_not_found: "unsupported_method",
    _allow_missing: "unsupported_method",
    _crash_on_one_value: "not_a_server_error",
    _good_refused: "positive_data_acceptance",
}


@pytest.mark.parametrize("drift", _ANSWERS, ids=lambda drift: drift.__name__.strip("_"))
def test_a_drift_in_answers_is_noticed(drift: Callable[[Exchange], None], app: ASGIApp, document: Any) -> None:
    """A response that the contract does not describe fails the check for it."""
    assert _ANSWERS[drift] in _failed_checks(document, FaultyService(app, fault=drift))


@cache
def _request_properties() -> frozenset[str]:
    contract: Any = read_yaml(committed().decode())
    return frozenset(contract["components"]["schemas"]["AssessmentRequest"]["properties"])


def _unknown_names_dropped(body: bytes) -> bytes:
    """Read a body like a service that ignores unknown properties."""
    known = _request_properties()
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if isinstance(value, dict):
        value = {name: part for name, part in value.items() if name in known}
    return json.dumps(value).encode()


def _texts_coerced(body: bytes) -> bytes:
    """Read a body like a service that coerces `"true"`, `"7"` and 1."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    for part in value.values() if isinstance(value, dict) else ():
        if isinstance(part, dict):
            for name, one in part.items():
                if not isinstance(one, bool | list | None):
                    part[name] = None
    return json.dumps(value).encode()


def _last_of_equal_names(body: bytes) -> bytes:
    """Read a body like parsers that keep the last equal name."""
    try:
        return json.dumps(json.loads(body)).encode()
    except ValueError:
        return body


@pytest.mark.parametrize("drift", [_unknown_names_dropped, _texts_coerced])
def test_a_drift_in_reading_is_noticed(drift: Callable[[bytes], bytes], app: ASGIApp, document: Any) -> None:
    """A service that accepts a body outside the contract fails the check for it."""
    assert "negative_data_rejection" in _failed_checks(document, FaultyService(app, read=drift))


def test_equal_names_are_noticed_by_the_problem_that_is_replayed(app: ASGIApp) -> None:
    """The example for equal names fails if the service accepts them; no generator writes a name twice."""
    body = b'{"findings": {"calf_cramp": true, "calf_cramp": false}}'
    problem = (_EXAMPLES / "equal_names.problem.json").read_bytes()
    assert shown(_send(app, "POST", "/assess", body).content) == problem
    assert shown(_send(FaultyService(app, read=_last_of_equal_names), "POST", "/assess", body).content) != problem


def _greater_maximum(document: Any) -> None:
    document["components"]["schemas"]["Runner"]["properties"]["age_years"]["anyOf"][0]["maximum"] = 150


def _smaller_maximum(document: Any) -> None:
    document["components"]["schemas"]["Runner"]["properties"]["age_years"]["anyOf"][0]["maximum"] = 40


def _property_renamed(document: Any) -> None:
    answer = document["components"]["schemas"]["Triage"]
    answer["required"].append("urgency")
    answer["properties"]["urgency"] = answer["properties"]["level"]


_DOCUMENTS: Mapping[Callable[[Any], None], str] = {
    _greater_maximum: "positive_data_acceptance",
    _smaller_maximum: "negative_data_rejection",
    _property_renamed: "response_schema_conformance",
}


@pytest.mark.parametrize("drift", _DOCUMENTS, ids=lambda drift: drift.__name__.strip("_"))
def test_a_drift_in_the_document_is_noticed(drift: Callable[[Any], None], app: ASGIApp, document: Any) -> None:
    """A contract that differs from the service fails the check for it."""
    changed = copy.deepcopy(document)
    drift(changed)
    assert changed != document
    assert _DOCUMENTS[drift] in _failed_checks(changed, app)


def test_another_word_in_an_answer_is_noticed_by_its_example(app: ASGIApp) -> None:
    """Other words of advice fail the replayed examples, although they are valid by the schema."""

    def reworded(it: Exchange) -> None:
        if it.is_assessed:
            it.edit(lambda answer: answer["triage"].update(advice="Run on."))

    assert _differing_examples(FaultyService(app, fault=reworded)) != []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of `openapi/` to edit."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "openapi"))


_EDITS = {
    "openapi.yaml": ("openapi.yaml", "maximum: 120", "maximum: 130"),
    "openapi.json": ("openapi.json", '"maximum":120', '"maximum":130'),
    "an answer": ("examples/empty_request.response.json", '"screen_complete": false', '"screen_complete": true'),
    "base.yaml": ("base.yaml", "openapi: 3.1.0", "openapi: 3.1.1"),
}


@pytest.mark.parametrize("name", _EDITS)
def test_an_edited_file_is_noticed(name: str, folder: Path, shipped: Knowledge) -> None:
    """A built file edited by hand, or a source changed without a build, is reported."""
    path, old, new = _EDITS[name]
    text = (folder / path).read_text()
    assert old in text
    (folder / path).write_text(text.replace(old, new, 1))
    assert stale(shipped, folder) == (["openapi.json", "openapi.yaml"] if path == "base.yaml" else [path])


def test_an_example_that_is_lost_or_left_over_is_noticed(folder: Path, shipped: Knowledge) -> None:
    """A response without its request, or a request without its response, is reported."""
    (folder / "examples" / "flat_feet.response.json").unlink()
    shutil.copy(_EXAMPLES / "flat_feet.response.json", folder / "examples" / "left_over.response.json")
    assert stale(shipped, folder) == ["examples/flat_feet.response.json", "examples/left_over.response.json"]
