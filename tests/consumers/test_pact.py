"""A consumer-driven contract, verified on the service."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pact import Pact, Verifier, match

_LEVELS = "^(self_care|consultation|consultation_24|emergency|emergency_ambulance)$"
_JSON = "application/json"
_PROBLEM = "application/problem+json"


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Any:
    """No reports of these runs to third parties."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PACT_DO_NOT_TRACK", "true")
        yield


def _pact(example: Callable[[str], Any]) -> Pact:
    """The parts of a response and of a refusal that it reads."""
    pact = Pact("fitness-app", "runner-triage").with_specification("V4")
    (
        pact.upon_receiving("a report of one complaint")
        .with_request("POST", "/assess")
        .with_body(json.dumps(example("plain_cramp_first_call.request")), _JSON)
        .will_respond_with(200)
        .with_header("Cache-Control", "no-store")
        .with_body(
            {
                "triage": {
                    "level": match.regex("consultation", regex=_LEVELS),
                    "advice": match.str("See someone."),
                    "screen_complete": False,
                },
                "interview": {
                    "should_stop": False,
                    "groups": match.each_like(
                        {
                            "kind": match.regex("checklist", regex="^(checklist|questions)$"),
                            "text": match.str("Any of these?"),
                            "items": match.each_like({"id": match.str("chest_pain"), "text": match.str("x")}, min=1),
                        },
                        min=1,
                    ),
                },
                "notices": match.each_like({"id": match.str("not_a_diagnosis"), "text": match.str("x")}, min=1),
            },
            _JSON,
        )
    )
    (
        pact.upon_receiving("a report with a misspelt finding")
        .with_request("POST", "/assess")
        .with_body(json.dumps(example("misspelt_name.request")), _JSON)
        .will_respond_with(422)
        .with_body(
            {
                "type": "urn:runner-triage:problem:broken-contract",
                "status": 422,
                "errors": match.each_like(
                    {
                        "pointer": match.str("/findings/x"),
                        "code": match.regex("unknown_property", regex="^unknown_property$"),
                        "nearest": match.str("y"),
                    },
                    min=1,
                ),
            },
            _PROBLEM,
        )
    )
    return pact


def _consume(address: str, example: Callable[[str], Any]) -> None:
    """The app: it reads the level, the items, and suggested names."""
    with httpx.Client(base_url=address, timeout=30) as client:
        answer = client.post("/assess", json=example("plain_cramp_first_call.request")).json()
        assert answer["triage"]["level"] != "self_care"
        assert answer["interview"]["groups"][0]["items"]
        refused = client.post("/assess", json=example("misspelt_name.request"))
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["nearest"]


def _written(folder: Path, example: Callable[[str], Any]) -> Path:
    pact = _pact(example)
    with pact.serve() as server:
        _consume(str(server.url), example)
    pact.write_file(folder)
    return folder


def _verify(folder: Path, live: str) -> None:
    Verifier("runner-triage", host="127.0.0.1").add_transport(url=live).add_source(folder).verify()


def test_the_service_keeps_the_pact(live: str, example: Callable[[str], Any], tmp_path: Path) -> None:
    """The service satisfies the pact that the app's test writes."""
    folder = _written(tmp_path, example)
    assert len(json.loads((folder / "fitness-app-runner-triage.json").read_text())["interactions"]) == 2
    _verify(folder, live)


def test_a_broken_reliance_is_reported(live: str, example: Callable[[str], Any], tmp_path: Path) -> None:
    """The verification fails for an app that relies on other behaviour."""
    pact = _written(tmp_path, example) / "fitness-app-runner-triage.json"
    text = pact.read_text()
    planted = text.replace("unknown_property", "misspelt_property")
    assert planted != text
    pact.write_text(planted)
    with pytest.raises(RuntimeError):
        _verify(tmp_path, live)
