"""Puts the contract together: the hand-written base, the schemas of the types, and the examples by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from service.contract.answers import answer_schemas
from service.contract.paths import with_derived
from service.contract.requests import request_schemas
from service.knowledge.catalogue import catalogue
from service.knowledge.knowledge import Knowledge

_WORDS = "x-words"
_EXAMPLES = "x-examples"
_SERVED = "x-served"
_BATCH = "x-batch"


def build(knowledge: Knowledge, base: Mapping[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    """The contract as one document.

    `base` is `openapi/base.yaml`: OpenAPI, with the words for what types cannot say under `x-words`,
    `x-examples` where a media type shows some (a list of names, or `request` or `response` for every pair of
    these), `x-batch` where it shows several of them as one array or as lines, and `x-served` where it shows what is
    served at `/knowledge/...`. `examples` are the files of `openapi/examples/` by name, each with its `summary` and
    `value`.
    """
    words = base[_WORDS]
    document = {name: part for name, part in base.items() if name != _WORDS}
    components: dict[str, Any] = dict(document["components"])
    components["schemas"] = {
        **request_schemas(knowledge, words["requests"]),
        **answer_schemas(words["answers"]),
        **components["schemas"],
    }
    document["components"] = components
    document["paths"] = with_derived(document["paths"], components["responses"])
    filled: dict[str, Any] = _filled(document, examples, _served(knowledge))
    return filled


def _served(knowledge: Knowledge) -> dict[str, bytes]:
    """What is served below `/knowledge/`, by path."""
    documents = catalogue(knowledge)
    return documents.kinds | {f"{kind}/{id_}": entry for (kind, id_), entry in documents.entries.items()}


def _filled(part: Any, examples: Mapping[str, Any], served: Mapping[str, bytes]) -> Any:
    """`part` with each name of something to show replaced by the thing itself."""
    if isinstance(part, list):
        return [_filled(item, examples, served) for item in part]
    if not isinstance(part, dict):
        return part
    named = (_EXAMPLES, _SERVED, _BATCH)
    filled = {name: _filled(value, examples, served) for name, value in part.items() if name not in named}
    if _SERVED in part:
        filled["example"] = msgspec.json.decode(served[part[_SERVED]])
    if _BATCH in part:
        items = [_item(place, examples[name]["value"]) for place, name in enumerate(part[_BATCH])]
        is_text = part["schema"]["type"] == "string"
        filled["example"] = "\n".join(msgspec.json.encode(item).decode() for item in items) if is_text else items
    if _EXAMPLES in part:
        filled["examples"] = {_bare(name): examples[name] for name in _named(part[_EXAMPLES], examples)}
    return filled


def _item(place: int, value: dict[str, Any]) -> dict[str, Any]:
    """An example as an item of a batch: a problem names its place there too."""
    return value | {"instance": f"{value['instance']}/{place}"} if "instance" in value else value


def _named(asked: list[str] | str, examples: Mapping[str, Any]) -> list[str]:
    """The names asked for; a kind asks for each of it that belongs to a request with an answer."""
    if isinstance(asked, list):
        return asked
    return [f"{_bare(name)}.{asked}" for name in examples if name.endswith(".response")]


def _bare(name: str) -> str:
    """`hills` for `hills.request`: one name for a request and its answer, so that a mock can pair them."""
    return name.partition(".")[0]


def render(document: Mapping[str, Any]) -> bytes:
    """The document as YAML: the same bytes for the same document."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False
    )
    return text.encode()


class _Dumper(yaml.SafeDumper):
    """Block text for what has several lines, and no anchors: some readers of contracts know neither."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is the library's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
