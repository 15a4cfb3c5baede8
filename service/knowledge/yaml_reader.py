"""Reads one YAML file strictly: a name given twice is refused, with line and column.

PyYAML alone keeps the last of two equal names, so a second `when` would vanish unseen.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import ConstructorError


class DuplicateName(yaml.YAMLError):
    """A mapping gives one name twice; `line` and `column` count from 1."""

    def __init__(self, name: object, line: int, column: int) -> None:
        super().__init__(f"the name {name!r} is given twice (line {line}, column {column})")


class _StrictLoader(yaml.CSafeLoader):
    """The safe loader, with equal names refused."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 (the library's)
        """The value of a node; where it is none of its type, the library lets any error out, and no place."""
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            kind = node.tag.rpartition(":")[2]
            # Without the error's own words: they quote the value, and it may be a key.
            raise ConstructorError(None, None, f"is no value of the type '{kind}'", node.start_mark) from None


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key, _ in node.value:
        name = loader.construct_object(key)
        if name in seen:
            raise DuplicateName(name, key.start_mark.line + 1, key.start_mark.column + 1)
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(text: str) -> object:
    """The one document in `text` as plain values; raises `yaml.YAMLError` where it is none."""
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader, made stricter
    except RecursionError:
        raise yaml.YAMLError("is nested too deeply") from None
