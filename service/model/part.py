"""The base of every part of a response, and the labelled id."""

from __future__ import annotations

import msgspec

Number = int | float


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every part of a response: frozen, with named members."""


class Labelled(Part, frozen=True, kw_only=True):
    """An id with the text to show for it."""

    id: str
    label: str
