"""The smallest tests: one finding against one set of values.

Each atom names one finding, says whether a value passes, and narrows to the values that it and another
atom on the same finding both pass, so that a term mentions each finding once and unknown stays exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from service.report.report import Value


class Atom(Protocol):
    """A test of one finding; equal atoms are the same test."""

    @property
    def finding(self) -> str:
        """The finding that is tested."""

    def holds(self, value: Value) -> bool:
        """Whether `value` passes."""

    def narrowed(self, other: Atom) -> Atom | None:
        """The atom that passes what both pass; None where nothing does."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A yes/no finding or a choice with one of these values."""

    finding: str
    values: frozenset[bool | str]

    def holds(self, value: Value) -> bool:
        """Whether the value is among them."""
        return value in self.values

    def narrowed(self, other: Atom) -> OneOf | None:
        """The values that both allow."""
        assert isinstance(other, OneOf)
        both = self.values & other.values
        return OneOf(self.finding, both) if both else None


@dataclass(frozen=True, slots=True)
class Within:
    """A number from `low` to `high`; an open end leaves the bound itself out."""

    finding: str
    low: int | float = -math.inf
    high: int | float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Value) -> bool:
        """Whether the number lies within."""
        assert isinstance(value, int | float)
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)

    def narrowed(self, other: Atom) -> Within | None:
        """The overlap of both ranges."""
        assert isinstance(other, Within)
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        if low > high or (low == high and (low_open or not closed)):
            return None
        return Within(self.finding, low, high, low_open, not closed)


@dataclass(frozen=True, slots=True)
class Selection:
    """One or more choices, of which each group in `includes` has one, and none is outside `only`."""

    finding: str
    choices: frozenset[str]
    includes: tuple[frozenset[str], ...]
    only: frozenset[str]

    def holds(self, value: Value) -> bool:
        """Whether the chosen values are so."""
        assert isinstance(value, frozenset)
        return bool(value) and value <= self.only and all(group & value for group in self.includes)

    def narrowed(self, other: Atom) -> Selection | None:
        """The selections that both allow."""
        assert isinstance(other, Selection)
        both = Selection(self.finding, self.choices, self.includes + other.includes, self.only & other.only)
        # The largest selection meets each group if any selection does.
        return both if both.holds(both.only) else None
