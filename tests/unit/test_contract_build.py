"""The contract is what its sources make of it, and the build refuses what parts."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.contract import SHIPPED, build, render, stale, write
from service.contract.__main__ import main
from service.contract.answers import answer_schemas
from service.contract.document import _filled
from service.contract.paths import with_derived
from service.contract.requests import finding_schema, request_schemas
from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Finding
from service.knowledge.yaml_reader import read_yaml


@pytest.fixture(scope="module")
def base() -> Any:
    """The hand-written half of the contract."""
    return read_yaml((SHIPPED / "base.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def small_knowledge(small_engine: Engine) -> Knowledge:
    """The small knowledge."""
    return small_engine._knowledge


@pytest.fixture
def folder(tmp_path: Path, base: Any) -> Path:
    """A folder of a contract with one example, over the small knowledge."""
    small = {name: part for name, part in base.items() if name != "x-summaries"} | {"x-summaries": {"ache": "An ache"}}
    text = yaml.safe_dump(_without_named_examples(small), sort_keys=False)
    (tmp_path / "examples").mkdir()
    (tmp_path / "base.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "examples" / "ache.request.json").write_text('{"findings": {"ache": true}}', encoding="utf-8")
    return tmp_path


def _without_named_examples(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_named_examples(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _without_named_examples(value)
        for name, value in part.items()
        if not (name in ("x-examples", "x-batch") and isinstance(value, list))
    }


def _schema(**finding: Any) -> dict[str, Any]:
    schema = finding_schema(Finding(question="How is it?", **finding))
    assert schema.pop("description").startswith("How is it?")
    return schema


@pytest.mark.parametrize(
    ("finding", "schema"),
    [
        ({"kind": "boolean"}, {"type": ["boolean", "null"]}),
        ({"kind": "choice", "values": ("a", "unknown")}, {"type": ["string", "null"], "enum": ["a", "unknown", None]}),
        (
            {"kind": "choices", "values": ("a", "b")},
            {"type": ["array", "null"], "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 1, "maxItems": 2},
        ),
        (
            {"kind": "integer", "minimum": 0, "maximum": 10},
            {"type": ["integer", "null"], "minimum": 0, "maximum": 10},
        ),
        (
            {"kind": "number", "minimum": -4, "maximum": 5.5},
            {"type": ["number", "null"], "minimum": -4, "maximum": 5.5},
        ),
        (
            {"kind": "series", "minimum": 0, "maximum": 9, "min_items": 2, "max_items": 3},
            {
                "type": ["array", "null"],
                "items": {"type": "number", "minimum": 0, "maximum": 9},
                "minItems": 2,
                "maxItems": 3,
            },
        ),
    ],
)
def test_each_kind_of_finding_has_its_schema(finding: dict[str, Any], schema: dict[str, Any]) -> None:
    """Null is taken everywhere, and every bound of the vocabulary stands in the schema."""
    assert _schema(**finding) == schema


def test_a_description_carries_all_that_is_said_of_a_finding() -> None:
    """A partner reads question, unit, note and limits of use in one place."""
    finding = Finding(
        question="How hot?", kind="series", unit="degree_celsius", note="In the shade.", context_only="For later use."
    )
    described = finding_schema(finding)["description"]
    assert described == "How hot?\nUnit: degree_celsius.\nOldest first.\nIn the shade.\nFor later use."


def test_every_part_of_a_request_is_closed(small_knowledge: Knowledge, base: Any) -> None:
    """A sign that is misspelt must be refused, so no part of a request takes an unknown property."""
    schemas = request_schemas(small_knowledge, base["x-words"]["requests"])
    assert {name for name, schema in schemas.items() if schema.get("additionalProperties") is not False} == set()


def test_scales_keep_their_order(base: Any) -> None:
    """An enum of the contract rises as its scale does."""
    level = answer_schemas(base["x-words"]["answers"])["Level"]
    assert level["enum"] == ["self_care", "consultation", "consultation_24", "emergency", "emergency_ambulance"]


def test_answers_are_open_and_never_null_where_left_out(base: Any) -> None:
    """An answer may gain properties, and a property that is left out when empty is never null."""
    schemas = answer_schemas(base["x-words"]["answers"])
    assert {name for name, schema in schemas.items() if schema.get("additionalProperties") is False} == set()
    assert schemas["Question"]["properties"]["minimum"]["type"] == "number"
    assert schemas["Triage"]["properties"]["act_within_hours"]["type"] == ["integer", "null"]


def test_a_property_without_words_is_named(base: Any) -> None:
    """The build refuses a property that no words describe, and words that describe none."""
    words = copy.deepcopy(base["x-words"]["answers"])
    del words["Triage"]["level"]
    words["Triage"]["colour"] = "The colour."
    with pytest.raises(ValueError, match=r"Triage\.colour, Triage\.level"):
        answer_schemas(words)


def test_head_says_what_get_says_without_a_body() -> None:
    """HEAD has the statuses and headers of GET, also of a response that is referred to by name."""
    shared = {"Gone": {"description": "It is gone.", "content": {"text/plain": {}}}}
    get = {
        "operationId": "read",
        "tags": ["t"],
        "summary": "Read",
        "responses": {
            "200": {"description": "It.", "headers": {"ETag": {}}, "content": {"text/plain": {}}},
            "410": {"$ref": "#/components/responses/Gone"},
        },
    }
    head = with_derived({"/it": {"get": get}}, shared)["/it"]["head"]
    assert head["operationId"] == "read_head"
    assert head["responses"] == {
        "200": {"description": "It.", "headers": {"ETag": {}}},
        "410": {"description": "It is gone."},
    }


def test_a_document_over_any_knowledge_is_valid(small_knowledge: Knowledge, base: Any) -> None:
    """The build depends on the grammar of the knowledge, not on what the shipped one holds."""
    small = _without_named_examples({name: part for name, part in base.items() if name != "x-summaries"})
    document = build(small_knowledge, small, {})
    assert not [name for name in document if name.startswith("x-")]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert yaml.safe_load(render(document)) == document


def test_what_is_out_of_date_is_told_and_written(small_knowledge: Knowledge, folder: Path) -> None:
    """`stale` names each built file that is missing or wrong, `write` mends exactly those."""
    every = ["examples/ache.response.json", "openapi.yaml"]
    assert stale(small_knowledge, folder) == every
    assert write(small_knowledge, folder) == every
    assert stale(small_knowledge, folder) == []
    (folder / "openapi.yaml").write_text("openapi: 3.1.0\n", encoding="utf-8")
    assert stale(small_knowledge, folder) == ["openapi.yaml"]


def test_an_answer_to_no_request_is_removed(small_knowledge: Knowledge, folder: Path) -> None:
    """An answer whose request has gone is out of date, and writing removes it."""
    write(small_knowledge, folder)
    orphan = folder / "examples" / "gone.response.json"
    shutil.copy(folder / "examples" / "ache.response.json", orphan)
    assert write(small_knowledge, folder) == ["examples/gone.response.json"]
    assert not orphan.exists()


def test_an_example_without_a_summary_is_refused(small_knowledge: Knowledge, folder: Path) -> None:
    """An example that no one has named would be missing from the contract unseen."""
    shutil.copy(folder / "examples" / "ache.request.json", folder / "examples" / "other.request.json")
    with pytest.raises(ValueError, match=r"other\.request, other\.response"):
        stale(small_knowledge, folder)


def test_the_command_tells_and_writes(
    small_knowledge: Knowledge, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 1 while something is out of date, and with 0 once it has been written."""
    monkeypatch.setattr("service.contract.__main__.load", lambda: small_knowledge)
    assert main(["--folder", str(folder)]) == 1
    assert "out of date: openapi.yaml\n" in capsys.readouterr().out
    assert main(["--folder", str(folder), "--write"]) == 0
    assert "wrote: openapi.yaml\n" in capsys.readouterr().out
    assert main(["--folder", str(folder)]) == 0


def test_a_batch_shows_its_items_and_a_problem_names_its_place() -> None:
    """As an array where the media type is JSON, as lines where it is text."""
    examples = {"a.response": {"value": {"level": "x"}}, "b.problem": {"value": {"instance": "id"}}}
    names = ["a.response", "b.problem"]
    shown = _filled(
        {
            "json": {"schema": {"type": "array"}, "x-batch": names},
            "lines": {"schema": {"type": "string"}, "x-batch": names},
        },
        examples,
        {},
    )
    assert shown["json"]["example"] == [{"level": "x"}, {"instance": "id/1"}]
    assert shown["lines"]["example"] == '{"level":"x"}\n{"instance":"id/1"}'
