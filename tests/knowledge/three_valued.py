"""A plain, slow reading of the rules with unknown findings.

It is independent of the engine's bit sets. A term is true, failed or open. It fails if a known value fails one of its
tests, or if it names a closed finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain, combinations
from typing import Any, NamedTuple

from service.engine.atoms import Atom, OneOf, Selection, Within
from service.engine.decision import Decision
from service.engine.terms import Term, terms_of
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.findings import People
from service.model.scales import Level

from .reports import shipped, values


class RaisingTerm(NamedTuple):
    """A term that sets a level, with its rule."""

    rule: str
    level: Level
    term: Term


@cache
def raising_terms() -> tuple[RaisingTerm, ...]:
    """Each term of each rule that sets a level."""
    knowledge = shipped()
    level = knowledge.policy.uncovered_sign_level
    return (
        *(
            RaisingTerm(flag.id, flag.level, term)
            for flag in knowledge.red_flags.values()
            for term in terms_of(flag.when, knowledge)
        ),
        *(
            RaisingTerm("uncovered_sign", level, (OneOf(sign, frozenset({True})),))
            for sign in knowledge.policy.uncovered_signs
        ),
    )


@cache
def _terms(condition: Condition) -> tuple[Term, ...]:
    return terms_of(condition, shipped())


def _fails(atom: Atom, known: Mapping[str, Any], closed: frozenset[str] | set[str]) -> bool:
    return not atom.holds(known[atom.finding]) if atom.finding in known else atom.finding in closed


def _is_outside(people: People, known: Mapping[str, Any]) -> bool:
    """Whether the runner is known to be outside `people`."""
    sex, age = known.get("sex_at_birth"), known.get("age_years")
    if sex is not None and people.sex_at_birth and sex not in people.sex_at_birth:
        return True
    low = 0 if people.age_at_least is None else people.age_at_least
    high = 999 if people.age_at_most is None else people.age_at_most
    return age is not None and not low <= age <= high


def closed(known: Mapping[str, Any]) -> frozenset[str]:
    """The unknown findings that cannot apply, by `asked_when` or by person."""
    findings = shipped().findings
    decided: dict[str, bool] = {}

    def is_closed(id_: str) -> bool:
        if id_ in known or id_ not in findings:
            return False
        if id_ not in decided:
            finding = findings[id_]
            terms = [term for condition in finding.asked_when for term in _terms(condition)]
            cannot = bool(terms) and all(
                any(
                    not atom.holds(known[atom.finding]) if atom.finding in known else is_closed(atom.finding)
                    for atom in term
                )
                for term in terms
            )
            decided[id_] = cannot or (finding.asked_of is not None and _is_outside(finding.asked_of, known))
        return decided[id_]

    return frozenset(id_ for id_ in findings if is_closed(id_))


def open_terms(decision: Decision) -> Iterator[RaisingTerm]:
    """The terms that could become true, measurements included; true ones count."""
    shut = closed(decision.known)
    for raising in raising_terms():
        if not any(_fails(atom, decision.known, shut) for atom in raising.term):
            yield raising


def waits_for_a_reading(raising: RaisingTerm, decision: Decision) -> bool:
    """Whether the term needs a measurement to become true."""
    return any(
        atom.finding in shipped().policy.measurements and atom.finding not in decision.known for atom in raising.term
    )


def _selections(choices: Iterable[str]) -> Iterator[frozenset[str]]:
    """Every selection of at least one of `choices`, the smallest first."""
    listed = sorted(choices)
    sizes = range(1, len(listed) + 1)
    return map(frozenset, chain.from_iterable(combinations(listed, size) for size in sizes))


def passing(atom: Atom) -> Any:
    """A client's value that makes `atom` hold."""
    if isinstance(atom, OneOf):
        return min(atom.values, key=str)
    if isinstance(atom, Selection):
        return sorted(next(chosen for chosen in _selections(atom.choices) if atom.holds(chosen)))
    assert isinstance(atom, Within)
    return next(value for value in values(atom.finding) if atom.holds(value))


def rule_level(decision: Decision) -> Level:
    """The level of the findings, without open questions and unknown signs."""
    held = {"safety_questions_open", "sign_not_known"}
    levels = (reason.level for reason in decision.urgency.reasons if reason.rule not in held)
    return max(levels, key=lambda level: level.rank, default=Level.SELF_CARE)
