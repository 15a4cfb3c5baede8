"""The index: what known findings decide, pattern by pattern."""

from __future__ import annotations

from service.engine.atoms import OneOf, Within
from service.engine.index import Index

_ACHE = OneOf("ache", frozenset({True}))
_NO_ACHE = OneOf("ache", frozenset({False}))
_SORE = Within("pain", low=5)
_SEVERE = Within("pain", low=8)
_LEFT = OneOf("side", frozenset({"left"}))


def _index() -> Index:
    return Index([((_ACHE, _SORE), (_SEVERE,)), (), ((_NO_ACHE,),), ((_ACHE, _LEFT),)])


def test_terms_are_numbered_pattern_by_pattern() -> None:
    """Every term knows its pattern, and every pattern its terms, even where it has none."""
    index = _index()
    assert index.pattern_of == [0, 0, 2, 3]
    assert index.terms_of == [(0, 1), (), (2,), (3,)]


def test_a_pattern_fires_when_all_atoms_of_a_term_hold() -> None:
    """Each fired pattern lists the terms that hold, in order."""
    match = _index().match({"ache": True, "pain": 9})
    assert match.fired == {0: [0, 1]}
    assert match.failed == {2}
    assert match.touched == {0: 2, 1: 1, 3: 1}


def test_a_term_fails_when_one_atom_fails() -> None:
    """A term with an unknown finding is open until another of its findings fails."""
    index = _index()
    assert index.match({}).failed == set()
    assert index.match({"ache": False}).failed == {0, 3}
    assert index.match({"pain": 6}).failed == {1}
    assert index.match({"ache": True, "pain": 6, "side": "right"}).failed == {1, 2, 3}


def test_fired_patterns_come_in_pattern_order() -> None:
    """The order in which findings were sent does not show."""
    index = _index()
    forward = index.match({"side": "left", "pain": 9, "ache": True})
    backward = index.match({"ache": True, "pain": 9, "side": "left"})
    assert list(forward.fired.items()) == list(backward.fired.items()) == [(0, [0, 1]), (3, [3])]


def test_closed_terms_fail_from_the_start() -> None:
    """What a screen answer rules out counts as failed."""
    assert _index().match({}, closed=[1, 3]).failed == {1, 3}


def test_a_finding_that_no_term_names_decides_nothing() -> None:
    """An unused value is ignored, whatever its type."""
    match = _index().match({"colour": "red", "odd": True, "series": (1.0, 2.0)})
    assert (match.fired, match.failed, match.touched) == ({}, set(), {})


def test_because_names_each_finding_once() -> None:
    """The findings of several terms, in order, repeats left out."""
    assert _index().because([0, 3]) == ("ache", "pain", "side")
    assert _index().because([]) == ()


def test_atoms_on_a_finding_carry_their_terms() -> None:
    """One atom in two terms is listed with both; an unnamed finding has none."""
    assert _index().atoms_on("ache") == {_ACHE: [0, 3], _NO_ACHE: [2]}
    assert _index().atoms_on("nothing") == {}
