"""Builds the OpenAPI contract from its sources.

The sources are the hand-written base, the version, the schemas of the types, and the named examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from service.contract.requests import request_schemas
from service.contract.responses import response_schemas
from service.knowledge.catalogue import catalogue
from service.knowledge.knowledge import Knowledge
from service.model.version import API_VERSION

_WORDS = "x-words"
_EXAMPLES = "x-examples"
_SERVED = "x-served"
_BATCH = "x-batch"


def build(knowledge: Knowledge, base: Mapping[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contract as one document.

    `base` is `openapi/base.yaml`: OpenAPI with the descriptions of the types under `x-words`. A media type may have:
    `x-examples`: the examples that it shows, as a list of names, or `request` or `response` for every pair of these.
    `x-batch`: the examples that it shows together, as one array or as lines.
    `x-served`: the document of `/knowledge/...` that it shows.

    `examples` are the files of `openapi/examples/` by name, each with its `summary` and `value`.

    Raises `ValueError` if two schemas have the same name.
    """
    words = base[_WORDS]
    document = {name: part for name, part in base.items() if name != _WORDS}
    document["info"] = {"title": document["info"]["title"], "version": API_VERSION} | document["info"]
    components: dict[str, Any] = dict(document["components"])
    components["schemas"] = _joined(
        request_schemas(knowledge, words["requests"]), response_schemas(words["responses"]), components["schemas"]
    )
    document["components"] = components
    filled: dict[str, Any] = _filled(document, examples, _served(knowledge))
    return filled


def _joined(*parts: Mapping[str, Any]) -> dict[str, Any]:
    names = Counter(name for part in parts for name in part)
    if twice := sorted(name for name, count in names.items() if count > 1):
        raise ValueError(f"two schemas have the name {', '.join(twice)}")
    return {name: schema for part in parts for name, schema in part.items()}


def _served(knowledge: Knowledge) -> dict[str, bytes]:
    """Return the documents below `/knowledge/` by path."""
    documents = catalogue(knowledge)
    return documents.kinds | {f"{kind}/{id_}": entry for (kind, id_), entry in documents.entries.items()}


def _filled(part: Any, examples: Mapping[str, Any], served: Mapping[str, bytes]) -> Any:
    """Return `part` with example names replaced by the examples."""
    if isinstance(part, list):
        return [_filled(item, examples, served) for item in part]
    if not isinstance(part, dict):
        return part
    named = (_EXAMPLES, _SERVED, _BATCH)
    filled = {name: _filled(value, examples, served) for name, value in part.items() if name not in named}
    if _SERVED in part:
        filled["example"] = msgspec.json.decode(served[part[_SERVED]])
    if _BATCH in part:
        items = [_item(place, name, examples[name]["value"]) for place, name in enumerate(part[_BATCH])]
        is_text = part["schema"]["type"] == "string"
        filled["example"] = "\n".join(msgspec.json.encode(item).decode() for item in items) if is_text else items
    if _EXAMPLES in part:
        filled["examples"] = {_stem(name): examples[name] for name in _named(part[_EXAMPLES], examples)}
    return filled


def _item(place: int, name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return an example as an item of a batch.

    A problem also names its place in the batch.
    """
    if name.endswith(".response"):
        return {"status": 200, "assessment": value}
    if name.endswith(".problem"):
        return {"status": value["status"], "problem": value | {"instance": f"{value['instance']}/{place}"}}
    return value


def _named(requested: list[str] | str, examples: Mapping[str, Any]) -> list[str]:
    """Return the names of the requested examples.

    A kind requests each example of it that belongs to a request with a response.
    """
    if isinstance(requested, list):
        return requested
    return [f"{_stem(name)}.{requested}" for name in examples if name.endswith(".response")]


def _stem(name: str) -> str:
    """Return the part before the first dot: `hills` for `hills.request`.

    A request and its response share this name, so that a mock can pair them.
    """
    return name.partition(".")[0]


def render(document: Mapping[str, Any]) -> bytes:
    """Return the document as YAML.

    The same document always gives the same bytes.
    """
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False
    )
    return text.encode()


class _Dumper(yaml.SafeDumper):
    """A YAML dumper with block text and without anchors.

    Strings of several lines become block text. Some readers of contracts do not support anchors.
    """

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is the library's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
