"""Parts of an answer encoded once, with gaps for what a request decides.

A mould is JSON bytes for `%`: what the knowledge says is in it, and each `%b` takes what this answer says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from service.model.assessment import Part

encode: Final = msgspec.json.Encoder().encode

GAP: Final[Any] = msgspec.Raw(b'"\\u0000"')
"""Stands in a part of an answer for a member that is not known yet; no text of the knowledge holds it."""


def mould(part: Part) -> bytes:
    """`part` as JSON, with `%b` for each member that is `GAP`, in the order of the members."""
    return encode(part).replace(b"%", b"%%").replace(bytes(GAP), b"%b")


def listed(parts: Iterable[bytes]) -> bytes:
    """A list of parts as JSON."""
    return b"[%b]" % b",".join(parts)


def flag(*, claim: bool) -> bytes:
    """A claim as JSON."""
    return b"true" if claim else b"false"
