"""The compiled knowledge as numbered patterns.

Every condition is compiled once. Its pattern has a number and belongs to one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TypeVar

import msgspec

from service.engine.bitset import Bits
from service.engine.matcher import Matcher
from service.engine.terms import Term, terms_of
from service.knowledge.conditions import named
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.causes import Cause
from service.knowledge.schema.conditions import Clause, Condition
from service.knowledge.schema.derivations import Derivation
from service.knowledge.schema.findings import People
from service.knowledge.schema.red_flags import RedFlag
from service.model.scales import Level

K = TypeVar("K")


class WeightRef(msgspec.Struct, frozen=True):
    """A reference to a weight of a cause.

    `number` is its index in the supports of the cause, followed by its opposes.
    """

    cause: str
    number: int
    points: int


class Rulebook:
    """Numbered patterns, mapped to their entries.

    The most numerous patterns come last, because a bit set needs as many bits as its highest member. The sets of the
    first patterns stay short, however many rules follow. Red flags are in their order of urgency, and so are fired
    ones.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._patterns: list[tuple[Term, ...]] = []
        self.withheld: dict[str, int] = {
            fix.id: self._add(fix.withheld_when) for fix in knowledge.fixes.values() if fix.withheld_when is not None
        }
        self.first_steps: dict[int, int] = {
            self._add(steps.when): number for number, steps in enumerate(knowledge.policy.first_steps)
        }
        self.fix_leads = self._add_each({id_: fix.leads_when for id_, fix in knowledge.fixes.items()})
        self.fix_failed = self._add_each({id_: fix.failed_when for id_, fix in knowledge.fixes.items()})
        self.added_fixes = [(self._add(added.when), added.fix) for added in knowledge.policy.added_fixes]
        self.running_rules = [(self._add(rule.when), rule.running) for rule in knowledge.running_rules]
        self.goals = self._add_each(
            {
                (running, number): goal.when
                for running, text in knowledge.running.items()
                for number, goal in enumerate(text.return_when)
            }
        )
        self.races = self._add_each(
            {
                (running, number): answer.when
                for running, text in knowledge.running.items()
                for number, answer in enumerate(text.race)
            }
        )
        self.about: dict[int, int] = {self._add(text.when): number for number, text in enumerate(knowledge.about)}
        asked_when = {finding.asked_when: 0 for finding in knowledge.findings.values() if finding.asked_when}
        asked_when = {conditions: self._add_any(conditions) for conditions in asked_when}
        self.asked_when: dict[str, int] = {
            id_: asked_when[finding.asked_when] for id_, finding in knowledge.findings.items() if finding.asked_when
        }
        asked_of = {finding.asked_of: 0 for finding in knowledge.findings.values() if finding.asked_of is not None}
        asked_of = {people: self._add(_people(people)) for people in asked_of}
        self.asked_of: dict[str, int] = {
            id_: asked_of[finding.asked_of]
            for id_, finding in knowledge.findings.items()
            if finding.asked_of is not None
        }
        self.derivations: dict[int, Derivation] = {
            self._add(derivation.when): derivation
            for derivation in knowledge.derivations.values()
            if derivation.when is not None
        }
        causes = sorted(knowledge.causes.values(), key=lambda cause: cause.rank)
        self.applies: dict[int, Cause] = {self._add(cause.applies_when): cause for cause in causes}
        self.excludes: dict[str, int] = {
            cause.id: self._add(cause.excluded_when) for cause in causes if cause.excluded_when is not None
        }
        self.weights: dict[int, WeightRef] = {
            self._add(weight.when): WeightRef(cause.id, number, weight.points)
            for cause in causes
            for number, weight in enumerate((*cause.supports, *cause.opposes))
        }
        self.red_flags: dict[int, RedFlag] = {
            self._add(_with_readings(flag.when, knowledge)): flag
            for flag in sorted(knowledge.red_flags.values(), key=lambda flag: (-flag.level.rank, flag.id))
        }
        self.uncovered_signs = self._add_any(knowledge.policy.uncovered_signs)
        self.matcher = Matcher(self._patterns, (*knowledge.findings, *knowledge.derivations), _asked(knowledge))
        self.red_flag_terms = self.terms_of(self.red_flags)
        at_level = {
            level: [number for number, flag in self.red_flags.items() if flag.level is level] for level in Level
        }
        at_level[knowledge.policy.uncovered_sign_level].append(self.uncovered_signs)
        self.terms_by_level = tuple((self.terms_of(at_level[level]), level) for level in reversed(Level))
        """The terms that set a level, by level, the most urgent first."""

    def highest(self, terms: Bits, least: Level) -> Level:
        """Return the highest level that `terms` set, at least `least`."""
        for level_terms, level in self.terms_by_level:
            if level.rank <= least.rank:
                break
            if level_terms & terms:
                return level
        return least

    def terms_from(self, least: int) -> Bits:
        """Return the terms for a level of rank `least` or more."""
        return reduce(or_, (terms for terms, level in self.terms_by_level if level.rank >= least), 0)

    def terms_of(self, patterns: Iterable[int]) -> Bits:
        """Return all terms of `patterns`."""
        return reduce(or_, (self.matcher.terms_of[pattern] for pattern in patterns), 0)

    def _add(self, condition: Condition) -> int:
        self._patterns.append(terms_of(condition, self.knowledge))
        return len(self._patterns) - 1

    def _add_each(self, conditions: Mapping[K, Condition | None]) -> dict[K, int]:
        return {key: self._add(condition) for key, condition in conditions.items() if condition is not None}

    def _add_any(self, conditions: tuple[Condition, ...]) -> int:
        alternatives = dict.fromkeys(term for part in conditions for term in terms_of(part, self.knowledge))
        self._patterns.append(tuple(alternatives))
        return len(self._patterns) - 1


def _asked(knowledge: Knowledge) -> Iterator[str]:
    """Yield the findings of the checklists and the offered readings."""
    for checklist in knowledge.checklists.values():
        yield from checklist.items
    yield from knowledge.policy.measurements


def _with_readings(condition: Condition, knowledge: Knowledge) -> Condition:
    """Return the condition with each reading next to its implied finding.

    A denied finding settles nothing while such a reading is missing, so the rule waits for the reading.
    """
    if isinstance(condition, Clause):
        parts = {field: getattr(condition, field) for field in ("all_", "any_", "of")}
        return msgspec.structs.replace(
            condition,
            **{
                field: tuple(_with_readings(part, knowledge) for part in some)
                for field, some in parts.items()
                if some is not None
            },
        )
    derivation = knowledge.derivations.get(condition)
    if derivation is not None:
        return condition if derivation.when is None else _with_readings(derivation.when, knowledge)
    readings = tuple(
        implying
        for implying in knowledge.findings[condition].implied_by
        if set(knowledge.policy.measurements).issuperset(named(implying))
    )
    return Clause(any_=(condition, *readings)) if readings else condition


def _people(people: People) -> Condition:
    """Return the condition on sex and age for `people`."""
    parts: list[Condition] = []
    if people.sex_at_birth:
        parts.append(Clause(finding="sex_at_birth", is_=people.sex_at_birth))
    if people.age_at_least is not None or people.age_at_most is not None:
        parts.append(Clause(finding="age_years", at_least=people.age_at_least, at_most=people.age_at_most))
    return Clause(all_=tuple(parts))
