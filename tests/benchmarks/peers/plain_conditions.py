"""Recursive conditions over facts: true, false, or None if unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Clause, Condition

Facts = dict[str, Any]
CLOSED: Final = object()
"""The value of a finding that does not apply; it passes no test."""


class Conditions:
    """The conditions of a knowledge, with named conditions replaced."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._derivations = {id_: it.when for id_, it in knowledge.derivations.items() if it.when is not None}

    def holds(self, condition: Condition, facts: Facts) -> bool | None:
        """Whether a condition is true; None if unknown."""
        if isinstance(condition, str):
            if condition in self._derivations:
                return self.holds(self._derivations[condition], facts)
            value = facts.get(condition)
            return False if value is CLOSED else value
        if condition.all_ is not None:
            return _every(self.holds(part, facts) for part in condition.all_)
        if condition.any_ is not None:
            return _at_least(1, (self.holds(part, facts) for part in condition.any_))
        if condition.of is not None:
            return _at_least(condition.at_least_of or 0, (self.holds(part, facts) for part in condition.of))
        value = facts.get(condition.not_ or condition.finding or "")
        return None if value is None else value is not CLOSED and _passes(condition, value)

    def named(self, condition: Condition) -> set[str]:
        """The findings in a condition."""
        return set(self._leaves(condition, None))

    def open_names(self, condition: Condition, facts: Facts) -> set[str]:
        """The findings of the open alternatives of a condition."""
        return set(self._leaves(condition, facts))

    def because(self, condition: Condition, facts: Facts) -> list[str]:
        """The findings that make a condition true, in order."""
        known = dict.fromkeys(self.named(condition), CLOSED) | facts
        return list(dict.fromkeys(self._leaves(condition, known)))

    def _leaves(self, condition: Condition, facts: Facts | None) -> Iterator[str]:
        """The findings in a condition, without its false parts."""
        if facts is not None and self.holds(condition, facts) is False:
            return
        if isinstance(condition, str):
            if condition in self._derivations:
                yield from self._leaves(self._derivations[condition], facts)
            else:
                yield condition
            return
        own = condition.finding or condition.not_
        if own is not None:
            yield own
        for part in (condition.all_ or ()) + (condition.any_ or ()) + (condition.of or ()):
            yield from self._leaves(part, facts)


def _every(parts: Iterable[bool | None]) -> bool | None:
    is_known = True
    for part in parts:
        if part is False:
            return False
        is_known = is_known and part is not None
    return True if is_known else None


def _at_least(least: int, parts: Iterable[bool | None]) -> bool | None:
    held = unknown = 0
    for part in parts:
        held += part is True
        unknown += part is None
        if held == least:
            return True
    return None if held + unknown >= least else False


def _passes(clause: Clause, value: Any) -> bool:
    if clause.not_ is not None:
        return value is False
    if clause.is_ is not None:
        return value in ((clause.is_,) if isinstance(clause.is_, str) else clause.is_)
    if clause.includes is not None:
        return bool(value & set(clause.includes))
    if clause.only is not None:
        return bool(value) and value <= set(clause.only)
    return not (
        (clause.at_least is not None and value < clause.at_least)
        or (clause.at_most is not None and value > clause.at_most)
        or (clause.more_than is not None and value <= clause.more_than)
        or (clause.less_than is not None and value >= clause.less_than)
    )
