"""Implied findings.

A reported detail makes its parent true. A number answers the item that asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from service.engine.atoms import OneOf
from service.engine.decision import Conflict, Derived
from service.engine.terms import Term, terms_of
from service.knowledge.conditions import named
from service.knowledge.knowledge import Knowledge
from service.report.report import Report, Reported

_NOT_KNOWN = "/not_known"


class Facts(msgspec.Struct, frozen=True):
    """The known findings, the implied findings, and the conflicts.

    A conflict lists values that contradict each other.
    """

    known: dict[str, Reported]
    derived: list[Derived]
    conflicts: list[Conflict]


class _Rule(msgspec.Struct, frozen=True):
    """A rule that implies a finding.

    `implied` becomes true if `term` holds. It becomes absent if `term` fails and `settles` is true. A denied finding
    stays absent while one of `unless` is reported present, because that finding explains the same details.
    """

    implied: str
    term: Term
    settles: bool
    unless: tuple[str, ...] = ()


class Implications:
    """The implication rules of a vocabulary, by finding.

    The rules are the `implied_by` and `settled_by` conditions, by the findings that they name.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._pointers = {id_: f"/{finding.place}/{id_}" for id_, finding in knowledge.findings.items()}
        self._contradicted = [
            (id_, term)
            for id_, finding in knowledge.findings.items()
            if finding.contradicted_by is not None
            for term in terms_of(finding.contradicted_by, knowledge)
        ]
        self._rules: dict[str, list[_Rule]] = {}
        self._denials: set[str] = set()
        """The findings whose absence some rule rests on."""
        for id_, finding in knowledge.findings.items():
            for condition in finding.implied_by:
                for term in terms_of(condition, knowledge):
                    opened = {
                        name
                        for atom in term
                        for opener in knowledge.findings[atom.finding].asked_when
                        for name in named(opener)
                    }
                    unless = tuple(name for name in finding.implied_unless if name in opened)
                    self._add(_Rule(id_, term, settles=False, unless=unless))
            if finding.settled_by is not None:
                for term in terms_of(finding.settled_by, knowledge):
                    self._add(_Rule(id_, term, settles=True))

    def facts(self, report: Report) -> Facts:
        """Return the findings of `report` with all implied findings.

        The more urgent interpretation wins. An implied finding is true even if it was denied. A no that is also listed
        as not known is dropped. Both are listed as conflicts.
        """
        facts = Facts(dict(report.known), [], [])
        known = facts.known
        for id_ in sorted(report.not_known & known.keys()):
            facts.conflicts.append(Conflict(is_denial=False, pointers=(self._pointers[id_], _NOT_KNOWN)))
            if known[id_] is False:
                del known[id_]
        rules = self._rules
        waiting = [name for name, value in known.items() if value is not False and name in rules]
        waiting += [name for name in self._denials & known.keys() if known[name] is False]
        waiting.sort()  # the response must not depend on the order of names in the request
        while waiting:
            for rule in rules[waiting.pop()]:
                if rule.unless and self._is_explained(rule, report):
                    continue
                if self._applies(rule, facts) and rule.implied in rules:
                    waiting.append(rule.implied)
        for id_, term in self._contradicted:
            if known.get(id_) is True and _holds(term, known):
                del known[id_]  # the implied parent stays true
                names = (id_, *(atom.finding for atom in term))
                facts.conflicts.append(Conflict(is_denial=True, pointers=tuple(map(self._pointers.__getitem__, names))))
        return facts

    @staticmethod
    def _is_explained(rule: _Rule, report: Report) -> bool:
        """Return whether another reported finding explains the details.

        The details are those of a denied finding. If they are explained, they do not contradict the denial.
        """
        if report.known.get(rule.implied) is not False:
            return False
        return any(report.known.get(name) is True for name in rule.unless)

    def _applies(self, rule: _Rule, facts: Facts) -> bool:
        """Return whether applying `rule` made its finding true."""
        known, implied = facts.known, rule.implied
        before = known.get(implied)
        if before is True and not rule.settles:
            return False
        if not _holds(rule.term, known):
            settles = rule.settles and _fails(rule.term, known)
            if settles and before is None:
                known[implied] = False
            elif settles and before is True:
                facts.conflicts.append(Conflict(is_denial=True, pointers=self._named(rule)[::-1]))
            return False
        if before is True:
            return False
        if before is False:
            facts.conflicts.append(Conflict(is_denial=True, pointers=self._named(rule)))
        known[implied] = True
        facts.derived.append(Derived(implied, tuple(atom.finding for atom in rule.term)))
        return True

    def _named(self, rule: _Rule) -> tuple[str, ...]:
        """Return the pointers to the implied finding and its term."""
        return tuple(self._pointers[name] for name in (rule.implied, *(atom.finding for atom in rule.term)))

    def _add(self, rule: _Rule) -> None:
        for atom in rule.term:
            self._rules.setdefault(atom.finding, []).append(rule)
            if isinstance(atom, OneOf) and False in atom.values:
                self._denials.add(atom.finding)


def _fails(term: Term, known: Mapping[str, Reported]) -> bool:
    """Return whether a known value denies `term`.

    An unknown value denies nothing.
    """
    for atom in term:
        value = known.get(atom.finding)
        if value is not None and not isinstance(value, tuple) and not atom.holds(value):
            return True
    return False


def _holds(term: Term, known: Mapping[str, Reported]) -> bool:
    for atom in term:
        value = known.get(atom.finding)
        if value is None or isinstance(value, tuple) or not atom.holds(value):
            return False
    return True
