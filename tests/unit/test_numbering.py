"""Numbers of terms and findings: asked findings first, for short sets."""

from __future__ import annotations

from service.engine.atoms import OneOf
from service.engine.bitset import bits
from service.engine.matcher import Matcher
from service.engine.numbering import connected, numbered
from service.engine.terms import Term


def term(*names: str) -> Term:
    """A term on these findings."""
    return tuple(OneOf(name, frozenset({True})) for name in names)


PATTERNS = [(term("far"), term("ache", "age")), (term("distance", "far"),), (term("age", "weight"), term("other"))]


def test_findings_are_connected_by_the_terms_that_name_both() -> None:
    """Findings of one term are connected, also transitively; alternatives of a pattern do not connect."""
    assert connected(PATTERNS, ["ache"]) == {"ache", "age", "weight"}
    assert connected(PATTERNS, ["other"]) == {"other"}
    assert connected(PATTERNS, []) == frozenset()


def test_terms_of_connected_findings_come_first() -> None:
    """All other terms keep the order of their patterns."""
    in_order = numbered(PATTERNS, frozenset({"ache", "age", "weight"}))
    assert [pattern for pattern, _ in in_order] == [0, 2, 0, 1, 2]
    assert in_order[0][1] == term("ache", "age")


def test_patterns_are_found_in_their_order_whatever_their_numbers() -> None:
    """The numbering changes no decision."""
    names = ["far", "distance", "other", "ache", "age", "weight"]
    matcher = Matcher(PATTERNS, names, ["weight"])
    assert [name for name in matcher.bit_of if matcher.bit_of[name] < 1 << 3] == ["ache", "age", "weight"]
    fired = matcher.match(dict.fromkeys(names, True)).fired
    assert matcher.patterns(fired) == [(0, bits([0, 2])), (1, bits([3])), (2, bits([1, 4]))]
