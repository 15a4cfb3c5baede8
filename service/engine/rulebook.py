"""The knowledge compiled once: every condition as a numbered pattern, and what each pattern stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from service.engine.bitset import Bits
from service.engine.matcher import Index
from service.engine.terms import Term, terms_of
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Cause, Condition, Derivation, RedFlag, Weight
from service.model.scales import Level


@dataclass(frozen=True, slots=True)
class Weighing:
    """A weight of a cause and the place of that weight among its supports or opposes."""

    cause: str
    weight: Weight


class Rulebook:
    """Patterns by number; the maps say which number is which rule.

    Red flags come first, most urgent first, so that whatever is listed in pattern order leads with them.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._patterns: list[tuple[Term, ...]] = []
        self.red_flags: dict[int, RedFlag] = {
            self._add(flag.when): flag
            for flag in sorted(knowledge.red_flags.values(), key=lambda flag: (-flag.level.rank, flag.id))
        }
        self.uncovered_signs = self._add_any(knowledge.policy.uncovered_signs)
        self.screen: dict[str, int] = {
            id_: self._add_any(question.members) for id_, question in knowledge.safety_screen.questions.items()
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
        self.weights: dict[int, Weighing] = {
            self._add(weight.when): Weighing(cause.id, weight)
            for cause in causes
            for weight in (*cause.supports, *cause.opposes)
        }
        self.withheld: dict[str, int] = {
            fix.id: self._add(fix.withheld_when) for fix in knowledge.fixes.values() if fix.withheld_when is not None
        }
        self.index = Index(self._patterns, (*knowledge.findings, *knowledge.derivations))
        self.flagging = self.terms_of(self.red_flags)
        at_level = {
            level: [number for number, flag in self.red_flags.items() if flag.level is level] for level in Level
        }
        at_level[knowledge.policy.uncovered_sign_level].append(self.uncovered_signs)
        self.falling = tuple((self.terms_of(at_level[level]), level) for level in reversed(Level))
        """All terms of red flags and of uncovered signs by their level, the most urgent first."""
        self.raising = self.flagging | self.index.terms_of[self.uncovered_signs]
        self.weights_of: dict[str, tuple[int, ...]] = {
            cause.id: tuple(number for number, weighing in self.weights.items() if weighing.cause == cause.id)
            for cause in causes
        }

    def _add(self, condition: Condition) -> int:
        self._patterns.append(terms_of(condition, self.knowledge))
        return len(self._patterns) - 1

    def _add_any(self, conditions: tuple[Condition, ...]) -> int:
        alternatives = dict.fromkeys(term for part in conditions for term in terms_of(part, self.knowledge))
        self._patterns.append(tuple(alternatives))
        return len(self._patterns) - 1

    def flagging_terms(self) -> Iterator[tuple[int, RedFlag]]:
        """The terms of red flags, most urgent first, each with its red flag."""
        for pattern, flag in self.red_flags.items():
            for term in self.index.in_order(self.index.terms_of[pattern]):
                yield term, flag

    def raising_terms(self) -> Iterator[tuple[int, Level]]:
        """The terms of red flags, most urgent first, then those of uncovered signs, each with its level."""
        for term, flag in self.flagging_terms():
            yield term, flag.level
        for term in self.index.in_order(self.index.terms_of[self.uncovered_signs]):
            yield term, self.knowledge.policy.uncovered_sign_level

    def by_level(self, terms: Bits) -> tuple[tuple[Bits, Level], ...]:
        """The terms among `terms` that set a level by that level, the most urgent first."""
        return tuple((own, level) for raising, level in self.falling if (own := terms & raising))

    def alternatives(self, pattern: int) -> tuple[Term, ...]:
        """The terms of a pattern themselves; equal conditions have equal ones."""
        return self._patterns[pattern]

    def terms_of(self, patterns: Iterable[int]) -> Bits:
        """All terms of `patterns`."""
        return reduce(or_, (self.index.terms_of[pattern] for pattern in patterns), 0)

    def members_of(self, question: str) -> tuple[Term, ...]:
        """The atoms that a yes to a screen question may stand for, each a term of one."""
        return tuple(self.index.terms[term] for term in self.index.in_order(self.index.terms_of[self.screen[question]]))

    def pointer(self, finding: str) -> str:
        """The place of a finding's answer in a request, as a JSON Pointer."""
        return f"/{self.knowledge.findings[finding].place}/{finding}"

    def path(self, finding: str) -> str:
        """The place of a finding as a dotted path; a derived finding has no place of its own."""
        known = self.knowledge.findings.get(finding)
        return finding if known is None else f"{known.place}.{finding}"
