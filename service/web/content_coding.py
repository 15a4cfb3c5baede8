"""Negotiation of the content coding (RFC 9110, 12.5.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_member: Final = re.compile(
    rb"[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
).fullmatch


def prefers_gzip(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether to send gzip in place of plain bytes.

    An invalid member is ignored. A request that accepts neither coding gets plain bytes. RFC 9110 allows a server to
    disregard the field, and an answer is more useful than a 406.
    """
    weights: dict[bytes, float] = {}
    for name, value in headers:
        if name == b"accept-encoding":
            for member in value.lower().split(b","):
                if (read := _member(member)) is not None:
                    weights[read[1].removeprefix(b"x-")] = float(read[2] or 1)
    gzip = weights.get(b"gzip", weights.get(b"*", 0.0))
    return gzip > 0 and gzip >= weights.get(b"identity", 0.0)
