"""Conditions as alternative terms.

A condition is true if all atoms of some term hold. A term names each finding once, and every term can be true. With
some findings unknown, a condition can still become true exactly if some term has no atom that fails. This is
three-valued logic without loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

from service.engine.atoms import Atom, OneOf, Selection, Within
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Clause, Condition

Term = tuple[Atom, ...]
_NEVER: tuple[Term, ...] = ()
_ALWAYS: tuple[Term, ...] = ((),)


def terms_of(condition: Condition, knowledge: Knowledge) -> tuple[Term, ...]:
    """Return the alternative terms of `condition`.

    Derivations with a condition are written out. No term contains another one.
    """
    return _minimal(_expand(condition, knowledge))


def _expand(condition: Condition, knowledge: Knowledge) -> tuple[Term, ...]:
    if isinstance(condition, str):
        derivation = knowledge.derivations.get(condition)
        if derivation is not None and derivation.when is not None:
            return _expand(derivation.when, knowledge)
        return ((OneOf(condition, frozenset({True})),),)
    if condition.all_ is not None:
        return _every(_expand(part, knowledge) for part in condition.all_)
    if condition.any_ is not None:
        return _some(_expand(part, knowledge) for part in condition.any_)
    if condition.of is not None and condition.at_least_of is not None:
        parts = [_expand(part, knowledge) for part in condition.of]
        return _some(_every(group) for group in combinations(parts, condition.at_least_of))
    return ((_atom(condition, knowledge),),)


def _atom(clause: Clause, knowledge: Knowledge) -> Atom:
    if clause.not_ is not None:
        return OneOf(clause.not_, frozenset({False}))
    assert clause.finding is not None
    if clause.is_ is not None:
        values = (clause.is_,) if isinstance(clause.is_, str) else clause.is_
        return OneOf(clause.finding, frozenset(values))
    choices = frozenset(knowledge.findings[clause.finding].values)
    if clause.includes is not None:
        return Selection(clause.finding, choices, (frozenset(clause.includes),), choices)
    if clause.only is not None:
        return Selection(clause.finding, choices, (), frozenset(clause.only))
    return _range(clause.finding, clause)


def _range(finding: str, clause: Clause) -> Within:
    low, low_open = (clause.more_than, True) if clause.more_than is not None else (clause.at_least, False)
    high, high_open = (clause.less_than, True) if clause.less_than is not None else (clause.at_most, False)
    return Within(
        finding,
        -math.inf if low is None else low,
        math.inf if high is None else high,
        low_open,
        high_open,
    )


def _some(groups: Iterable[tuple[Term, ...]]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(term for group in groups for term in group))


def _every(groups: Iterable[tuple[Term, ...]]) -> tuple[Term, ...]:
    joined = _ALWAYS
    for group in groups:
        merged = (_merged(left, right) for left in joined for right in group)
        joined = tuple(dict.fromkeys(term for term in merged if term is not None))
    return joined


def _merged(left: Term, right: Term) -> Term | None:
    atoms: dict[str, Atom] = {atom.finding: atom for atom in left}
    for atom in right:
        present = atoms.get(atom.finding)
        both = atom if present is None else present.narrowed(atom)
        if both is None:
            return None
        atoms[atom.finding] = both
    return tuple(atoms.values())


def _minimal(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    sets = [frozenset(term) for term in terms]
    return tuple(term for number, term in enumerate(terms) if not any(other < sets[number] for other in sets)) or _NEVER
