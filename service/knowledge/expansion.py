"""Findings that conditions and red flags depend on, through derivations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.knowledge.conditions import affirmed, named

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge
    from service.knowledge.schema.conditions import Condition


def expanded(knowledge: Knowledge, condition: Condition) -> set[str]:
    """Return the findings and derivations that `condition` depends on."""
    seen: set[str] = set()
    waiting = list(named(condition))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        derivation = knowledge.derivations.get(name)
        if derivation is not None and derivation.when is not None:
            waiting.extend(named(derivation.when))
    return seen


def written_out(knowledge: Knowledge, condition: Condition) -> Iterator[Condition]:
    """Yield `condition` and the conditions of its derivations.

    These are all derivations that it depends on.
    """
    yield condition
    for name in sorted(expanded(knowledge, condition) & knowledge.derivations.keys()):
        when = knowledge.derivations[name].when
        if when is not None:
            yield when


def red_flag_findings(knowledge: Knowledge) -> frozenset[str]:
    """Return the findings that fire red flags, directly or through derivations."""
    names: set[str] = set()
    for red_flag in knowledge.red_flags.values():
        for name in affirmed(red_flag.when):
            names |= expanded(knowledge, name)
    return frozenset(names & knowledge.findings.keys())


def raising_findings(knowledge: Knowledge) -> frozenset[str]:
    """Return the findings that can raise the level.

    They are the findings of red flags, and the uncovered signs.
    """
    return red_flag_findings(knowledge) | frozenset(knowledge.policy.uncovered_signs)
