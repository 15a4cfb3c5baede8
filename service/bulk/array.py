"""Cuts a JSON array of requests into its items without reading or rewriting them."""

from __future__ import annotations

from typing import Final

import msgspec

from service.engine.request import TOO_DEEP, malformed
from service.errors import BrokenContract, Fault

MOST: Final = 1_000
"""Items of one array; a stream of lines has no such limit."""

_decode: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def items_of(body: bytes) -> list[bytes]:
    """The bytes of each item, in order; raises `MalformedBody` or `BrokenContract` for the array itself."""
    try:
        items = _decode(body)
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except msgspec.ValidationError:
        raise BrokenContract((Fault("", "type", "must be an array of requests"),)) from None
    except ValueError:
        raise malformed(body) from None
    if not 1 <= len(items) <= MOST:
        code = "too_many_items" if items else "too_few_items"
        raise BrokenContract((Fault("", code, f"must have from 1 to {MOST} items"),))
    return [bytes(item) for item in items]
