"""Faults of retired, misplaced and misspelt names in a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from service.knowledge.schema.findings import Retired

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST_ID: Final = 64
_MOST_COMPARED: Final = 20
"""The most names per request that are compared. Each takes a millisecond, and a body has room for thousands."""


class NameFault(NamedTuple):
    """The reason to refuse a name, and the nearest known name."""

    code: str
    detail: str
    nearest: str | None


class Names:
    """The names that each part of a request accepts.

    The part `""` is the request itself.
    """

    def __init__(self, parts: Mapping[str, Mapping[str, object]], retired: Mapping[str, Retired]) -> None:
        self._parts = parts
        self._retired = retired

    def fault(self, part: str, name: str, reported: int) -> NameFault:
        """Return the fault of a `name` that `part` does not accept.

        `reported` is the number of faults of the request before this one.
        """
        retired = self._retired.get(name)
        if retired is not None:
            return NameFault(retired.code, retired.detail, retired.instead)
        right = next((other for other, names in self._parts.items() if other and name in names), None)
        if right is not None:
            return NameFault("unknown_property", f"belongs in {right}", f"{right}/{name}")
        near: list[str] = []
        if reported < _MOST_COMPARED:
            near = get_close_matches(name[:_LONGEST_ID].lower(), self._parts[part], n=1)
        if near:
            return NameFault("unknown_property", f"the name is not known; the nearest is {near[0]}", near[0])
        return NameFault("unknown_property", "the name is not known", None)


def pointer(parent: str, name: str) -> str:
    """Return the JSON Pointer of `name`, or of its parent.

    A name in the form of an id has its own pointer, so a client can remove it.
    """
    return f"{parent}/{name}" if _ID.fullmatch(name) else parent
