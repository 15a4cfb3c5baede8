"""The terms that the engine compiles, over the formulas of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from service.engine.atoms import Atom, OneOf, Selection, Within
from service.engine.bitset import Bits, members
from service.engine.rulebook import Rulebook
from service.engine.terms import Term
from service.knowledge.conditions import named
from service.knowledge.schema.conditions import Condition

from .changes import leaves
from .model import NEVER, Rules


def conditions(rules: Rules, rulebook: Rulebook) -> Iterator[tuple[str, Condition, Bits]]:
    """Every condition of the knowledge with the engine's terms for it."""
    terms_of = rulebook.matcher.terms_of
    knowledge = rules.knowledge
    for pattern, flag in rulebook.red_flags.items():
        yield flag.id, flag.when, terms_of[pattern]
    for pattern, derivation in rulebook.derivations.items():
        yield derivation.id, derivation.when or "", terms_of[pattern]
    for pattern, cause in rulebook.applies.items():
        yield f"{cause.id} applies", cause.applies_when, terms_of[pattern]
    for id_, pattern in rulebook.excludes.items():
        yield f"{id_} excluded", knowledge.causes[id_].excluded_when or "", terms_of[pattern]
    for pattern, weight in rulebook.weights.items():
        cause = knowledge.causes[weight.cause]
        yield f"weight of {cause.id}", (*cause.supports, *cause.opposes)[weight.number].when, terms_of[pattern]
    for id_, pattern in rulebook.withheld.items():
        yield f"{id_} withheld", knowledge.fixes[id_].withheld_when or "", terms_of[pattern]
    for pattern, number in rulebook.first_steps.items():
        yield f"first steps {number}", knowledge.policy.first_steps[number].when, terms_of[pattern]


def passes(rules: Rules, atom: Atom) -> Any:
    """The value of an atom's finding passes the engine's test."""
    variable = rules.variable(atom.finding)
    if isinstance(atom, Within):
        low = [] if atom.low == -float("inf") else [_bound(variable.number, ">", atom.low, is_open=atom.low_open)]
        high = [] if atom.high == float("inf") else [_bound(variable.number, "<", atom.high, is_open=atom.high_open)]
        return z3.And(*low, *high)
    if isinstance(atom, Selection):
        outside = [chosen for value, chosen in variable.chosen.items() if value not in atom.only]
        groups = [z3.Or(*(variable.chosen[value] for value in group)) for group in atom.includes]
        return z3.And(*groups, z3.Not(z3.Or(*outside)))
    assert isinstance(atom, OneOf)
    return variable.is_one_of([str(value) for value in atom.values])


def _bound(number: Any, side: str, bound: float, *, is_open: bool) -> Any:
    exact = z3.RealVal(str(bound))
    if side == ">":
        return number > exact if is_open else number >= exact
    return number < exact if is_open else number <= exact


def holds(rules: Rules, atom: Atom) -> Any:
    """The atom is true of the known findings."""
    variable = rules.variable(atom.finding)
    if variable.kind != "boolean":
        return z3.And(variable.known, passes(rules, atom))
    assert isinstance(atom, OneOf)
    truths = {True: rules.present, False: rules.absent}
    return z3.Or(*(truths[bool(value)](atom.finding) for value in atom.values))


def fails(rules: Rules, atom: Atom) -> Any:
    """The atom can no longer become true."""
    is_false = z3.And(rules.is_known(atom.finding), z3.Not(holds(rules, atom)))
    return z3.Or(is_false, rules.closed(atom.finding))


def is_true(rules: Rules, term: Term) -> Any:
    """All atoms of the term hold."""
    return z3.And(*(holds(rules, atom) for atom in term))


def is_open(rules: Rules, term: Term) -> Any:
    """No atom of the term fails or waits for a measurement."""
    readings = rules.knowledge.policy.measurements
    missing = [z3.Not(rules.is_known(atom.finding)) for atom in term if atom.finding in readings]
    return z3.And(*(z3.Not(fails(rules, atom)) for atom in term), z3.Not(z3.Or(NEVER, *missing)))


def some(rulebook: Rulebook, terms: Bits) -> list[Term]:
    """The terms of a set."""
    return [rulebook.matcher.terms[number] for number in members(terms)]


def names(rules: Rules, condition: Condition) -> set[str]:
    """The findings in `condition`, through derivations."""
    return {name for leaf in leaves(condition, rules.knowledge) for name in named(leaf)}


def asked(rules: Rules, id_: str, items: frozenset[str]) -> Any:
    """The finding or its opener is asked for an open term."""
    finding = rules.knowledge.findings[id_]
    openers = {name for condition in finding.asked_when for name in names(rules, condition)}
    free = z3.And(
        z3.Not(rules.is_known(id_)),
        z3.Not(rules.closed(id_)),
        z3.Not(rules.findings[id_].not_known),
    )
    directly = z3.And(free, z3.Not(rules.waiting(id_))) if id_ in items else NEVER
    through = [asked(rules, opener, items) for opener in openers]
    return z3.Or(directly, z3.And(rules.waiting(id_), z3.Or(NEVER, *through)))
