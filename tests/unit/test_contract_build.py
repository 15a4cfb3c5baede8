"""The contract is what its sources make of it, and the build refuses what parts."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.contract import SHIPPED, build, render, stale, write
from service.contract.__main__ import main
from service.contract.document import _filled
from service.contract.requests import request_schemas, value_schema
from service.contract.responses import response_schemas
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
    return small_engine.knowledge


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


@pytest.mark.parametrize(
    ("finding", "schema"),
    [
        ({"kind": "boolean"}, {"type": "boolean"}),
        ({"kind": "choice", "values": ("a", "unknown")}, {"$ref": "#/components/schemas/HowIsIt"}),
        (
            {"kind": "choices", "values": ("a", "b")},
            {"type": "array", "items": {"$ref": "#/components/schemas/HowIsIt"}, "maxItems": 2},
        ),
        ({"kind": "integer", "minimum": 0, "maximum": 10}, {"type": "integer", "minimum": 0, "maximum": 10}),
        ({"kind": "number", "minimum": -4, "maximum": 5.5}, {"type": "number", "minimum": -4, "maximum": 5.5}),
        (
            {"kind": "series", "minimum": 0, "maximum": 9, "min_items": 2, "max_items": 3},
            {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 9},
                "minItems": 2,
                "maxItems": 3,
            },
        ),
    ],
)
def test_each_kind_of_finding_has_its_schema(finding: dict[str, Any], schema: dict[str, Any]) -> None:
    """Each kind has one plain type, and every limit of the vocabulary is in the schema."""
    assert value_schema("how_is_it", Finding(question="How is it?", **finding)) == schema


def test_every_property_takes_null(small_knowledge: Knowledge, base: Any) -> None:
    """Null is the same as not sent, everywhere in a request."""
    schemas = request_schemas(small_knowledge, base["x-words"]["requests"])
    for name in ("Runner", "FindingsById", "Training"):
        for property_ in schemas[name]["properties"].values():
            assert property_["anyOf"][1] in ({"type": "null"}, {})


def test_a_description_has_the_whole_meaning_of_a_finding(small_knowledge: Knowledge, base: Any) -> None:
    """A partner reads question, unit, note and limits of use in one place."""
    series = msgspec.structs.replace(
        small_knowledge.findings["km"], question="How hot?", unit="degree_celsius", note="In the shade.",
        context_only="For later use.",
    )  # fmt: skip
    changed = msgspec.structs.replace(small_knowledge, findings=small_knowledge.findings | {"km": series})
    training = request_schemas(changed, base["x-words"]["requests"])["Training"]
    described = training["properties"]["km"]["description"]
    assert described == "How hot?\nUnit: degree_celsius.\nOldest first.\nIn the shade.\nFor later use."


def test_every_strict_part_of_a_request_is_closed(small_knowledge: Knowledge, base: Any) -> None:
    """A misspelt sign is rejected, so no part but telemetry takes an unknown property."""
    schemas = request_schemas(small_knowledge, base["x-words"]["requests"])
    open_ = {name for name, schema in schemas.items() if schema.get("additionalProperties") is not False}
    enums = {name for name, schema in schemas.items() if "enum" in schema}
    assert open_ - enums == {"Country", "Training"}


def test_scales_keep_their_order(base: Any) -> None:
    """An enum of the contract rises as its scale does."""
    level = response_schemas(base["x-words"]["responses"])["Level"]
    assert level["enum"] == ["self_care", "consultation", "consultation_24", "emergency", "emergency_ambulance"]


def test_only_six_enums_of_a_response_are_closed(base: Any) -> None:
    """Level, running, purpose, kind, stop reason and likelihood never gain a value within 2.x; the rest may."""
    enums = {name for name, schema in response_schemas(base["x-words"]["responses"]).items() if "enum" in schema}
    assert enums == {"Level", "Running", "Purpose", "GroupKind", "ItemKind", "StopReason", "Likelihood"}


def test_responses_are_open_and_never_null_if_left_out(base: Any) -> None:
    """A response may gain properties, and a property that is left out if empty is never null."""
    schemas = response_schemas(base["x-words"]["responses"])
    assert {name for name, schema in schemas.items() if schema.get("additionalProperties") is False} == set()
    assert schemas["Item"]["properties"]["minimum"]["type"] == "number"
    assert schemas["Triage"]["properties"]["act_within_hours"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]


def test_a_name_that_two_schemas_share_is_refused(small_knowledge: Knowledge, base: Any) -> None:
    """A finding whose choices are named like another schema would replace it unseen."""
    finding = Finding(question="Which level?", kind="choice", values=("high", "low"))
    changed = msgspec.structs.replace(small_knowledge, findings=small_knowledge.findings | {"level": finding})
    with pytest.raises(ValueError, match="two schemas have the name Level"):
        build(changed, _without_named_examples(base), {})


def test_a_property_without_words_is_named(base: Any) -> None:
    """The build refuses a property that no words describe, and words that describe none."""
    words = copy.deepcopy(base["x-words"]["responses"])
    del words["Triage"]["level"]
    words["Triage"]["colour"] = "The colour."
    with pytest.raises(ValueError, match=r"Triage\.colour, Triage\.level"):
        response_schemas(words)


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
    examples = {"a.response": {"value": {"level": "x"}}, "b.problem": {"value": {"status": 422, "instance": "id"}}}
    names = ["a.response", "b.problem"]
    shown = _filled(
        {
            "json": {"schema": {"type": "array"}, "x-batch": names},
            "lines": {"schema": {"type": "string"}, "x-batch": names},
        },
        examples,
        {},
    )
    problem = {"status": 422, "problem": {"status": 422, "instance": "id/1"}}
    assert shown["json"]["example"] == [{"status": 200, "assessment": {"level": "x"}}, problem]
    first, second = shown["lines"]["example"].splitlines()
    assert (first, msgspec.json.decode(second)) == ('{"status":200,"assessment":{"level":"x"}}', problem)
