"""Traversal and validation of conditions.

It decides nothing about a runner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.knowledge.schema.conditions import Clause, Condition
from service.knowledge.schema.derivations import Derivation
from service.knowledge.schema.findings import Finding

_NUMBERS = ("at_least", "at_most", "more_than", "less_than")
_FORMS = {
    frozenset({"all_"}): (),
    frozenset({"any_"}): (),
    frozenset({"at_least_of", "of"}): (),
    frozenset({"not_"}): ("boolean",),
    frozenset({"finding", "is_"}): ("choice",),
    frozenset({"finding", "includes"}): ("choices",),
    frozenset({"finding", "only"}): ("choices",),
}


def parts(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that `condition` consists of.

    A condition that names a finding itself has no parts.
    """
    if isinstance(condition, str):
        return ()
    return (condition.all_ or ()) + (condition.any_ or ()) + (condition.of or ())


def named(condition: Condition) -> Iterator[str]:
    """Yield the ids that `condition` names, in order.

    They are the ids of findings and derivations. Repeats are kept.
    """
    if isinstance(condition, str):
        yield condition
        return
    own = condition.finding or condition.not_
    if own is not None:
        yield own
    for part in parts(condition):
        yield from named(part)


def negated(condition: Condition) -> Iterator[str]:
    """Yield the ids that `condition` requires to be reported absent."""
    if isinstance(condition, Clause):
        if condition.not_ is not None:
            yield condition.not_
        for part in parts(condition):
            yield from negated(part)


def limited(condition: Condition) -> Iterator[str]:
    """Yield the ids that `condition` limits to certain choices."""
    if isinstance(condition, Clause):
        if condition.only is not None and condition.finding is not None:
            yield condition.finding
        for part in parts(condition):
            yield from limited(part)


def affirmed(condition: Condition) -> Iterator[str]:
    """Yield the ids that `condition` requires present, chosen or in range."""
    if isinstance(condition, str):
        yield condition
    elif condition.finding is not None:
        yield condition.finding
    else:
        for part in parts(condition):
            yield from affirmed(part)


def faults(
    condition: Condition,
    findings: Mapping[str, Finding],
    derivations: Mapping[str, Derivation],
) -> Iterator[str]:
    """Yield every fault of `condition` against the vocabulary."""
    if isinstance(condition, str):
        if condition in findings and findings[condition].kind != "boolean":
            yield f"'{condition}' is not a yes/no finding: give a value"
        elif condition not in findings and condition not in derivations:
            yield f"'{condition}' is neither a finding nor a derivation"
        return
    yield from _clause_faults(condition, findings)
    for part in parts(condition):
        yield from faults(part, findings, derivations)


def _clause_faults(clause: Clause, findings: Mapping[str, Finding]) -> Iterator[str]:
    given = frozenset(name for name in clause.__struct_fields__ if getattr(clause, name) is not None)
    numbers = given & frozenset(_NUMBERS)
    if numbers and given == numbers | {"finding"}:
        kinds: tuple[str, ...] = ("integer", "number")
    elif given in _FORMS:
        kinds = _FORMS[given]
    else:
        yield "not one of the forms of a condition: " + ", ".join(sorted(given) or ["empty"])
        return
    if clause.of is not None and not 1 <= (clause.at_least_of or 0) <= len(clause.of):
        yield f"at_least_of must be from 1 to {len(clause.of)}"
    if any(group == () for group in (clause.all_, clause.any_, clause.of)):
        yield "an empty list of conditions"
    name = clause.finding or clause.not_
    if name is None:
        return
    finding = findings.get(name)
    if finding is None:
        yield f"'{name}' is not a finding"
    elif finding.kind not in kinds:
        yield f"'{name}' is of kind {finding.kind}, which this form cannot ask"
    else:
        yield from _value_faults(clause, name, finding)


def _value_faults(clause: Clause, name: str, finding: Finding) -> Iterator[str]:
    wanted = (clause.is_,) if isinstance(clause.is_, str) else clause.is_ or ()
    for value in (*wanted, *(clause.includes or ()), *(clause.only or ())):
        if value not in finding.values or value == "unknown":
            yield f"'{name}' has no value '{value}'"
    for bound in _NUMBERS:
        threshold = getattr(clause, bound)
        if threshold is None or finding.minimum is None or finding.maximum is None:
            continue
        if not finding.minimum <= threshold <= finding.maximum:
            yield f"'{name}': threshold {threshold:g} is outside {finding.minimum:g} to {finding.maximum:g}"
