"""The report of one request: the known facts about one runner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

NUMBER: Final = (int, float)
"""The types of a number, as a tuple for `isinstance`."""

Value = bool | int | float | str | frozenset[str]

Reported = Value | tuple[int | float, ...]


class Dropped(msgspec.Struct, frozen=True, order=True):
    """An unused value of the request.

    It has a JSON Pointer, a stable code, and a sentence for the integrator.
    """

    pointer: str
    code: str
    detail: str


class ReceivedCounts(msgspec.Struct, frozen=True):
    """The number of values read from each part of the request."""

    runner: int
    findings: int
    training: int
    not_known: int


class Report(msgspec.Struct, frozen=True):
    """The facts of one request.

    `known` maps finding ids of all parts to their values. A missing finding is unknown. `not_known` are the ids that
    the runner was asked about and could not answer. `ignored` are the values that were dropped. `received` counts the
    values that were read.
    """

    known: Mapping[str, Reported]
    not_known: frozenset[str] = frozenset()
    country: str | None = None
    ignored: tuple[Dropped, ...] = ()
    received: ReceivedCounts = ReceivedCounts(0, 0, 0, 0)
