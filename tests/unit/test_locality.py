"""Locality: which findings have to do with each other."""

from __future__ import annotations

from service.engine.locality import kinships


def test_what_is_named_together_is_of_one_group() -> None:
    """Directly or through others, in whatever order it is told."""
    assert kinships([("a", "b"), ("c", "d"), ("d", "b"), ("e",)], "abcdef") == {
        "a": 0,
        "b": 0,
        "c": 0,
        "d": 0,
        "e": 1,
        "f": 2,
    }


def test_groups_are_numbered_by_their_first_finding() -> None:
    """The order of the vocabulary decides, not the order of the terms."""
    assert kinships([("y", "z"), ("a", "x")], ["x", "y", "a", "z"]) == {"x": 0, "y": 1, "a": 0, "z": 1}


def test_a_term_without_findings_joins_nothing() -> None:
    """A condition that always holds has one."""
    assert kinships([(), ("a",)], ["a"]) == {"a": 0}
