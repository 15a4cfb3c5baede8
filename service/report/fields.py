"""Field readers, one for each kind of finding.

A reader returns the value for the engine, or raises `Refused`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from service.knowledge.schema.findings import Finding
from service.report.report import NUMBER, Reported

NOT_SENT: Final = "unknown"
"""The choice that means the same as leaving the finding out."""

COUNTRY: Final = r"\A[A-Z]{2}\Z"
"""The pattern of an ISO 3166-1 alpha-2 code."""

Field = Callable[[object], Reported | None]
T = TypeVar("T")


class Refused(Exception):
    """A value that a finding does not accept.

    The error has a stable code, the accepted values, and the place below the name. `parts` are all refusals of the
    items of a list, of which this is the first. Otherwise it is the refusal itself.
    """

    def __init__(self, code: str, detail: str, below: str = "", parts: tuple[Refused, ...] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.below = below
        self.parts = parts or (self,)


def field_of(finding: Finding) -> Field:
    """Return the reader of one finding.

    A None from the reader means "not sent".
    """
    if finding.kind == "boolean":
        return boolean
    if finding.kind == "choice":
        return _choice(finding.values)
    if finding.kind == "choices":
        return _choices(finding.values)
    number = _number(finding)
    if finding.kind == "series":
        return _series(number, finding.min_items or 0, finding.max_items or 0)
    return number


def boolean(value: object) -> bool:
    """Return the value of a yes/no finding."""
    if value is True or value is False:
        return value
    raise Refused("type", "must be true, false or null")


def country(value: object) -> str:
    """Return an ISO 3166-1 alpha-2 code in capitals."""
    if not isinstance(value, str):
        raise Refused("type", "must be a string")
    if not re.search(COUNTRY, value):
        raise Refused("pattern", "must be two capital letters, an ISO 3166-1 alpha-2 code")
    return value


def _choice(values: tuple[str, ...]) -> Field:
    detail = "must be one of " + ", ".join(values)

    def read(value: object) -> str | None:
        if not isinstance(value, str):
            raise Refused("type", detail)
        if value not in values:
            raise Refused("not_a_choice", detail)
        return None if value == NOT_SENT else value

    return read


def _choices(values: tuple[str, ...]) -> Field:
    choice = _choice(values)

    def read(value: object) -> frozenset[str]:
        return frozenset(str(item) for item in _items(value, choice, 0, len(values)))

    return read


def _number(finding: Finding) -> Callable[[object], int | float]:
    least, most, whole = finding.minimum or 0, finding.maximum or 0, finding.kind == "integer"
    kind = "must be a whole number" if whole else "must be a number"
    limits = f"must be from {least:g} to {most:g} {finding.unit or ''}".rstrip()

    def read(value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, NUMBER):
            raise Refused("type", kind)
        if not least <= value <= most:
            raise Refused("out_of_range", limits)
        if not whole:
            return value
        if value != int(value):
            raise Refused("type", kind)
        return int(value)

    return read


def _series(number: Callable[[object], int | float], least: int, most: int) -> Field:
    def read(value: object) -> tuple[int | float, ...]:
        return tuple(_items(value, number, least, most))

    return read


def _items(value: object, read: Callable[[object], T], least: int, most: int) -> list[T]:
    """Return the items of a list, each read by itself.

    Raises `Refused` with every item that is not accepted.
    """
    if not isinstance(value, list):
        raise Refused("type", "must be a list")
    if not least <= len(value) <= most:
        code = "too_few_items" if len(value) < least else "too_many_items"
        raise Refused(code, f"must have from {least} to {most} items")
    items: list[T] = []
    refused: list[Refused] = []
    for place, item in enumerate(value):
        try:
            items.append(read(item))
        except Refused as fault:
            refused.append(Refused(fault.code, fault.detail, f"/{place}"))
    if refused:
        raise Refused(refused[0].code, refused[0].detail, refused[0].below, tuple(refused))
    return items
