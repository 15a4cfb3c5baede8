"""Atomic tests of one finding against one set of values.

Each atom names one finding and decides whether a value passes. Two atoms on the same finding narrow to the values that
pass both. A term therefore mentions each finding once, and unknown values stay exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from service.report.report import Value


class Atom(Protocol):
    """A test of one finding.

    Equal atoms are the same test.
    """

    @property
    def finding(self) -> str:
        """The tested finding."""

    def holds(self, value: Value) -> bool:
        """Return whether `value` passes the test."""

    def narrowed(self, other: Atom) -> Atom | None:
        """Return the atom for values that pass both, or None."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A test for one of several values.

    The finding is a yes/no finding or a choice.
    """

    finding: str
    values: frozenset[bool | str]

    def holds(self, value: Value) -> bool:
        """Return whether `value` is one of `values`."""
        return value in self.values

    def narrowed(self, other: Atom) -> OneOf | None:
        """Return the test for the common values, or None."""
        assert isinstance(other, OneOf)
        both = self.values & other.values
        return OneOf(self.finding, both) if both else None


@dataclass(frozen=True, slots=True)
class Within:
    """A test for a number from `low` to `high`.

    An open end excludes its bound.
    """

    finding: str
    low: int | float = -math.inf
    high: int | float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Value) -> bool:
        """Return whether the number lies within the range."""
        assert isinstance(value, int | float)
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)

    def narrowed(self, other: Atom) -> Within | None:
        """Return the overlap of both ranges, or None."""
        assert isinstance(other, Within)
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        if low > high or (low == high and (low_open or not closed)):
            return None
        return Within(self.finding, low, high, low_open, not closed)


@dataclass(frozen=True, slots=True)
class Selection:
    """A test for a set of one or more choices.

    The set has a choice from each group in `includes` and no choice outside `only`.
    """

    finding: str
    choices: frozenset[str]
    includes: tuple[frozenset[str], ...]
    only: frozenset[str]

    def holds(self, value: Value) -> bool:
        """Return whether the chosen values pass the test."""
        assert isinstance(value, frozenset)
        return bool(value) and value <= self.only and all(group & value for group in self.includes)

    def narrowed(self, other: Atom) -> Selection | None:
        """Return the selections that pass both, or None."""
        assert isinstance(other, Selection)
        both = Selection(self.finding, self.choices, self.includes + other.includes, self.only & other.only)
        # The largest selection meets each group if any selection does.
        return both if both.holds(both.only) else None
