"""The methods of a path that follow from the others: HEAD from GET, and OPTIONS from all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Operation = dict[str, Any]

_OPTIONS = {
    status: {"$ref": f"#/components/responses/{name}"}
    for status, name in {
        "204": "Options",
        "400": "BadRequest",
        "408": "RequestTimeout",
        "431": "HeadTooLarge",
        "500": "InternalError",
        "503": "Unavailable",
    }.items()
}


def with_derived(paths: Mapping[str, Mapping[str, Any]], responses: Mapping[str, Any]) -> dict[str, Any]:
    """The paths with HEAD where there is GET, and OPTIONS everywhere; `responses` are those referred to by name."""
    return {path: _whole(path, dict(item), responses) for path, item in paths.items()}


def _whole(path: str, item: dict[str, Any], responses: Mapping[str, Any]) -> dict[str, Any]:
    first = item.get("get") or item["post"]
    if "get" in item:
        item["head"] = _head(item["get"], responses)
    item["options"] = {
        "operationId": f"{first['operationId']}_options",
        "tags": first["tags"],
        "summary": "Which methods this path takes",
        "description": "Names the methods in `Allow`.",
        "parameters": [{"$ref": "#/components/parameters/RequestId"}, *map(_any, re.findall(r"{(\w+)}", path))],
        "responses": dict(_OPTIONS),
    }
    return item


def _any(name: str) -> dict[str, Any]:
    """A path parameter of OPTIONS, which speaks for every path of the template and looks at none."""
    description = "Anything: the methods are the same for every value."
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def _head(get: Operation, responses: Mapping[str, Any]) -> Operation:
    """What GET would answer, less the body."""
    return get | {
        "operationId": f"{get['operationId']}_head",
        "summary": f"{get['summary']}: headers only",
        "description": "Answers as GET does, without the body.",
        "responses": {status: _bodiless(response, responses) for status, response in get["responses"].items()},
    }


def _bodiless(response: Mapping[str, Any], responses: Mapping[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    whole = responses[name] if name else response
    return {part: value for part, value in whole.items() if part != "content"}
