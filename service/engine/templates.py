"""JSON templates: the static parts of a response, encoded once, with placeholders.

A template is made of a wire type whose variable members are `HOLE`. The names of the holes are given as well, in their
order, so a member that is forgotten fails when the knowledge is compiled and not when a request comes.
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
    """One part of a response with `holes` to fill; raises `ValueError` if the part has others or another order."""

    __slots__ = ("_text",)

    def __init__(self, part: Part, *holes: str) -> None:
        found = tuple(name for name in part.__struct_fields__ if getattr(part, name) is HOLE)
        if found != holes:
            raise ValueError(f"{type(part).__name__} has the holes {found}, not {holes}")
        self._text = encode(part).replace(b"%", b"%%").replace(bytes(HOLE), b"%b")

    def fill(self, *values: bytes) -> bytes:
        """The part with each hole filled by JSON, in the order of the holes."""
        return self._text % values


def array(parts: Iterable[bytes]) -> bytes:
    """A JSON array of encoded parts."""
    return b"[%b]" % b",".join(parts)


def boolean(*, value: bool) -> bytes:
    """A JSON boolean."""
    return b"true" if value else b"false"
