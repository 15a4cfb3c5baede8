"""One reader for each kind of finding: the value as the engine wants it, or a refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final, TypeVar

from service.report.report import NUMBER, Reported
from service.knowledge.schema import Finding

NOT_SENT: Final = "unknown"
"""The choice that says no more than to leave a finding out."""

COUNTRY: Final = r"\A[A-Z]{2}\Z"
"""The pattern of an ISO 3166-1 alpha-2 code."""

Field = Callable[[object], Reported | None]
T = TypeVar("T")


class Refused(Exception):
    """A value that a finding does not take: a stable code, what it must be, and where below the name.

    `parts` are all refusals at once: itself alone, or those of every item of a list, of which it is the first.
    """

    def __init__(self, code: str, detail: str, below: str = "", parts: tuple[Refused, ...] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.below = below
        self.parts = parts or (self,)


def field_of(finding: Finding) -> Field:
    """The reader for `finding`."""
    if finding.kind == "boolean":
        return screen_answer
    if finding.kind == "choice":
        return _choice(finding.values)
    if finding.kind == "choices":
        return _choices(finding.values)
    number = _number(finding.minimum or 0, finding.maximum or 0, whole=finding.kind == "integer")
    if finding.kind == "series":
        return _series(number, finding.min_items or 0, finding.max_items or 0)
    return number


def screen_answer(value: object) -> bool:
    """A yes or a no."""
    if value is True or value is False:
        return value
    raise Refused("type", "must be true, false or null")


def country(value: object) -> str:
    """An ISO 3166-1 alpha-2 code in capitals."""
    if not isinstance(value, str):
        raise Refused("type", "must be a string")
    if not re.search(COUNTRY, value):
        raise Refused("pattern", "must be two capital letters")
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
        return frozenset(str(item) for item in _items(value, choice, 1, len(values)))

    return read


def _number(minimum: float, maximum: float, *, whole: bool) -> Callable[[object], float]:
    kind = "must be a whole number" if whole else "must be a number"
    reach = f"must be from {minimum:g} to {maximum:g}"

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, NUMBER):
            raise Refused("type", kind)
        if not minimum <= value <= maximum:
            raise Refused("out_of_range", reach)
        if not whole:
            return value
        if not math.isfinite(value) or value != int(value):
            raise Refused("type", kind)
        return int(value)

    return read


def _series(number: Callable[[object], float], least: int, most: int) -> Field:
    def read(value: object) -> tuple[float, ...]:
        return tuple(_items(value, number, least, most))

    return read


def _items(value: object, read: Callable[[object], T], least: int, most: int) -> list[T]:
    """The items of a list, each read by itself; raises `Refused` with every one that is not taken."""
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
