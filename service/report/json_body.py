"""JSON decoding of a request body, with precise errors.

Each way to fail has its own error. A name that occurs twice in one object is refused, because a parser would drop one
of the values.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

import msgspec

from service.errors import BrokenContract, Fault, MalformedBody

TOO_DEEP: Final = Fault("", "too_deep", "is nested deeper than any request")
"""The fault of a body that is nested too deeply to parse."""

_BYTE = re.compile(r"\(byte ([0-9]+)\)$")
_decode: Final = msgspec.json.Decoder().decode


def decoded(body: bytes) -> object:
    """Return the JSON value of `body`.

    Raises `MalformedBody`, or `BrokenContract` if the body is nested too deep.
    """
    try:
        request = _decode(body)
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except msgspec.ValidationError:
        request = _decoded_with_any_number(body)
    except ValueError as error:
        raise malformed(body, error) from None
    if body.count(b":") != _names(request):
        _refuse_duplicate_names(body)
    return request


def malformed(body: bytes, error: ValueError) -> MalformedBody:
    """Return the error for a `body` that is not JSON.

    Its detail names the byte (from 0) if the parser's `error` gives it.
    """
    if not body.strip():
        return MalformedBody("empty", "the body is empty")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as fault:
        return MalformedBody("invalid_utf8", f"the body is not UTF-8 at byte {fault.start}")
    if byte := _BYTE.search(str(error)):
        return MalformedBody("invalid_json", f"the body stops being one JSON document near byte {byte[1]}")
    return MalformedBody("invalid_json", "the body is not one JSON document")


def _decoded_with_any_number(body: bytes) -> object:
    """Decode a `body` with a number that no float holds.

    The number becomes infinite, so a range refuses it.
    """
    try:
        request: object = json.loads(body.decode("utf-8"), parse_int=float, parse_constant=_refuse_constant)
        json.dumps(request, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
    except ValueError as error:
        raise malformed(body, error) from None
    return request


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _names(request: object) -> int:
    """Return the number of names in a request.

    The number equals the colons outside the strings if the request has the right shape.
    """
    if not isinstance(request, dict):
        return 0
    count = len(request)
    for part in request.values():
        if isinstance(part, dict):
            count += len(part)
    return count


def _refuse_duplicate_names(body: bytes) -> None:
    """Raise `MalformedBody` if an object has one name twice."""

    def pairs(members: list[tuple[str, object]]) -> None:
        if len({name for name, _ in members}) != len(members):
            raise MalformedBody("duplicate_name", "an object gives one name twice")

    try:
        json.loads(body, object_pairs_hook=pairs, parse_int=float)
    except RecursionError:
        raise BrokenContract((TOO_DEEP,)) from None
