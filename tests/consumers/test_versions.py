"""The version moves as far as the changes since the release require.

`redocly diff` rates every change. It misses an operation's inherited security, a changed default and a response that
may newly be null, and it rates some additions to a request as text; all four are checked here as well.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.contract import SHIPPED
from service.knowledge.yaml_reader import read_yaml

_RELEASED = SHIPPED / "released"
_IMPACTS = ("none", "patch", "minor", "major")
_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_REQUEST = ("Runner", "FindingsById", "Training", "AssessmentRequest")

Gate = Callable[[Any, Any], str]
Change = Callable[[Any], None]


def _version(text: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in text.split("."))
    return major, minor, patch


def _newest() -> Path:
    return max(_RELEASED.glob("*.yaml"), key=lambda file: _version(file.stem))


def _is_far_enough(old: str, new: str, impact: str) -> bool:
    """Whether the version moved far enough; text needs no move."""
    before, after = _version(old), _version(new)
    parts = {"none": 0, "patch": 0, "minor": 2, "major": 1}[impact]
    return after[:parts] > before[:parts] or (not parts and after >= before)


def _security(document: Any) -> dict[str, list[frozenset[str]]]:
    """Each operation's security, its own or inherited, as alternatives."""
    return {
        f"{method} {path}": [frozenset(one) for one in item[method].get("security", document.get("security", []))]
        or [frozenset()]
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    }


def _asks_for_more(old: Any, new: Any) -> bool:
    """Whether an operation now rejects a client that it accepted."""
    before, after = _security(old), _security(new)
    shared = before.keys() & after.keys()
    return any(not any(asked <= held for asked in after[name]) for name in shared for held in before[name])


Place = tuple[str | int, ...]


def _defaults(part: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every default of a schema by place, beside properties named `default`."""
    named = place[-1:] in {("properties",), ("responses",), ("patternProperties",)}
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "default" and not named:
                yield place, json.dumps(value, sort_keys=True)
            elif named or name not in {"example", "examples", "enum", "const"}:
                yield from _defaults(value, (*place, name))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from _defaults(value, (*place, number))


def _default_moved(old: Any, new: Any) -> bool:
    """Whether omitting a value has a new meaning.

    A new default at an existing place counts too.
    """
    before, after = dict(_defaults(old)), dict(_defaults(new))
    places = before.keys() | after.keys()
    return any(before.get(place) != after.get(place) for place in places if _is_there(old, place))


def _is_there(document: Any, place: Place) -> bool:
    for step in place:
        try:
            document = document[step]
        except (LookupError, TypeError):
            return False
    return True


def _takes_more(old: Any, new: Any) -> bool:
    """Whether a request accepts a new property, choice or number."""

    def bounds(document: Any) -> dict[str, str]:
        schemas = document["components"]["schemas"]
        enums = {name: json.dumps(schema["enum"]) for name, schema in schemas.items() if "enum" in schema}
        return enums | {
            f"{name}/{property_}": json.dumps({k: v for k, v in schema.items() if k != "description"}, sort_keys=True)
            for name in _REQUEST
            for property_, schema in schemas.get(name, {"properties": {}})["properties"].items()
        }

    return bounds(old) != bounds(new)


def _may_newly_be_null(old: Any, new: Any) -> bool:
    """Whether a response's property may newly be null."""

    def nullable(document: Any) -> dict[str, bool]:
        return {
            f"{name}/{property_}": {"type": "null"} in schema.get("anyOf", ())
            for name, parts in document["components"]["schemas"].items()
            if name not in _REQUEST
            for property_, schema in parts.get("properties", {}).items()
        }

    before, after = nullable(old), nullable(new)
    return any(after[place] and not before[place] for place in before.keys() & after.keys())


@pytest.fixture(scope="module")
def gate(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """The greatest impact of the second contract on the first's clients."""
    folder = tmp_path_factory.mktemp("gate")

    def rate(old: Any, new: Any) -> str:
        for name, document in (("old", old), ("new", new)):
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        # Outside `openapi/redocly.yaml`: a configuration without the tool's own ratings rates all
        # changes as text, and the older Redocly inside openapi-typescript cannot read one with them.
        ended = tools.run("redocly", "diff", "old.yaml", "new.yaml", "--format", "json", cwd=folder)
        assert ended.stdout.startswith("{"), ended.stderr
        impacts: list[str] = [json.loads(ended.stdout).get("bump", "none")]
        breaks = _asks_for_more(old, new) or _default_moved(old, new) or _may_newly_be_null(old, new)
        impacts += ["major"] if breaks else []
        impacts += ["minor"] if _takes_more(old, new) else []
        return max(impacts, key=_IMPACTS.index)

    return rate


@pytest.fixture(scope="module")
def released() -> Any:
    """The newest released contract."""
    return read_yaml(_newest().read_text(encoding="utf-8"))


def test_the_version_moved_far_enough(gate: Gate, released: Any, document: Any) -> None:
    """A breaking change needs a new major version, an additive one a new minor version."""
    old, new = released["info"]["version"], document["info"]["version"]
    impact = gate(released, document)
    assert _is_far_enough(old, new, impact), f"{old} to {new} is not enough for a {impact} change"


def test_a_release_never_changes() -> None:
    """Each released file has the digest recorded by `make release`, so that a change is deliberate."""
    noted = {
        name: digest for digest, name in (line.split() for line in (_RELEASED / "SHA256SUMS").read_text().splitlines())
    }
    assert noted == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in _RELEASED.glob("*.yaml")}


def test_every_release_is_kept_and_documented() -> None:
    """Each released file has the version of its name, and an entry in the changelog."""
    changelog = (SHIPPED / "CHANGELOG.md").read_text(encoding="utf-8")
    listed = re.findall(r"^## (\S+)", changelog, re.MULTILINE)
    for file in _RELEASED.glob("*.yaml"):
        contract: Any = read_yaml(file.read_text(encoding="utf-8"))
        assert contract["info"]["version"] == file.stem
        assert file.stem in listed


@pytest.mark.parametrize(
    ("old", "new", "impact", "enough"),
    [
        ("1.0.0", "1.0.0", "none", True),
        ("1.0.0", "1.0.0", "patch", True),
        ("1.0.0", "1.0.1", "minor", False),
        ("1.0.0", "1.1.0", "minor", True),
        ("1.0.0", "1.1.0", "major", False),
        ("1.9.0", "2.0.0", "major", True),
        ("1.2.0", "2.0.0", "minor", True),
        ("1.2.0", "1.1.0", "patch", False),
    ],
)
def test_how_far_is_far_enough(old: str, new: str, impact: str, enough: bool) -> None:  # noqa: FBT001 - a table
    """Breaking changes need a major version, additions a minor one, text none; versions never decrease."""
    assert _is_far_enough(old, new, impact) is enough


def _in(schema: str, name: str, **more: Any) -> Change:
    """Change keywords of one property."""

    def change(document: Any) -> None:
        document["components"]["schemas"][schema]["properties"].setdefault(name, {"description": "x"}).update(more)

    return change


def _value(schema: str, name: str, **more: Any) -> Change:
    """Change keywords of the value of one nullable property."""

    def change(document: Any) -> None:
        document["components"]["schemas"][schema]["properties"][name]["anyOf"][0].update(more)

    return change


def _not_null(schema: str, name: str) -> Change:
    def change(document: Any) -> None:
        del document["components"]["schemas"][schema]["properties"][name]["anyOf"][1]

    return change


def _without(*path: str) -> Change:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document.pop(path[-1])

    return change


def _with(value: Any, *path: str | int) -> Change:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def _appended(value: Any, *path: str) -> Change:
    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document.append(value)

    return change


def _dropped(value: Any, *path: str) -> Change:
    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document.remove(value)

    return change


def _key_for_all(document: Any) -> None:
    document["components"]["securitySchemes"] = {"Key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    document["security"] = [{"Key": []}]


_S = ("components", "schemas")
_POST = ("paths", "/assess", "post")
_BREAKING: dict[str, Change] = {
    "a request property removed": _without(*_S, "FindingsById", "properties", "calf_cramp"),
    "a request property made required": _with(["runner"], *_S, "AssessmentRequest", "required"),
    "a narrower range below": _value("Runner", "age_years", minimum=20),
    "a narrower range above": _value("Runner", "age_years", maximum=90),
    "a choice removed": _dropped("both", *_S, "CalfSide", "enum"),
    "null no longer accepted": _not_null("FindingsById", "calf_cramp"),
    "another type": _value("FindingsById", "calf_cramp", type="string"),
    "another pattern": _with("^[A-Z]{3}$", *_S, "Country", "pattern"),
    "fewer items": _value("FindingsById", "numb_region", maxItems=3),
    "a response property removed": _without(*_S, "Triage", "properties", "could_rise_to"),
    "a response property no longer required": _dropped("interview", *_S, "Assessment", "required"),
    "a new level": _appended("urgent", *_S, "Level", "enum"),
    "a response that may be null": _in("Triage", "label", anyOf=[{"type": "string"}, {"type": "null"}]),
    "a path removed": _without("paths", "/knowledge/{kind}"),
    "a method removed": _without("paths", "/knowledge", "get"),
    "another media type of requests": _with(
        {"application/cbor": {"schema": {"$ref": "#/components/schemas/AssessmentRequest"}}},
        *_POST,
        "requestBody",
        "content",
    ),
    "a response header removed": _without(*_POST, "responses", "200", "headers", "X-Request-ID"),
    "a header required of requests": _with(True, "components", "parameters", "RequestId", "required"),  # noqa: FBT003
    "another name of an operation": _with("triage", *_POST, "operationId"),
    "a key required by one operation": _with([{"Key": []}], *_POST, "security"),
    "a key required by all": _key_for_all,
    "a new default": _in("Runner", "country", default="US"),
    "a new default of a parameter": _with("causes", "components", "parameters", "Id", "schema", "default"),
}
_ADDITIVE: dict[str, Change] = {
    "a new request property": _in("FindingsById", "toe_cramp", anyOf=[{"type": "boolean"}, {"type": "null"}]),
    "a new response property": _in("Triage", "since", type="integer", description="A number."),
    "a wider range": _value("Runner", "age_years", maximum=130),
    "a new choice": _appended("neither", *_S, "CalfSide", "enum"),
    "a new path": lambda document: document["paths"].update({"/new": copy.deepcopy(document["paths"]["/metrics"])}),
}
_WORDS: dict[str, Change] = {
    "a question with other text": _in("FindingsById", "calf_cramp", description="Does the calf cramp?"),
    "other text of an operation": _with("Other words.", *_POST, "description"),
    "another example": _with({}, *_POST, "requestBody", "content", "application/json", "examples"),
}


@pytest.mark.parametrize(
    ("change", "impact"),
    [(change, impact) for impact, changes in (("major", _BREAKING), ("minor", _ADDITIVE)) for change in changes],
)
def test_the_gate_rates_planted_changes(change: str, impact: str, gate: Gate, document: Any) -> None:
    """Each planted change has the rating of its effect on a client."""
    planted = copy.deepcopy(document)
    (_BREAKING | _ADDITIVE)[change](planted)
    assert gate(document, planted) == impact


@pytest.mark.parametrize("change", _WORDS)
def test_the_gate_allows_changed_texts(change: str, gate: Gate, document: Any) -> None:
    """Texts and examples may change, because they follow the knowledge."""
    planted = copy.deepcopy(document)
    _WORDS[change](planted)
    assert gate(document, planted) in {"none", "patch"}


def test_an_operation_that_stops_being_open_is_reported(gate: Gate, document: Any) -> None:
    """The diff tool misses an operation that loses `security: []` and inherits the document's key."""
    closed = copy.deepcopy(document)
    _key_for_all(closed)
    open_ = copy.deepcopy(closed)
    open_["paths"]["/knowledge"]["get"]["security"] = []
    assert gate(open_, closed) == "major"


def test_a_changed_default_is_reported(gate: Gate, document: Any) -> None:
    """The diff tool misses a changed default, which changes the meaning of an omitted value."""
    before, after = copy.deepcopy(document), copy.deepcopy(document)
    _in("Runner", "country", default="US")(before)
    _in("Runner", "country", default="GB")(after)
    assert gate(before, after) == "major"
