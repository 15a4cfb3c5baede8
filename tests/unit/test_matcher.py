"""The matcher: terms decided by known findings, pattern by pattern."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from service.engine.atoms import OneOf, Within
from service.engine.bitset import bits
from service.engine.matcher import LONGEST, Match, Matcher
from service.report.report import Reported

_ACHE = OneOf("ache", frozenset({True}))
_NO_ACHE = OneOf("ache", frozenset({False}))
_SORE = Within("pain", low=5)
_SEVERE = Within("pain", low=8)
_LEFT = OneOf("side", frozenset({"left"}))


def _matcher() -> Matcher:
    patterns = [((_ACHE, _SORE), (_SEVERE,)), (), ((_NO_ACHE,),), ((_ACHE, _LEFT),)]
    return Matcher(patterns, ["ache", "pain", "side", "colour", "odd", "series"])


def _match(known: Mapping[str, Reported]) -> Match:
    return _matcher().match(known)


def test_terms_are_numbered_pattern_by_pattern() -> None:
    """Every term has its pattern, and every pattern its terms, or none."""
    matcher = _matcher()
    assert matcher.pattern_of == [0, 0, 2, 3]
    assert matcher.terms_of == [bits([0, 1]), 0, bits([2]), bits([3])]


def test_a_pattern_fires_when_all_atoms_of_a_term_hold() -> None:
    """Each fired pattern lists the terms that hold, in order."""
    match = _match({"ache": True, "pain": 9})
    assert list(_matcher().patterns(match.fired)) == [(0, bits([0, 1]))]
    assert match.failed == bits([2])
    assert match.touched == bits([0, 1, 3])


def test_a_term_fails_when_one_atom_fails() -> None:
    """A term with an unknown finding is open unless another of its findings fails."""
    assert _match({}).failed == 0
    assert _match({"ache": False}).failed == bits([0, 3])
    assert _match({"pain": 6}).failed == bits([1])
    assert _match({"ache": True, "pain": 6, "side": "right"}).failed == bits([1, 2, 3])


def test_fired_patterns_come_in_pattern_order() -> None:
    """The order of findings in the request has no effect."""
    forward = _match({"side": "left", "pain": 9, "ache": True})
    backward = _match({"ache": True, "pain": 9, "side": "left"})
    assert forward == backward
    assert list(_matcher().patterns(forward.fired)) == [(0, bits([0, 1])), (3, bits([3]))]


@pytest.mark.parametrize(("pain", "fired"), [(4.9, []), (5, [0]), (7.9, [0]), (8, [0, 1]), (8.1, [0, 1])])
def test_a_bound_is_part_of_its_range(pain: float, fired: list[int]) -> None:
    """A number is exact just below a bound, on it and just above it."""
    assert _match({"ache": True, "pain": pain}).fired == bits(fired)


@pytest.mark.parametrize("size", range(1, LONGEST + 1))
def test_a_term_of_any_size_needs_all_its_atoms(size: int) -> None:
    """The count of holding atoms is exact up to the longest term."""
    names = [f"finding_{number}" for number in range(size)]
    matcher = Matcher([(tuple(OneOf(name, frozenset({True})) for name in names),)], names)
    assert matcher.match(dict.fromkeys(names, True)).fired == bits([0])
    assert matcher.match(dict.fromkeys(names[1:], True)).fired == 0


def test_a_term_that_is_too_long_is_refused() -> None:
    """A term that exceeds the counter is refused, because a rule could then fire or fail wrongly."""
    names = [f"finding_{number}" for number in range(LONGEST + 1)]
    with pytest.raises(ValueError, match="may name 7 findings"):
        Matcher([(tuple(OneOf(name, frozenset({True})) for name in names),)], names)


def test_a_finding_that_no_term_names_decides_nothing() -> None:
    """A finding that no term uses is ignored, whatever its type."""
    match = _match({"colour": "red", "odd": True, "series": (1.0, 2.0)})
    assert (match.fired, match.failed, match.touched) == (0, 0, 0)


def test_because_names_each_finding_once() -> None:
    """The findings of several terms are listed in order, without repeats."""
    assert _matcher().because(bits([0, 3])) == ("ache", "pain", "side")
    assert _matcher().because(bits([3])) == ("ache", "side")
    assert _matcher().because(0) == ()


def test_naming_holds_the_terms_of_each_finding() -> None:
    """A finding in two terms has both, and a finding in no term has none."""
    terms_naming = _matcher().terms_naming
    assert terms_naming["ache"] == bits([0, 2, 3])
    assert terms_naming["colour"] == 0


def test_a_denied_finding_fails_its_terms() -> None:
    """A denied finding fails each term that needs its presence, and fulfils each term that needs its absence."""
    match = _match({"ache": False})
    assert (match.fired, match.failed, match.known) == (bits([2]), bits([0, 3]), _matcher().bit_of["ache"])


def test_a_choice_that_no_term_names_fails_all() -> None:
    """A choice that no term lists is known, and fails every term on its finding."""
    assert _match({"side": "right"}).failed == bits([3])
