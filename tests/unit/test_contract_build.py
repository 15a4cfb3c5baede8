"""The contract equals a build of its sources; mismatches are detected."""

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
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.findings import Finding
from service.knowledge.yaml_reader import read_yaml


@pytest.fixture(scope="module")
def base() -> Any:
    """The hand-written half of the contract."""
    return read_yaml((SHIPPED / "base.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path, base: Any) -> Path:
    """A contract's folder with one example, over the small knowledge."""
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
    """Every property of a request accepts null, which means "not sent"."""
    schemas = request_schemas(small_knowledge, base["x-words"]["requests"])
    for name in ("Runner", "FindingsById", "Training"):
        for property_ in schemas[name]["properties"].values():
            assert property_["anyOf"][1] in ({"type": "null"}, {})


def test_a_description_has_the_whole_meaning_of_a_finding(small_knowledge: Knowledge, base: Any) -> None:
    """A description has the question, unit, note and limits of use of its finding."""
    series = msgspec.structs.replace(
        small_knowledge.findings["km"], question="How hot?", unit="degree_celsius", note="In the shade.",
        context_only="For later use.",
    )  # fmt: skip
    changed = msgspec.structs.replace(small_knowledge, findings=small_knowledge.findings | {"km": series})
    training = request_schemas(changed, base["x-words"]["requests"])["Training"]
    described = training["properties"]["km"]["description"]
    assert described == "How hot?\nUnit: degree_celsius.\nOldest first.\nIn the shade.\nFor later use."


def test_every_strict_part_of_a_request_is_closed(small_knowledge: Knowledge, base: Any) -> None:
    """Each part of a request except telemetry rejects unknown properties, so a misspelt sign is an error."""
    schemas = request_schemas(small_knowledge, base["x-words"]["requests"])
    open_ = {name for name, schema in schemas.items() if schema.get("additionalProperties") is not False}
    enums = {name for name, schema in schemas.items() if "enum" in schema}
    assert open_ - enums == {"Country", "Training"}


def test_scales_keep_their_order(base: Any) -> None:
    """An enum of the contract is in the order of its scale."""
    level = response_schemas(base["x-words"]["responses"])["Level"]
    assert level["enum"] == ["self_care", "consultation", "consultation_24", "emergency", "emergency_ambulance"]


def test_only_six_enums_of_a_response_are_closed(base: Any) -> None:
    """Six enums are closed within 2.x: level, running, purpose, kind, stop reason and likelihood."""
    enums = {name for name, schema in response_schemas(base["x-words"]["responses"]).items() if "enum" in schema}
    assert enums == {"Level", "Running", "Purpose", "GroupKind", "ItemKind", "StopReason", "Likelihood"}


def test_responses_are_open_and_never_null_if_left_out(base: Any) -> None:
    """Responses may gain properties, and an optional property is omitted rather than null."""
    schemas = response_schemas(base["x-words"]["responses"])
    assert {name for name, schema in schemas.items() if schema.get("additionalProperties") is False} == set()
    assert schemas["Item"]["properties"]["minimum"]["type"] == "number"
    assert schemas["Triage"]["properties"]["act_within_hours"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]


def test_a_name_that_two_schemas_share_is_refused(small_knowledge: Knowledge, base: Any) -> None:
    """Two schemas with one name are an error; otherwise one would silently replace the other."""
    finding = Finding(question="Which level?", kind="choice", values=("high", "low"))
    changed = msgspec.structs.replace(small_knowledge, findings=small_knowledge.findings | {"level": finding})
    with pytest.raises(ValueError, match="two schemas have the name Level"):
        build(changed, _without_named_examples(base), {})


def test_a_property_without_words_is_named(base: Any) -> None:
    """The build rejects a property without a description, and a description without a property."""
    words = copy.deepcopy(base["x-words"]["responses"])
    del words["Triage"]["level"]
    words["Triage"]["colour"] = "The colour."
    with pytest.raises(ValueError, match=r"Triage\.colour, Triage\.level"):
        response_schemas(words)


def test_a_document_over_any_knowledge_is_valid(small_knowledge: Knowledge, base: Any) -> None:
    """A contract over any valid knowledge is valid OpenAPI."""
    small = _without_named_examples({name: part for name, part in base.items() if name != "x-summaries"})
    document = build(small_knowledge, small, {})
    assert not [name for name in document if name.startswith("x-")]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert yaml.safe_load(render(document)) == document


def test_files_out_of_date_are_listed_and_written(small_knowledge: Knowledge, folder: Path) -> None:
    """`stale` lists each built file that is missing or wrong, and `write` updates exactly those."""
    every = ["examples/ache.response.json", "openapi.json", "openapi.yaml"]
    assert stale(small_knowledge, folder) == every
    assert write(small_knowledge, folder) == every
    assert stale(small_knowledge, folder) == []
    (folder / "openapi.yaml").write_text("openapi: 3.1.0\n", encoding="utf-8")
    assert stale(small_knowledge, folder) == ["openapi.yaml"]


def test_an_answer_to_no_request_is_removed(small_knowledge: Knowledge, folder: Path) -> None:
    """A response without a request is out of date, and `write` removes it."""
    write(small_knowledge, folder)
    orphan = folder / "examples" / "gone.response.json"
    shutil.copy(folder / "examples" / "ache.response.json", orphan)
    assert write(small_knowledge, folder) == ["examples/gone.response.json"]
    assert not orphan.exists()


def test_an_example_without_a_summary_is_refused(small_knowledge: Knowledge, folder: Path) -> None:
    """An example without a summary is an error; otherwise it would be silently missing from the contract."""
    shutil.copy(folder / "examples" / "ache.request.json", folder / "examples" / "other.request.json")
    with pytest.raises(ValueError, match=r"other\.request, other\.response"):
        stale(small_knowledge, folder)


def test_the_command_checks_and_writes(
    small_knowledge: Knowledge, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command exits with 1 if a file is out of date, and with 0 after `--write`."""
    monkeypatch.setattr("service.contract.__main__.load", lambda: small_knowledge)
    assert main(["--folder", str(folder)]) == 1
    assert "out of date: openapi.yaml\n" in capsys.readouterr().out
    assert main(["--folder", str(folder), "--write"]) == 0
    assert "wrote: openapi.yaml\n" in capsys.readouterr().out
    assert main(["--folder", str(folder)]) == 0


def test_a_batch_shows_its_items_and_a_problem_names_its_place() -> None:
    """A batch example is an array for the JSON media type, and lines for NDJSON."""
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
