"""The schemas of a request, from the vocabulary: what `service.report.reader` accepts, in words of JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Finding

Schema = dict[str, Any]

_NOT_NULL = {"not": {"additionalProperties": {"type": "null"}}}
_NULL = "Null is the same as not sent."


def request_schemas(knowledge: Knowledge, words: Mapping[str, str]) -> dict[str, Schema]:
    """The component schemas of a request by name; `words` describes each, and what the vocabulary does not."""
    screen = knowledge.safety_screen
    questions = {id_: _yes_or_no(question.question) for id_, question in screen.questions.items()}
    parts = {
        "Runner": _place(knowledge, "runner")
        | {"country": {"type": ["string", "null"], "pattern": "^[A-Z]{2}$", "description": words["country"]}},
        "Findings": _place(knowledge, "findings"),
        "Training": _place(knowledge, "training"),
        "SafetyScreen": {"none_of_these": _yes_or_no(screen.none_of_these)} | questions,
    }
    schemas = {name: _closed(properties, words[name]) for name, properties in parts.items()}
    schemas["Findings"] |= _NOT_NULL
    return {
        "AssessmentRequest": _closed(
            {
                "runner": _optional("Runner", words["runner"]),
                "findings": {"$ref": _ref("Findings"), "description": words["findings"]},
                "training": _optional("Training", words["training"]),
                "safety_screen": _optional("SafetyScreen", words["safety_screen"]),
            },
            words["AssessmentRequest"],
        )
        | {"required": ["findings"]},
        **schemas,
    }


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"


def _optional(name: str, description: str) -> Schema:
    return {"anyOf": [{"$ref": _ref(name)}, {"type": "null"}], "description": f"{description}\n{_NULL}"}


def _closed(properties: Mapping[str, Schema], description: str) -> Schema:
    """An object that takes these properties and no other: a sign that is misspelt must not be ignored."""
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": dict(properties),
    }


def _place(knowledge: Knowledge, place: str) -> dict[str, Schema]:
    return {id_: finding_schema(finding) for id_, finding in knowledge.findings.items() if finding.place == place}


def finding_schema(finding: Finding) -> Schema:
    """The schema of one finding, with its question as description; null is not sent."""
    return _KINDS[finding.kind](finding) | {"description": _described(finding)}


def _described(finding: Finding) -> str:
    lines = [finding.question]
    if finding.unit is not None:
        lines.append(f"Unit: {finding.unit}.")
    if finding.kind == "series":
        lines.append("Oldest first.")
    if "unknown" in finding.values:
        lines.append("`unknown` is the same as not sent.")
    lines += [note for note in (finding.note, finding.context_only) if note is not None]
    return "\n".join(lines)


def _yes_or_no(question: str) -> Schema:
    return {"type": ["boolean", "null"], "description": question}


def _boolean(_: Finding) -> Schema:
    return {"type": ["boolean", "null"]}


def _choice(finding: Finding) -> Schema:
    return {"type": ["string", "null"], "enum": [*finding.values, None]}


def _choices(finding: Finding) -> Schema:
    # No uniqueItems: a value that is given twice says the same as once.
    item = {"type": "string", "enum": list(finding.values)}
    return {"type": ["array", "null"], "items": item, "minItems": 1, "maxItems": len(finding.values)}


def _integer(finding: Finding) -> Schema:
    return {"type": ["integer", "null"]} | _range(finding)


def _number(finding: Finding) -> Schema:
    return {"type": ["number", "null"]} | _range(finding)


def _series(finding: Finding) -> Schema:
    items = {"type": "number"} | _range(finding)
    return {"type": ["array", "null"], "items": items, "minItems": finding.min_items, "maxItems": finding.max_items}


def _range(finding: Finding) -> Schema:
    return {"minimum": finding.minimum, "maximum": finding.maximum}


_KINDS: dict[str, Callable[[Finding], Schema]] = {
    "boolean": _boolean,
    "choice": _choice,
    "choices": _choices,
    "integer": _integer,
    "number": _number,
    "series": _series,
}
