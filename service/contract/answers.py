"""The schemas of an answer, from its types: what msgspec says of them, told the way clients read it best.

Answers stay open (no `additionalProperties: false`): a client ignores what it does not know.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from service.model.assessment import Assessment
from service.model.explanation import Explanation

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_NOT_A_SCALAR = ("array", "object")


def answer_schemas(words: Mapping[str, Mapping[str, str]]) -> dict[str, Schema]:
    """The component schemas of an answer by name; `words` describes each property.

    Raises `ValueError` naming each property without a description, and each description without a property.
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
        raise ValueError(f"properties and their descriptions part: {', '.join(sorted(described ^ given))}")
    for name, properties in words.items():
        for property_, description in properties.items():
            schemas[name]["properties"][property_]["description"] = description
    return schemas


def _types(kind: Any) -> dict[type, None]:
    """The structs and scales that `kind` is made of, each once, in the order in which they are met."""
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
        return {"type": "string", "description": description, "enum": [member.value for member in kind]}
    properties = {name: _told(property_) for name, property_ in schema["properties"].items()}
    for field in msgspec.structs.fields(kind):
        hint = get_type_hints(kind)[field.name]
        if get_origin(hint) is Literal:
            properties[field.encode_name] = {"type": "string", "enum": list(get_args(hint))}
        elif field.default is None:
            # Left out instead of null: see `omit_defaults`.
            properties[field.encode_name]["type"] = _never_null(properties[field.encode_name]["type"])
    return {"type": "object", "description": description, "properties": properties, "required": schema["required"]}


def _never_null(types: list[str]) -> str | list[str]:
    kept = [one for one in types if one != "null"]
    return kept[0] if len(kept) == 1 else kept


def _told(schema: Any) -> Any:
    """`schema` without defaults, and with a choice of scalar types told as one list of types."""
    if isinstance(schema, list):
        return [_told(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _told(value) for name, value in schema.items() if name != "default"}
    arms = told.get("anyOf", [])
    if arms and all(arm.keys() == {"type"} and arm["type"] not in _NOT_A_SCALAR for arm in arms):
        del told["anyOf"]
        types = [arm["type"] for arm in arms]
        # Every integer is a number.
        kept = [one for one in types if not (one == "integer" and "number" in types)]
        told["type"] = kept[0] if len(kept) == 1 else kept
    return told
