"""JSON Schemas of a response, built from its types.

Responses stay open (no `additionalProperties: false`): a client ignores a property that it does not know.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import Any, get_args, get_type_hints

import msgspec

from service.model.assessment import Assessment
from service.model.explanation import Explanation
from service.model.scales import Evidence

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_NULL: Schema = {"type": "null"}
_OPEN = (Evidence,)
"""Scales that may gain values within a major version. They are open, so no generated client refuses a new value."""


def response_schemas(words: Mapping[str, Mapping[str, str]]) -> dict[str, Schema]:
    """Return the component schemas of a response by name.

    `words` holds the description of each property.

    Raises `ValueError` naming each property that has no description, and each description that has no property.
    """
    _, components = msgspec.json.schema_components([Assessment, Explanation], ref_template=_REF)
    types = {kind.__name__: kind for kind in _types(Assessment) | _types(Explanation)}
    schemas = {name: _component(types[name], schema) for name, schema in components.items()}
    schemas["Assessment"]["properties"]["explanation"] = {"$ref": _REF.format(name="Explanation")}
    described = {
        f"{name}.{property_}" for name, schema in schemas.items() for property_ in schema.get("properties", {})
    }
    given = {f"{name}.{property_}" for name, properties in words.items() for property_ in properties}
    if described != given:
        raise ValueError(f"properties and their descriptions differ: {', '.join(sorted(described ^ given))}")
    for name, properties in words.items():
        for property_, description in properties.items():
            schemas[name]["properties"][property_]["description"] = description
    return schemas


def _types(kind: Any) -> dict[type, None]:
    """Return the structs and enums that `kind` is made of.

    Each occurs once, in order of first occurrence.
    """
    found: dict[type, None] = {}
    if isinstance(kind, type) and issubclass(kind, Enum):
        found[kind] = None
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        found[kind] = None
        for hint in get_type_hints(kind).values():
            found |= _types(hint)
    else:
        for argument in get_args(kind):
            found |= _types(argument)
    return found


def _component(kind: Any, schema: Schema) -> Schema:
    description = inspect.getdoc(kind)
    if issubclass(kind, Enum):
        values = [member.value for member in kind]
        if kind in _OPEN:
            known = ", ".join(f"`{value}`" for value in values)
            return {"type": "string", "description": f"{description}\nToday's values: {known}; others may follow."}
        return {"type": "string", "description": description, "enum": values}
    properties = {name: _plain(property_) for name, property_ in schema["properties"].items()}
    for field in msgspec.structs.fields(kind):
        if field.default is None:  # left out instead of null
            properties[field.encode_name] = _never_null(properties[field.encode_name])
    return {"type": "object", "description": description, "properties": properties, "required": schema["required"]}


def _never_null(schema: Schema) -> Schema:
    kept: Schema
    (kept,) = [arm for arm in schema["anyOf"] if arm != _NULL]
    return kept


def _plain(schema: Any) -> Any:
    """Return `schema` without defaults and without redundant integer arms.

    A number that may be an integer has one arm.
    """
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _plain(value) for name, value in schema.items() if name != "default"}
    if "anyOf" in plain:
        arms = [arm for arm in plain["anyOf"] if arm != {"type": "integer"} or {"type": "number"} not in plain["anyOf"]]
        if len(arms) == 1:
            return arms[0]
        plain["anyOf"] = arms
    return plain
