"""Changes of a report as substitutions in the formulas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3
from z3 import z3util

from service.knowledge.conditions import named, parts
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Clause, Condition

from .model import NEVER, Rules

_TRUE = z3.BoolVal(True)  # noqa: FBT003 - the constant itself
Change = list[tuple[Any, Any]]


def leaves(condition: Condition, knowledge: Knowledge) -> Iterator[Condition]:
    """The tests of single findings in `condition`, through derivations."""
    derivation = knowledge.derivations.get(condition) if isinstance(condition, str) else None
    if derivation is not None and derivation.when is not None:
        yield from leaves(derivation.when, knowledge)
    elif group := parts(condition):
        for part in group:
            yield from leaves(part, knowledge)
    else:
        yield condition


def _conditions(knowledge: Knowledge) -> Iterator[Condition]:
    """The conditions that decide the level, of rules and implications."""
    for flag in knowledge.red_flags.values():
        yield flag.when
    yield from knowledge.policy.uncovered_signs
    for finding in knowledge.findings.values():
        yield from finding.implied_by
        if finding.settled_by is not None:
            yield finding.settled_by


def signs(rules: Rules) -> list[str]:
    """The findings that decide the level."""
    knowledge = rules.knowledge
    every = (leaf for condition in _conditions(knowledge) for leaf in leaves(condition, knowledge))
    return list(dict.fromkeys(name for leaf in every for name in named(leaf)))


def denied(knowledge: Knowledge) -> set[str]:
    """The findings whose absence answers another item."""
    settling = [finding.settled_by for finding in knowledge.findings.values() if finding.settled_by is not None]
    every = (leaf for condition in settling for leaf in leaves(condition, knowledge))
    return {leaf.not_ for leaf in every if isinstance(leaf, Clause) and leaf.not_ is not None}


def presence(rules: Rules, name: str) -> tuple[Any, Change]:
    """The condition for making `name` present, and the change that does.

    A number or a choice becomes present if it passes a further test besides those that it passed. A report in which
    `name` settles a contradiction is excluded, because the urgent value ends with the contradiction. A no that answers
    another item stays, because a yes in its place is another answer.
    """
    variable, knowledge = rules.findings[name], rules.knowledge
    consistent = z3.Not(rules.contradicts(name))
    now_known = (variable.known, _TRUE)
    if variable.kind == "boolean":
        unreported = z3.Not(variable.known if name in denied(knowledge) else z3.And(variable.known, variable.truth))
        return z3.And(consistent, unreported), [now_known, (variable.truth, _TRUE)]
    later = [z3.FreshConst(part.sort(), name) for part in variable.parts()]
    changes = [now_known, *zip(variable.parts(), later, strict=True)]
    allowed = z3.substitute(z3.And(*variable.domain(knowledge.findings[name])), *changes)
    every = (leaf for condition in _conditions(knowledge) for leaf in leaves(condition, knowledge))
    clauses = [leaf for leaf in every if isinstance(leaf, Clause) and leaf.finding == name]
    tests = [rules.test(clause, variable) for clause in clauses]
    passed = [z3.And(variable.known, test) for test in tests]
    passing = [z3.substitute(test, *changes) for test in tests]
    both = list(zip(passed, passing, strict=True))
    kept = z3.And(*(z3.Implies(before, after) for before, after in both))
    return z3.And(consistent, allowed, kept, z3.Or(*(z3.And(z3.Not(before), after) for before, after in both))), changes


def answer(rules: Rules, name: str) -> tuple[Any, Change]:
    """The condition for answering `name`, and the change to any value."""
    variable = rules.findings[name]
    return z3.Not(z3.Or(variable.known, rules.is_known(name), rules.contradicts(name))), [(variable.known, _TRUE)]


def completion(rules: Rules, formula: Any) -> tuple[Any, Any]:
    """`formula` after unknown findings become known, and the change's conditions.

    Reported findings stay; closed findings and measurements stay unknown. A report-only finding does not answer an item
    that is answered or closed.
    """
    knowledge = rules.knowledge
    mentioned = {str(constant) for constant in z3util.get_vars(formula)}
    changes: Change = []
    kept: list[Any] = []
    for name, variable in rules.findings.items():
        if str(variable.known) not in mentioned:
            continue
        finding = knowledge.findings[name]
        known = z3.FreshConst(z3.BoolSort(), name)
        later = [z3.FreshConst(part.sort(), name) for part in variable.parts()]
        own = [(variable.known, known), *zip(variable.parts(), later, strict=True)]
        same = z3.And(known, *(now == then for now, then in zip(variable.parts(), later, strict=True)))
        item = finding.covered_by
        repeats = NEVER if item is None else z3.Or(rules.is_known(item), rules.closed(item))
        is_reading = z3.BoolVal(name in knowledge.policy.measurements)
        barred = z3.Or(rules.closed(name), rules.is_known(name), repeats, is_reading)
        kept.append(z3.If(variable.known, same, z3.Implies(barred, z3.Not(known))))
        kept += [z3.substitute(part, *own) for part in variable.domain(finding)]
        changes += own
    return z3.substitute(formula, *changes), z3.And(*kept)
