"""Every example is true: the service returns the responses of the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from service.contract import SHIPPED, committed
from service.contract.folder import shown
from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.yaml_reader import read_yaml
from service.main import compose
from service.model.scales import Level
from service.problems import KINDS, body_of
from service.settings import Settings
from service.web.outer_middleware import OuterMiddleware
from tests.contract.conversation import NAMES, requests
from tests.contract.in_process import send

_FOLDER = SHIPPED / "examples"
_INSTANCE = "5f0c2a7e-example"
_JSON = {"Content-Type": "application/json"}
_GOOD = b'{"findings": {"calf_cramp": true}}'
_NAMES = {
    kind: sorted(file.name.removesuffix(f".{kind}.json") for file in _FOLDER.glob(f"*.{kind}.json"))
    for kind in ("request", "response", "problem")
}


@dataclass(frozen=True)
class Provoked:
    """A request that the service refuses and an example file cannot hold."""

    method: str = "POST"
    path: str = "/assess"
    body: bytes = _GOOD
    headers: dict[str, str] = field(default_factory=lambda: dict(_JSON))


_PROVOKED = {
    "malformed_body": Provoked(body=b"calf_cramp=true"),
    "equal_names": Provoked(body=b'{"findings": {"calf_cramp": true, "calf_cramp": false}}'),
    "body_too_large": Provoked(body=b" " * 65_537),
    "unsupported_media_type": Provoked(headers={"Content-Type": "text/plain"}),
    "unsupported_content_coding": Provoked(headers=_JSON | {"Content-Encoding": "gzip"}),
    "not_found": Provoked("GET", "/nothing", b"", {}),
    "unknown_entry": Provoked("GET", "/knowledge/causes/nothing", b"", {}),
    "method_not_allowed": Provoked("GET", "/assess", b"", {}),
    "invalid_query": Provoked(path="/assess?explian=full"),
}
# Sent by the server below the application, or during a stop; `test_raw.py` and others provoke them.
_NOT_HERE = {
    "bad_request",
    "head_too_large",
    "request_timeout",
    "body_timeout",
    "internal_error",
    "unavailable",
    "overloaded",
    "unsupported_transfer_coding",
    "unsupported_http_version",
}
# The key of an installation with keys and limits, after its one request of the day.
_GUARDED = {"unauthorized": "stranger", "forbidden": "revoked", "rate_limited": "good"}


@pytest.fixture(scope="module")
def app() -> OuterMiddleware:
    """The shipped service."""
    return compose(Settings(log_level="error"))


@pytest.fixture(scope="module")
def document() -> Any:
    """The committed contract."""
    return read_yaml(committed().decode())


@pytest.fixture(scope="module")
def validator_of(document: Any) -> Callable[[str], jsonschema_rs.Draft202012Validator]:
    """Make a validator of one published schema."""

    def make(name: str) -> jsonschema_rs.Draft202012Validator:
        reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        return jsonschema_rs.Draft202012Validator(reference)

    return make


def _send(app: OuterMiddleware, sent: Provoked) -> httpx.Response:
    return send(app, sent.method, sent.path, sent.body, sent.headers | {"X-Request-ID": _INSTANCE})


def _read(name: str) -> bytes:
    return (_FOLDER / f"{name}.json").read_bytes()


def _answers() -> dict[str, Any]:
    return {name: json.loads(_read(f"{name}.response")) for name in _NAMES["response"]}


def test_there_are_enough_pairs() -> None:
    """At least twenty pairs exist, and each request has a response or a problem."""
    assert len(_NAMES["response"]) >= 20
    assert set(_NAMES["request"]) <= {*_NAMES["response"], *_NAMES["problem"]}
    assert set(_NAMES["response"]) <= set(_NAMES["request"])


@pytest.mark.parametrize("name", _NAMES["response"])
def test_an_answer_is_replayed_byte_for_byte(name: str, app: OuterMiddleware) -> None:
    """The response to an example request equals its file byte for byte, after indentation."""
    response = _send(app, Provoked(body=_read(f"{name}.request")))
    assert response.status_code == 200
    assert shown(response.content) == _read(f"{name}.response")


@pytest.mark.parametrize("name", _NAMES["response"])
def test_an_example_fits_the_published_schemas(
    name: str, validator_of: Callable[[str], jsonschema_rs.Draft202012Validator]
) -> None:
    """Request and response of a pair are valid by the contract alone."""
    validator_of("AssessmentRequest").validate(json.loads(_read(f"{name}.request")))
    validator_of("Assessment").validate(json.loads(_read(f"{name}.response")))


@pytest.mark.parametrize("name", _NAMES["problem"])
def test_a_problem_fits_the_published_schema(
    name: str, validator_of: Callable[[str], jsonschema_rs.Draft202012Validator]
) -> None:
    """A problem is valid by the contract, and the request that it refuses is not."""
    validator_of("Problem").validate(json.loads(_read(f"{name}.problem")))
    if name in _NAMES["request"]:
        assert not validator_of("AssessmentRequest").is_valid(json.loads(_read(f"{name}.request")))


@pytest.mark.parametrize("name", [name for name in _NAMES["problem"] if name not in {*_NOT_HERE, *_GUARDED}])
def test_a_problem_is_replayed_byte_for_byte(name: str, app: OuterMiddleware) -> None:
    """The response to a refused request equals its file byte for byte, after indentation."""
    sent = _PROVOKED.get(name) or Provoked(body=_read(f"{name}.request"))
    response = _send(app, sent)
    problem = _read(f"{name}.problem")
    assert shown(response.content) == problem
    assert response.status_code == json.loads(problem)["status"]
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", _GUARDED)
def test_a_problem_of_access_is_replayed_byte_for_byte(name: str, tmp_path: Path) -> None:
    """With keys and limits, the refusals equal their files byte for byte."""
    good, revoked = (hashlib.sha256(key).hexdigest() for key in (b"good", b"revoked"))
    keys = tmp_path / "keys.yaml"
    keys.write_text(
        f"partners: {{one: {{keys: {{k1: {{sha256: {good}}}, k0: {{sha256: {revoked}, revoked: true}}}}}}}}"
    )
    guarded = compose(Settings(log_level="error", keys=str(keys), rate_limit="1/day"))
    assert _send(guarded, Provoked(headers=_JSON | {"Authorization": "Bearer good"})).status_code == 200
    refused = _send(guarded, Provoked(headers=_JSON | {"Authorization": f"Bearer {_GUARDED[name]}"}))
    assert shown(refused.content) == _read(f"{name}.problem")
    assert refused.status_code == json.loads(_read(f"{name}.problem"))["status"]


@pytest.mark.parametrize("name", sorted(_NOT_HERE))
def test_a_problem_of_the_server_is_worded_by_the_service(name: str) -> None:
    """A problem that is not provoked here has the text that the service would send."""
    (kind,) = [kind for kind in KINDS if kind.slug == name.replace("_", "-")]
    assert shown(body_of(kind, _INSTANCE)) == _read(f"{name}.problem")


def test_every_type_of_problem_has_an_example() -> None:
    """Every type of problem has an example."""
    assert {json.loads(_read(f"{name}.problem"))["type"] for name in _NAMES["problem"]} == {kind.type for kind in KINDS}


def test_every_level_and_every_cause_has_an_example(shipped: Knowledge) -> None:
    """Each level has an example, and each cause is first in the example with its name."""
    answers = _answers()
    assert {answer["triage"]["level"] for answer in answers.values()} == {level.value for level in Level}
    leading = {name: answer["causes"][0]["id"] for name, answer in answers.items() if answer["causes"]}
    named = {"dehydration_electrolyte": "dehydration_in_heat"}
    assert {cause: leading.get(named.get(cause, cause)) for cause in shipped.causes} == {
        cause: cause for cause in shipped.causes
    }


def test_a_name_matches_its_example() -> None:
    """An example's name matches its content: its level, an exclusion from the scope, or a provisional assessment."""
    answers = _answers()
    for level in sorted(Level, key=lambda level: -len(level.value)):
        for name in [name for name in answers if name.startswith(level.value)]:
            assert answers.pop(name)["triage"]["level"] == level.value
    for name in [name for name in answers if name.startswith("out_of_scope")]:
        assert "out_of_scope" in {reason["rule"] for reason in answers[name]["triage"]["reasons"]}
        assert answers[name]["causes"] == []
    ends = {name: answer["interview"]["should_stop"] for name, answer in answers.items() if "plain_cramp" in name}
    assert ends == dict(zip(NAMES, (False, False, True), strict=True))
    assert answers["plain_cramp_final_call"]["triage"]["screen_complete"] is True
    assert answers["telemetry_ignored"]["ignored"] != []
    assert answers["contradictory_answers"]["contradictions"] != []
    assert answers["fix_withheld"]["withheld_fixes"] != []
    assert answers["telemetry_rich"]["derived"] != []


def test_each_call_of_the_conversation_answers_the_one_before(engine: Engine) -> None:
    """The requests answer exactly the items of the previous response; `tests/contract/conversation.py` writes them."""
    written = requests(lambda body: engine.answer(engine.read(body)).body)
    assert written == {name: _read(f"{name}.request") for name in NAMES}


def test_the_contract_shows_these_files(document: Any) -> None:
    """The examples in the contract equal the files."""
    media = document["paths"]["/assess"]["post"]
    asked = media["requestBody"]["content"]["application/json"]["examples"]
    answered = media["responses"]["200"]["content"]["application/json"]["examples"]
    for kind, examples in (("request", asked), ("response", answered)):
        assert sorted(examples) == _NAMES["response"]
        for name, example in examples.items():
            assert example["value"] == json.loads(_read(f"{name}.{kind}"))
