"""Cuts a JSON array of requests into its items without reading or rewriting them."""

from __future__ import annotations

from typing import Final

import msgspec

from service.errors import BrokenContract, Fault
from service.report.json_body import TOO_DEEP, malformed

MOST: Final = 1_000
"""Items of one array; a stream of lines has no such limit."""

COMMAS: Final = 400
"""More than a request has that says all there is to say.

Each item of an array becomes an object before they are counted, so millions of them would fill the memory.
"""

TOO_MANY_COMMAS: Final = Fault(
    "", "too_many_items", f"must have at most {MOST * COMMAS} commas, more than {MOST} whole requests have"
)

_decode: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def items_of(body: bytes) -> list[bytes]:
    """The bytes of each item, in order; raises `MalformedBody` or `BrokenContract` for the array itself."""
    if body.count(b",") > MOST * COMMAS:
        raise BrokenContract((TOO_MANY_COMMAS,))
    try:
        items = _decode(body)
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except msgspec.ValidationError:
        raise BrokenContract((Fault("", "type", "must be an array of requests"),)) from None
    except ValueError as found:
        raise malformed(body, found) from None
    if not 1 <= len(items) <= MOST:
        raise _counted("too_many_items" if items else "too_few_items")
    return [bytes(item) for item in items]


def _counted(code: str) -> BrokenContract:
    return BrokenContract((Fault("", code, f"must have from 1 to {MOST} items"),))
