"""Strict YAML reader that refuses duplicate names.

The error has the line and the column. PyYAML alone keeps the last of two equal names, so one of two `when` would vanish
unseen.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.constructor import ConstructorError


class DuplicateName(yaml.YAMLError):
    """Raised if a mapping gives one name twice.

    `line` and `column` count from 1.
    """

    def __init__(self, name: object, line: int, column: int) -> None:
        super().__init__(f"the name {name!r} is given twice (line {line}, column {column})")


class _StrictLoader(yaml.CSafeLoader):
    """A safe YAML loader that refuses duplicate names."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 (the library's)
        """Construct the value of a node.

        Raises `ConstructorError` with the position if the value is not of the node's type. PyYAML raises arbitrary
        errors then, without the position.
        """
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            kind = node.tag.rpartition(":")[2]
            # The original message is left out: it quotes the value, which may be a key.
            raise ConstructorError(None, None, f"is not a value of the type '{kind}'", node.start_mark) from None


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
    """Return the document in `text` as plain values.

    Raises `yaml.YAMLError` if `text` is not one document.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader, made stricter
    except RecursionError:
        raise yaml.YAMLError("is nested too deeply") from None
