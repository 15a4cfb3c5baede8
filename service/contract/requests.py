"""JSON Schemas of a request, built from the vocabulary.

They express the same rules as `service.report.reader`.

No schema mixes types. `anyOf` has two forms only: with null, and `anyOf: [{$ref: X}, {}]` for a value that should be X
and is never refused. Generators give each of these a plain type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.findings import Finding

Schema = dict[str, Any]

_NULL: Schema = {"type": "null"}
_BOOLEAN: Schema = {"type": "boolean"}
_NOT_SENT = "Null is the same as not sent."


def request_schemas(knowledge: Knowledge, words: Mapping[str, str]) -> dict[str, Schema]:
    """Return the component schemas of a request by name.

    `words` holds the descriptions that the vocabulary does not have.
    """
    country = {"anyOf": [_ref("Country"), {}], "description": words["country"]}
    return {
        "AssessmentRequest": _closed(_request_properties(words), words["AssessmentRequest"]),
        "Runner": _closed(_properties(knowledge, "runner") | {"country": country}, words["Runner"]),
        "Country": {"type": "string", "pattern": "^[A-Z]{2}$", "description": words["Country"]},
        "FindingsById": _closed(_properties(knowledge, "findings"), _grouped(knowledge, words["FindingsById"])),
        "FindingId": {
            "type": "string",
            "description": words["FindingId"],
            "enum": [id_ for id_, finding in knowledge.findings.items() if finding.place == "findings"],
        },
        "Training": {
            "type": "object",
            "description": words["Training"],
            "properties": _properties(knowledge, "training"),
        },
        **_choices_of(knowledge),
    }


def _request_properties(words: Mapping[str, str]) -> dict[str, Schema]:
    # A generated class cannot hold an id that the server names at run time. So `findings` and `not_known` are open
    # to generators and exact to validators, which follow `then`. They are inline because generators make a map only
    # of an unnamed object.
    findings = {"type": "object", "additionalProperties": True, "if": {}, "then": _ref("FindingsById")}
    ids = {"type": "array", "items": {"type": "string"}, "if": {}, "then": {"items": _ref("FindingId")}}
    return {
        "runner": _nullable(_ref("Runner"), f"{words['runner']}\n{_NOT_SENT}"),
        "findings": _nullable(findings, f"{words['findings']}\n{_NOT_SENT}"),
        "training": {"anyOf": [_ref("Training"), {}], "description": words["training"]},
        "not_known": _nullable(ids, f"{words['not_known']}\n{_NOT_SENT}"),
    }


def _properties(knowledge: Knowledge, place: str) -> dict[str, Schema]:
    return {
        id_: _nullable(value_schema(id_, finding), _described(finding))
        for id_, finding in knowledge.findings.items()
        if finding.place == place
    }


def _choices_of(knowledge: Knowledge) -> dict[str, Schema]:
    """Return an enum for each finding with choices, by component name."""
    return {
        enum_name(id_): {"type": "string", "description": finding.question, "enum": list(finding.values)}
        for id_, finding in knowledge.findings.items()
        if finding.values
    }


def enum_name(id_: str) -> str:
    """Return the component name of an enum: `CalfSide` for `calf_side`."""
    return "".join(word.capitalize() for word in id_.split("_"))


def _grouped(knowledge: Knowledge, description: str) -> str:
    """Return the description followed by the ids of each subject."""
    subjects = {
        subject: ", ".join(f"`{id_}`" for id_ in ids if knowledge.findings[id_].place == "findings")
        for subject, ids in knowledge.subjects.items()
    }
    return "\n".join([description, "", *(f"- **{subject}**: {ids}" for subject, ids in subjects.items() if ids)])


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _nullable(schema: Schema, description: str) -> Schema:
    return {"anyOf": [schema, _NULL], "description": description}


def _closed(properties: Mapping[str, Schema], description: str) -> Schema:
    """Return an object schema that allows only these properties.

    A misspelt sign must not be ignored.
    """
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": dict(properties),
    }


def value_schema(id_: str, finding: Finding) -> Schema:
    """Return the schema of a finding's value, without null."""
    return _KINDS[finding.kind](id_, finding)


def _described(finding: Finding) -> str:
    lines = [finding.question]
    if finding.unit is not None:
        lines.append(f"Unit: {finding.unit}.")
    if finding.kind == "series":
        lines.append("Oldest first.")
    if finding.kind == "choices":
        lines.append("An empty list says that none of them applies.")
    if "unknown" in finding.values:
        lines.append("`unknown` is the same as not sent.")
    lines += [note for note in (finding.note, finding.context_only) if note is not None]
    return "\n".join(lines)


def _boolean(_id: str, _finding: Finding) -> Schema:
    return dict(_BOOLEAN)


def _choice(id_: str, _finding: Finding) -> Schema:
    return _ref(enum_name(id_))


def _choices(id_: str, finding: Finding) -> Schema:
    # No uniqueItems: a repeated value means the same as a single one.
    return {"type": "array", "items": _ref(enum_name(id_)), "maxItems": len(finding.values)}


def _integer(_id: str, finding: Finding) -> Schema:
    return {"type": "integer"} | _range(finding)


def _number(_id: str, finding: Finding) -> Schema:
    return {"type": "number"} | _range(finding)


def _series(_id: str, finding: Finding) -> Schema:
    items = {"type": "number"} | _range(finding)
    return {"type": "array", "items": items, "minItems": finding.min_items, "maxItems": finding.max_items}


def _range(finding: Finding) -> Schema:
    return {"minimum": finding.minimum, "maximum": finding.maximum}


_KINDS: dict[str, Callable[[str, Finding], Schema]] = {
    "boolean": _boolean,
    "choice": _choice,
    "choices": _choices,
    "integer": _integer,
    "number": _number,
    "series": _series,
}
