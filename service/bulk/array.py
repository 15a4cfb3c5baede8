"""Splits a JSON array of requests into items, as bytes."""

from __future__ import annotations

from typing import Final

import msgspec

from service.errors import BrokenContract, Fault
from service.report.json_body import TOO_DEEP, malformed

MOST: Final = 1_000
"""The most items of one array. A stream of lines has no such limit."""

COMMAS: Final = 600
"""The most commas per item, more than a complete request has.

Every item becomes an object before the items are counted, so millions of items would fill the memory.
"""

TOO_MANY_COMMAS: Final = Fault(
    "", "too_many_items", f"must have at most {MOST * COMMAS} commas, more than {MOST} whole requests have"
)

_scan: Final = msgspec.json.Decoder(msgspec.Raw).decode
_decode: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def items_of(body: bytes) -> list[bytes]:
    """Return the bytes of each item, in order.

    Raises `MalformedBody` or `BrokenContract` for a fault of the array itself.
    """
    _require_json(body)
    if body.count(b",") > MOST * COMMAS:
        raise BrokenContract((TOO_MANY_COMMAS,))
    try:
        items = _decode(body)
    except msgspec.ValidationError:
        raise BrokenContract((Fault("", "type", "must be an array of requests"),)) from None
    if not 1 <= len(items) <= MOST:
        raise _counted("too_many_items" if items else "too_few_items")
    return [bytes(item) for item in items]


def _require_json(body: bytes) -> None:
    """Raise `MalformedBody` unless all of `body` is JSON.

    This check creates no objects.

    The array decoder stops at the first byte that does not belong to an array. Neither decoder reads strings as UTF-8.
    """
    try:
        _scan(body)
        if not body.isascii():
            body.decode("utf-8")
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except ValueError as found:
        raise malformed(body, found) from None


def _counted(code: str) -> BrokenContract:
    return BrokenContract((Fault("", code, f"must have from 1 to {MOST} items"),))
