"""JSON templates: static response parts, encoded once, with placeholders.

A template is made from a wire type whose variable members are `HOLE`. The names of these members are also given, in
their order. A forgotten member thus fails when the knowledge is compiled and not during a request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from service.model.part import Part

encode: Final = msgspec.json.Encoder().encode

HOLE: Final[Any] = msgspec.Raw(b'"\\u0000"')
"""The value of a member that is filled in later. No text of the knowledge contains it."""


class Template:
    """A part of a response with placeholders.

    Raises `ValueError` if the placeholders of the part differ from `holes` in names or order.
    """

    __slots__ = ("_text",)

    def __init__(self, part: Part, *holes: str) -> None:
        found = tuple(name for name in part.__struct_fields__ if getattr(part, name) is HOLE)
        if found != holes:
            raise ValueError(f"{type(part).__name__} has the holes {found}, not {holes}")
        self._text = encode(part).replace(b"%", b"%%").replace(bytes(HOLE), b"%b")

    def fill(self, *values: bytes) -> bytes:
        """Return the part with each placeholder filled by JSON.

        The values are in the order of the placeholders.
        """
        return self._text % values


def array(parts: Iterable[bytes]) -> bytes:
    """Return a JSON array of encoded parts."""
    return b"[%b]" % b",".join(parts)


def boolean(*, value: bool) -> bytes:
    """Return a JSON boolean."""
    return b"true" if value else b"false"
