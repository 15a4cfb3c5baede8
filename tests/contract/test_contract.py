"""The committed contract: built, valid, served unchanged and fit for generators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.contract import SHIPPED, committed, stale
from service.knowledge.catalogue import catalogue
from service.knowledge.knowledge import Knowledge
from service.knowledge.yaml_reader import read_yaml
from service.main import compose
from service.model.version import API_VERSION
from service.problems import KINDS
from service.settings import Settings
from service.settings import read as read_settings
from service.web.outer_middleware import OuterMiddleware
from tests.contract.in_process import send

_METHODS = ("get", "post")
_CLOSED = {"AssessmentRequest", "Runner", "FindingsById"}
_KEYWORDS = {
    *("$ref", "type", "enum", "const", "anyOf", "if", "then", "else"),
    *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    *("items", "minItems", "maxItems", "minimum", "maximum", "pattern", "maxLength"),
    *("description", "title"),
}
_NULL = {"type": "null"}


@pytest.fixture(scope="module")
def document() -> Any:
    """The committed contract."""
    return read_yaml(committed().decode())


@pytest.fixture(scope="module")
def app() -> OuterMiddleware:
    """The shipped service."""
    return compose(Settings(log_level="error"))


def _get(app: OuterMiddleware, path: str) -> httpx.Response:
    return send(app, "GET", path, b"", {})


def _operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _responses(document: Any) -> Iterator[tuple[str, Any]]:
    for path, method, operation in _operations(document):
        for status, response in operation["responses"].items():
            name = response.get("$ref", "").rpartition("/")[2]
            yield f"{method} {path} {status}", document["components"]["responses"][name] if name else response


def _schemas(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every object schema below `part`, with its path."""
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield path, part
        for name, value in part.items():
            yield from _schemas(value, f"{path}/{name}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from _schemas(value, f"{path}/{number}")


def test_nothing_built_is_out_of_date(shipped: Knowledge) -> None:
    """The committed files equal a build from their sources; `python -m service.contract --write` updates them."""
    assert stale(shipped) == []


def test_the_contract_is_valid(document: Any) -> None:
    """The contract is valid OpenAPI 3.1 and does not set a dialect, which would disable mocks."""
    assert document["openapi"] == "3.1.0"
    assert "jsonSchemaDialect" not in document
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def _json_schemas(part: Any) -> Iterator[Any]:
    """Every schema of the document, at any depth."""
    if isinstance(part, list):
        for item in part:
            yield from _json_schemas(item)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in {"example", "examples"}:
                continue
            if name == "schema":
                yield from _inner(value)
            elif name == "schemas":
                for schema in value.values():
                    yield from _inner(schema)
            else:
                yield from _json_schemas(value)


def _inner(schema: Any) -> Iterator[Any]:
    """A schema and its subschemas."""
    yield schema
    for name in ("items", "additionalProperties", "if", "then", "else"):
        if isinstance(schema.get(name), dict):
            yield from _inner(schema[name])
    for one in (*schema.get("properties", {}).values(), *schema.get("anyOf", ())):
        yield from _inner(one)


def test_schemas_use_keywords_that_generators_understand(document: Any) -> None:
    """No schema has `oneOf`, `not`, `discriminator`, `patternProperties`, a list of types, a default or inline enum."""
    schemas = list(_json_schemas(document))
    assert len(schemas) > 500
    assert {keyword for schema in schemas for keyword in schema} <= _KEYWORDS
    assert [schema for schema in schemas if not isinstance(schema.get("type", ""), str)] == []
    named = [id(schema) for schema in document["components"]["schemas"].values()]
    assert [schema for schema in schemas if "enum" in schema and id(schema) not in named] == []


def test_any_of_has_two_forms_only(document: Any) -> None:
    """`anyOf` is a type or null, or a type or anything, because many languages cannot name a union."""
    unions = [schema["anyOf"] for schema in _json_schemas(document) if "anyOf" in schema]
    assert len(unions) > 100
    for expected, other in unions:
        assert expected != _NULL
        assert other == _NULL or (other == {} and expected.keys() == {"$ref"}), (expected, other)


def test_a_client_that_imports_the_contract_can_send(document: Any) -> None:
    """The first server is an absolute URL, which Postman needs, and the contract has a contact."""
    assert document["servers"][0]["url"].startswith("http://127.0.0.1:")
    assert document["info"]["contact"]["name"]
    assert document["info"]["version"] == API_VERSION


def test_the_contract_is_served_as_it_is(app: OuterMiddleware, document: Any) -> None:
    """`/openapi.yaml` is the committed file byte for byte, and `/openapi.json` has the same content."""
    assert _get(app, "/openapi.yaml").content == committed()
    assert _get(app, "/openapi.json").json() == document


def test_paths_and_routes_are_the_same(app: OuterMiddleware, document: Any) -> None:
    """The routes and the paths of the contract are the same.

    `/` and `/docs/*` are pages, and `/try` is a demonstration that an installation may disable.
    """
    litestar = app.app
    assert isinstance(litestar, Litestar)
    routes = {
        (re.sub(r":\w+}", "}", route.path), str(method).lower())
        for route in litestar.routes
        for method in route.methods
        if not re.match(r"/$|/docs/|/try(/|$)", route.path)
    }
    assert {(path, method) for path, method, _ in _operations(document)} == {
        (path, method) for path, method in routes if method in _METHODS
    }


@pytest.mark.parametrize(
    ("given", "is_there"), [({}, True), ({"TRIAGE_TRY": "on"}, True), ({"TRIAGE_TRY": "off"}, False)]
)
def test_the_demonstration_is_there_unless_it_is_off(
    document: Any,
    given: dict[str, str],
    is_there: bool,  # noqa: FBT001 (a row)
) -> None:
    """`TRIAGE_TRY=off` removes `/try` and its files only; the contract never lists them."""
    app = compose(read_settings({"TRIAGE_LOG_LEVEL": "error", **given}))
    statuses = {path: _get(app, path).status_code for path in ("/try", "/try/try.js", "/try/try.css", "/docs")}
    assert statuses == dict.fromkeys(statuses, 200 if is_there else 404) | {"/docs": 200}
    assert [path for path in document["paths"] if path.startswith("/try")] == []


def test_only_get_and_post_are_listed(document: Any) -> None:
    """The contract lists only GET and POST: HEAD and OPTIONS would double the functions of a client."""
    listed = {name for item in document["paths"].values() for name in item}
    assert listed == {"get", "post", "parameters"}


def test_operation_ids_are_unique_and_in_snake_case(document: Any) -> None:
    """Operation ids are unique and in snake case, because generated clients name their functions by them."""
    ids = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(ids) == len(set(ids))
    assert [id_ for id_ in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", id_)] == []


def test_every_refusal_is_a_problem(document: Any) -> None:
    """Every 4xx or 5xx response with a body has the media type of problems."""
    refusals = [pair for pair in _responses(document) if pair[0].rpartition(" ")[2] >= "400"]
    media_types = {where: list(response["content"]) for where, response in refusals if "content" in response}
    assert media_types
    assert {where for where, types in media_types.items() if types != ["application/problem+json"]} == set()


def test_every_answer_names_its_request(document: Any) -> None:
    """Every response has the version, the request id and the cache rule; a 405 has `Allow`."""
    always = {"API-Version", "X-Request-ID", "Cache-Control", "Content-Language"}
    headers = {where: response.get("headers", {}) for where, response in _responses(document)}
    assert [where for where, named in headers.items() if not always <= named.keys()] == []
    refused = {where: named for where, named in headers.items() if where.endswith(" 405")}
    assert refused
    assert [where for where, named in refused.items() if "Allow" not in named] == []


def test_every_body_has_an_example(document: Any) -> None:
    """Each body has an example, because a mock responds with examples."""
    bodies = [
        (where, media) for where, response in _responses(document) for media in response.get("content", {}).values()
    ]
    assert bodies
    assert [where for where, media in bodies if not media.get("examples") and "example" not in media] == []


def test_request_objects_are_closed_and_answers_open(document: Any) -> None:
    """Requests reject unknown properties; responses and telemetry allow them."""
    schemas = document["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert closed == _CLOSED


def test_every_property_is_described_and_in_snake_case(document: Any) -> None:
    """Every property has a description, because partners integrate from the contract alone."""
    faults = [
        f"{path}/{name}"
        for path, schema in _schemas(document["components"]["schemas"])
        for name, property_ in schema["properties"].items()
        if not (property_.get("description") or path.endswith("/if"))
        or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    ]
    assert faults == []


def test_the_vocabulary_is_the_request(document: Any, shipped: Knowledge) -> None:
    """Every finding has its property, described by its question and listed by its subject."""
    schemas = document["components"]["schemas"]
    places = {"runner": "Runner", "findings": "FindingsById", "training": "Training"}
    for id_, finding in shipped.findings.items():
        assert schemas[places[finding.place]]["properties"][id_]["description"].startswith(finding.question)
    grouped = re.findall(r"`(\w+)`", schemas["FindingsById"]["description"])
    assert sorted(grouped) == sorted(schemas["FindingsById"]["properties"]) == sorted(schemas["FindingId"]["enum"])


def test_the_problem_types_are_those_of_the_service(document: Any) -> None:
    """The contract lists exactly the types of problems that the service can send."""
    described = document["components"]["schemas"]["Problem"]["properties"]["type"]["description"]
    _status, prefix, *listed = re.findall(r"`([a-z:-]+)`", described)
    assert sorted(prefix + slug for slug in listed) == sorted({kind.type for kind in KINDS})


def test_every_document_of_the_knowledge_can_be_asked_for(document: Any, shipped: Knowledge) -> None:
    """The kinds and ids of the served documents fit the parameters of the contract."""
    parameters = document["components"]["parameters"]
    served = catalogue(shipped)
    assert document["components"]["schemas"]["KnowledgeKindName"]["enum"] == list(served.kinds)
    pattern = re.compile(parameters["Id"]["schema"]["pattern"])
    most = parameters["Id"]["schema"]["maxLength"]
    assert [id_ for _, id_ in served.entries if not pattern.search(id_) or len(id_) > most] == []


def test_the_changelog_has_this_version(document: Any) -> None:
    """The changelog begins with the version of the contract."""
    newest = re.search(r"^## (\S+)", (SHIPPED / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == document["info"]["version"]


def test_the_contract_reads_the_same_as_json(document: Any) -> None:
    """The contract has no YAML values that JSON lacks, such as dates and sets."""
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
