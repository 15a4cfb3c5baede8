"""The linters report nothing in contract and workflow, and detect faults."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.contract import SHIPPED

_ASSESS = "/assess"


def test_redocly_finds_nothing(tools: Any) -> None:
    """Contract and workflow are valid, and every example matches its schema."""
    for file in ("openapi.yaml", "triage.arazzo.yaml"):
        report = json.loads(tools.run("redocly", "lint", file, "--format", "json").stdout)
        assert (file, report["problems"]) == (file, [])


def test_spectral_finds_nothing(tools: Any) -> None:
    """Every rule of OpenAPI and of this contract holds."""
    tools.passes("spectral", "lint", "-F", "warn", "openapi.yaml")


def _forget_example(document: Any) -> None:
    del document["paths"]["/health/live"]["get"]["responses"]["200"]["content"]["application/json"]["example"]


def _plain_error(document: Any) -> None:
    response = document["components"]["responses"]["MalformedBody"]
    response["content"]["application/json"] = response["content"].pop("application/problem+json")


def _other_error(document: Any) -> None:
    media = document["components"]["responses"]["BodyTooLarge"]["content"]["application/problem+json"]
    media["schema"] = {"type": "object", "description": "x", "properties": {"message": {"type": "string"}}}


def _no_body(document: Any) -> None:
    del document["components"]["responses"]["HeadTooLarge"]["content"]


def _default_answer(document: Any) -> None:
    responses = document["paths"][_ASSESS]["post"]["responses"]
    responses["default"] = responses["500"]


def _open_request(document: Any) -> None:
    del document["components"]["schemas"]["FindingsById"]["additionalProperties"]


def _closed_answer(document: Any) -> None:
    document["components"]["schemas"]["Triage"]["additionalProperties"] = False


def _property(schema: str, name: str, value: Any) -> Callable[[Any], None]:
    def plant(document: Any) -> None:
        document["components"]["schemas"][schema]["properties"][name] = value

    return plant


def _parameter_without_words(document: Any) -> None:
    del document["components"]["parameters"]["IfNoneMatch"]["description"]


def _header_without_example(document: Any) -> None:
    del document["components"]["headers"]["Accept"]["example"]


def _answer_without_id(document: Any) -> None:
    del document["paths"]["/metrics"]["get"]["responses"]["200"]["headers"]["X-Request-ID"]


def _answer_without_version(document: Any) -> None:
    del document["paths"]["/health/live"]["get"]["responses"]["200"]["headers"]["API-Version"]


def _false_example(document: Any) -> None:
    document["components"]["responses"]["NotModified"]["description"] = "x"
    example = document["paths"]["/health/ready"]["get"]["responses"]["200"]["content"]["application/json"]
    example["example"] = {"status": 7}


_PLANTED: dict[str, tuple[Callable[[Any], None], ...]] = {
    "contract-errors-are-problems": (_plain_error, _other_error),
    "contract-refusals-have-a-body": (_no_body,),
    "contract-status-codes-are-listed": (_default_answer,),
    "contract-requests-are-closed": (_open_request,),
    "contract-answers-are-open": (_closed_answer,),
    "contract-properties-are-described": (_property("Runner", "shoe_age_days", {"type": "integer"}),),
    "contract-snake-case": (_property("Runner", "shoeAge", {"type": "boolean", "description": "x"}),),
    "contract-parameters-are-described": (_parameter_without_words,),
    "contract-bodies-have-an-example": (_forget_example,),
    "contract-headers-have-an-example": (_header_without_example,),
    "contract-request-id-everywhere": (_answer_without_id, _answer_without_version),
    "contract-strings-of-requests-are-bounded": (
        _property("FindingsById", "story", {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "x"}),
    ),
    "contract-numbers-of-requests-are-bounded": (
        _property(
            "Training", "pace_s", {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}], "description": "x"}
        ),
    ),
    "contract-no-defaults": (_property("Health", "since", {"type": "integer", "description": "x", "default": 0}),),
    "oas3-valid-media-example": (_false_example,),
}


@pytest.fixture(scope="module")
def findings(tools: Any, document: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The findings of each rule with every fault planted."""
    planted = copy.deepcopy(document)
    for plants in _PLANTED.values():
        for plant in plants:
            plant(planted)
    file: Path = tmp_path_factory.mktemp("planted") / "openapi.yaml"
    file.write_text(yaml.safe_dump(planted, sort_keys=False), encoding="utf-8")
    ended = tools.run("spectral", "lint", "-F", "warn", "-f", "json", "-r", SHIPPED / ".spectral.yaml", "-q", file)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    found: dict[str, int] = {}
    for finding in json.loads(ended.stdout):
        found[finding["code"]] = found.get(finding["code"], 0) + 1
    return found


@pytest.mark.parametrize("rule", sorted(_PLANTED))
def test_a_rule_of_the_contract_can_fail(rule: str, findings: dict[str, int]) -> None:
    """Each rule reports the faults planted for it."""
    assert findings.get(rule, 0) >= len(_PLANTED[rule])


def test_every_rule_of_the_contract_is_tried() -> None:
    """Each rule has a planted fault."""
    rules = yaml.safe_load((SHIPPED / ".spectral.yaml").read_text(encoding="utf-8"))["rules"]
    assert {rule for rule in rules if rule.startswith("contract-")} <= _PLANTED.keys()


def test_redocly_reports_a_false_example(tools: Any, document: Any, tmp_path: Path) -> None:
    """An example that does not match its schema is reported."""
    planted = copy.deepcopy(document)
    _false_example(planted)
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(planted, sort_keys=False), encoding="utf-8")
    ended = tools.run("redocly", "lint", "--config", SHIPPED / "redocly.yaml", file)
    assert ended.returncode == 1
    assert "no-invalid-media-type-examples" in ended.stdout + ended.stderr
