"""JSON templates: the static parts of a response, encoded once, with named placeholders.

A template is made of a wire type whose variable members are `HOLE`. The names of the holes are given as well, so a
member that is forgotten fails when the knowledge is compiled and not when a request comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from service.model.assessment import Part

encode: Final = msgspec.json.Encoder().encode

HOLE: Final[Any] = msgspec.Raw(b'"\\u0000"')
"""The value of a member that is filled in later; no text of the knowledge contains it."""


class Template:
    """One part of a response with `holes` to fill; raises `ValueError` if the part has other holes."""

    __slots__ = ("_holes", "_text")

    def __init__(self, part: Part, *holes: str) -> None:
        found = {field.name for field in msgspec.structs.fields(part) if getattr(part, field.name) is HOLE}
        if found != set(holes):
            raise ValueError(f"{type(part).__name__} has the holes {sorted(found)}, not {sorted(holes)}")
        self._holes = tuple(field.name for field in msgspec.structs.fields(part) if field.name in found)
        self._text = encode(part).replace(b"%", b"%%").replace(bytes(HOLE), b"%b")

    def fill(self, **values: bytes) -> bytes:
        """The part with each hole filled by JSON."""
        return self._text % tuple([values[name] for name in self._holes])


def array(parts: Iterable[bytes]) -> bytes:
    """A JSON array of encoded parts."""
    return b"[%b]" % b",".join(parts)


def boolean(*, value: bool) -> bytes:
    """A JSON boolean."""
    return b"true" if value else b"false"
