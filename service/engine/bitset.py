"""Bit sets of small numbers, each stored as one integer.

A set operation is then a single machine-speed step. Member `n` is the bit of value `2**n`, so the lowest bit is the
first member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Bits = int


def bits(members: Iterable[int]) -> Bits:
    """Return the set of `members`."""
    whole = 0
    for member in members:
        whole |= 1 << member
    return whole


def first(some: Bits) -> int:
    """Return the least member of a non-empty set."""
    return (some & -some).bit_length() - 1


def members(some: Bits) -> Iterator[int]:
    """Yield the members in ascending order."""
    while some:
        lowest = some & -some
        yield lowest.bit_length() - 1
        some ^= lowest
