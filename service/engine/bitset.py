"""Sets of small numbers kept as one whole number each: a set operation is then a single machine-speed step.

Member `n` is the bit of value `2**n`, so the lowest bit is the first member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Bits = int


def bits(members: Iterable[int]) -> Bits:
    """The set of `members`."""
    whole = 0
    for member in members:
        whole |= 1 << member
    return whole


def first(some: Bits) -> int:
    """The least member of a set that has one."""
    return (some & -some).bit_length() - 1


def members(some: Bits) -> Iterator[int]:
    """The members, least first."""
    while some:
        lowest = some & -some
        yield lowest.bit_length() - 1
        some ^= lowest
