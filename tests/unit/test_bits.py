"""Sets of numbers as bits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.engine.bitset import bits, first, members


@given(st.frozensets(st.integers(0, 2000)))
def test_a_set_has_its_members(numbers: frozenset[int]) -> None:
    """Iteration returns each member once, in ascending order, and `first` returns the least."""
    some = bits(numbers)
    assert list(members(some)) == sorted(numbers)
    assert not numbers or first(some) == min(numbers)
