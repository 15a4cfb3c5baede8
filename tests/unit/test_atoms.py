"""Atoms: one finding against a set of values, and their intersection."""

from __future__ import annotations

import math

import pytest

from service.engine.atoms import OneOf, Selection, Within

_INF = math.inf
_CHOICES = frozenset({"heel", "toes", "sole"})


def _chosen(*values: str) -> frozenset[str]:
    return frozenset(values)


def test_one_of_passes_its_values_only() -> None:
    """A listed value passes."""
    atom = OneOf("side", frozenset({"left", "both"}))
    assert [atom.holds(value) for value in ("left", "both", "right", True)] == [True, True, False, False]


def test_one_of_narrows_to_the_shared_values() -> None:
    """The intersection of two lists is their shared values, or no atom."""
    left = OneOf("side", frozenset({"left", "both"}))
    assert left.narrowed(OneOf("side", frozenset({"both", "right"}))) == OneOf("side", frozenset({"both"}))
    assert left.narrowed(OneOf("side", frozenset({"right"}))) is None


@pytest.mark.parametrize(
    ("atom", "below", "at", "above"),
    [
        (Within("pain", low=8), False, True, True),
        (Within("pain", low=8, low_open=True), False, False, True),
        (Within("pain", high=8), True, True, False),
        (Within("pain", high=8, high_open=True), True, False, False),
        (Within("pain", 8, 8), False, True, False),
    ],
)
def test_within_is_exact_at_its_edge(atom: Within, below: bool, at: bool, above: bool) -> None:  # noqa: FBT001
    """A closed bound passes, an open one does not."""
    assert (atom.holds(7.5), atom.holds(8), atom.holds(8.5)) == (below, at, above)


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (Within("pain", low=3), Within("pain", high=8), Within("pain", 3, 8)),
        (Within("pain", 3, 8), Within("pain", 5, 9), Within("pain", 5, 8)),
        (Within("pain", low=3), Within("pain", low=3, low_open=True), Within("pain", low=3, low_open=True)),
        (Within("pain", high=3), Within("pain", high=3, high_open=True), Within("pain", high=3, high_open=True)),
        (Within("pain", low=8), Within("pain", high=8), Within("pain", 8, 8)),
        (Within("pain", low=8, low_open=True), Within("pain", high=8), None),
        (Within("pain", low=8), Within("pain", high=8, high_open=True), None),
        (Within("pain", low=9), Within("pain", high=8), None),
    ],
)
def test_within_narrows_to_the_overlap(left: Within, right: Within, both: Within | None) -> None:
    """The overlap takes the tighter bound of each side, in either order."""
    assert left.narrowed(right) == both
    assert right.narrowed(left) == both


def test_selection_wants_one_of_each_group_and_nothing_else() -> None:
    """The chosen values have a member in each group, and all are allowed."""
    atom = Selection("where", _CHOICES, (_chosen("heel", "toes"),), _chosen("heel", "sole"))
    assert atom.holds(_chosen("heel"))
    assert atom.holds(_chosen("heel", "sole"))
    assert not atom.holds(_chosen("sole"))
    assert not atom.holds(_chosen("heel", "toes"))


def test_selection_narrows_to_possible_choices() -> None:
    """Two selections that no choice satisfies have no intersection."""
    heel = Selection("where", _CHOICES, (_chosen("heel"),), _CHOICES)
    only_toes = Selection("where", _CHOICES, (), _chosen("toes"))
    toes = Selection("where", _CHOICES, (_chosen("toes"),), _CHOICES)
    assert heel.narrowed(only_toes) is None
    assert heel.narrowed(toes) == Selection("where", _CHOICES, (_chosen("heel"), _chosen("toes")), _CHOICES)


@pytest.mark.parametrize("value", [-_INF, _INF, 0])
def test_an_unbounded_range_holds_everywhere(value: float) -> None:
    """A range without bounds includes every number."""
    assert Within("pain").holds(value)
