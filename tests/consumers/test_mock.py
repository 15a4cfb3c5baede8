"""Prism as a mock: it returns the examples and rejects invalid requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

_METHODS = ("get", "post")
# The mock writes JSON and plain text only.
_NOT_WRITTEN = {("/openapi.yaml", "200")}


@pytest.fixture(scope="module")
def mock(tools: Any, servers: Any) -> Iterator[httpx.Client]:
    """The mock server, started by the README's command."""
    command = tools.command("prism-cli")
    assert command[1:3] == ["mock", "openapi.yaml"]
    address = servers.start(lambda port: ["prism", *command[1:3], "--host", "127.0.0.1", "--port", str(port)])
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def _resolved(document: Any, part: Any) -> Any:
    while "$ref" in part:
        name: str = part["$ref"]
        part = document
        for step in name.removeprefix("#/").split("/"):
            part = part[step]
    return part


def _examples(document: Any) -> Iterator[tuple[str, str, str, str | None, Any]]:
    """Every example of a response: method, path, status, name, value.

    An example without a name has the name None.
    """
    for path, item in document["paths"].items():
        filled = path.replace("{kind}", "causes").replace("{id}", "uphill_increase")
        for method in _METHODS:
            for status, response in item.get(method, {}).get("responses", {}).items():
                if (path, status) in _NOT_WRITTEN:
                    continue
                for name_of_media, media in _resolved(document, response).get("content", {}).items():
                    # A mock answers JSON if the status has a JSON media type.
                    if "example" in media and name_of_media != "application/x-ndjson":
                        yield method, filled, status, None, media["example"]
                    for name, example in media.get("examples", {}).items():
                        yield method, filled, status, name, example["value"]


def _asked(mock: httpx.Client, method: str, path: str, prefer: str, body: Any) -> httpx.Response:
    sent = {"json": body} if method == "post" else {}
    headers = {"Prefer": prefer, "Accept": "*/*"}
    return mock.request(method, path, headers=headers, **sent)


def test_every_named_example_is_answered(mock: httpx.Client, document: Any, example: Callable[[str], Any]) -> None:
    """Each response and each refusal of every operation is available by its name, as in its file."""
    body = example("plain_cramp_first_call.request")
    tried, wrong = 0, []
    for method, path, status, name, value in _examples(document):
        prefer = f"code={status}" + (f", example={quote(name)}" if name else "")
        answer = _asked(mock, method, path, prefer, [body] if path == "/assess/batch" else body)
        is_json = "json" in answer.headers["content-type"]
        content = answer.json() if is_json else answer.text
        tried += 1
        if answer.status_code != int(status) or (is_json and content != value):
            wrong.append((method, path, prefer, answer.status_code))
    assert wrong == []
    assert tried >= 100


def test_a_request_gets_an_answer_of_the_same_shape(
    mock: httpx.Client, pairs: list[str], example: Callable[[str], Any]
) -> None:
    """Every example request is accepted and gets the example of the same name."""
    for name in pairs:
        answer = _asked(mock, "post", "/assess", f"example={name}", example(f"{name}.request"))
        assert (answer.status_code, answer.json()) == (200, example(f"{name}.response"))
        assert "sl-violations" not in answer.headers


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"findings": {"calf_cramps": true}}', {}, 422),
        (b'{"findings": []}', {}, 422),
        (b'{"findings": {"calf_cramp": "yes"}}', {}, 422),
        (b'{"runner": {"age_years": "34"}}', {}, 422),
        (b'{"findings": {"calf_cramp": true}}', {"Content-Type": "text/plain"}, 415),
    ],
)
def test_the_mock_refuses_invalid_requests(
    body: bytes, headers: dict[str, str], status: int, mock: httpx.Client
) -> None:
    """The mock rejects a broken request, so a partner notices before using the service."""
    answer = mock.post("/assess", content=body, headers={"Content-Type": "application/json"} | headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].startswith("urn:runner-triage:problem:")


def test_the_mock_sends_the_headers_of_the_contract(mock: httpx.Client, example: Callable[[str], Any]) -> None:
    """Headers have examples too, so the mock sends those of the service."""
    answer = _asked(mock, "post", "/assess", "code=503", example("plain_cramp_first_call.request"))
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == "en"
