"""The same decision written plainly: conditions are walked recursively over a dictionary of facts, rule by rule.

This is what one would write first from the grammar in `service/knowledge/README.md`; nothing of the engine is used.
A fact that is missing is unknown, so every walk answers yes, no or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Cause, Clause, Condition, RedFlag, Weight
from service.model.scales import Level, Likelihood
from tests.benchmarks.peers.plain_measures import measured

Facts = dict[str, Any]
NONE_OF_THESE = "none_of_these"


class Fit(NamedTuple):
    """A cause with points left, and the weights that hold."""

    cause: Cause
    likelihood: Likelihood
    points: int
    weights: tuple[Weight, ...]


class Decided(NamedTuple):
    """All that was decided about one runner."""

    facts: Facts
    level: Level
    fired: list[RedFlag]
    said_yes: list[str]
    open: list[str]
    signs: list[str]
    causes: list[Fit]


class PlainRules:
    """The rules of a knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.red_flags = sorted(knowledge.red_flags.values(), key=lambda flag: (-flag.level.rank, flag.id))
        self.causes = sorted(knowledge.causes.values(), key=lambda cause: cause.rank)
        self.measured = [it for it in knowledge.derivations.values() if it.measure is not None]
        self.bands = sorted(knowledge.policy.likelihood_from_points.items(), key=lambda band: -band[1])
        self.questions = knowledge.safety_screen.questions
        self.names_of_flag = {flag.id: sorted(self.named(flag.when)) for flag in self.red_flags}
        self.names_of_cause = {
            cause.id: sorted(set().union(*(self.named(weight.when) for weight in cause.supports + cause.opposes)))
            for cause in self.causes
        }
        self.floors = {id_: self._floor(question.members) for id_, question in self.questions.items()}

    def decide(self, request: Mapping[str, Mapping[str, Any]]) -> Decided:
        """The level and the causes of a request, given as JSON objects without nulls."""
        facts = self.facts(request)
        screen = request.get("safety_screen", {})
        fired = [flag for flag in self.red_flags if self.holds(flag.when, facts)]
        said_yes = [id_ for id_ in self.questions if screen.get(id_) is True]
        unanswered = self.unanswered(request, facts)
        signs = [sign for sign in self.knowledge.policy.uncovered_signs if facts.get(sign) is True]
        levels = [flag.level for flag in fired] + [self.floors[id_] for id_ in said_yes]
        if unanswered:
            levels.append(self.knowledge.policy.screen_open_level)
        if signs or any(self.holds(member, facts) for q in self.questions.values() for member in q.members):
            levels.append(Level.CONSULTATION)
        out_of_scope = any(flag.out_of_scope for flag in fired)
        level = max(levels, key=lambda level: level.rank, default=Level.SELF_CARE)
        with_causes = level.rank < self.knowledge.policy.no_causes_from.rank and not out_of_scope
        return Decided(facts, level, fired, said_yes, unanswered, signs, self.fitting(facts) if with_causes else [])

    def fitting(self, facts: Facts) -> list[Fit]:
        """The causes with points left, the best fitting first."""
        fits = []
        for cause in self.causes:
            if not self.holds(cause.applies_when, facts):
                continue
            if cause.excluded_when is not None and self.holds(cause.excluded_when, facts):
                continue
            weights = tuple(weight for weight in cause.supports + cause.opposes if self.holds(weight.when, facts))
            points = sum(weight.points for weight in weights)
            likelihood = self.likelihood(cause, points)
            if likelihood is not None:
                fits.append(Fit(cause, likelihood, points, weights))
        return sorted(fits, key=lambda fit: (-fit.likelihood.rank, -fit.points))

    def likelihood(self, cause: Cause, points: int) -> Likelihood | None:
        """The band of these points; None where they are too few to tell."""
        for band, least in self.bands:
            if points >= least:
                cap = cause.likelihood_at_most
                return cap if cap is not None and cap.rank < band.rank else band
        return None

    def facts(self, request: Mapping[str, Mapping[str, Any]]) -> Facts:
        """What is known: reported, measured from telemetry, or denied by the safety screen."""
        facts = {
            name: set(value) if self.knowledge.findings[name].kind == "choices" else value
            for place in ("runner", "findings", "training")
            for name, value in request.get(place, {}).items()
            if name != "country" and value is not None and value != "unknown"
        }
        for derivation in self.measured:
            value = measured(derivation.measure, facts)
            if value is not None and derivation.more_than is not None:
                facts[derivation.id] = value > Fraction(derivation.more_than)
        reported = set(facts)
        for id_, question in self.questions.items():
            if self.is_denied(id_, request):
                for member in question.members:
                    if isinstance(member, str) and member not in reported:
                        facts[member] = False
        return facts

    def is_denied(self, question: str, request: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether a question of the screen was answered no, by itself or with all the others."""
        screen = request.get("safety_screen", {})
        answer = screen.get(question)
        return answer is False or (answer is None and screen.get(NONE_OF_THESE) is True)

    def unanswered(self, request: Mapping[str, Mapping[str, Any]], facts: Facts) -> list[str]:
        """The questions of the screen that nothing answers, not even every finding that they ask about."""
        screen = request.get("safety_screen", {})
        return [
            id_
            for id_, question in self.questions.items()
            if screen.get(id_) is None
            and not self.is_denied(id_, request)
            and not any(self.holds(member, facts) for member in question.members)
            and any(self.holds(member, facts) is None for member in question.members)
        ]

    def holds(self, condition: Condition, facts: Facts) -> bool | None:
        """Whether a condition is true; None where that is not known."""
        if isinstance(condition, str):
            derivation = self.knowledge.derivations.get(condition)
            if derivation is not None and derivation.when is not None:
                return self.holds(derivation.when, facts)
            return facts.get(condition)
        if condition.all_ is not None:
            return _every(self.holds(part, facts) for part in condition.all_)
        if condition.any_ is not None:
            return _at_least(1, (self.holds(part, facts) for part in condition.any_))
        if condition.of is not None:
            return _at_least(condition.at_least_of or 0, (self.holds(part, facts) for part in condition.of))
        value = facts.get(condition.not_ or condition.finding or "")
        return None if value is None else _passes(condition, value)

    def _floor(self, members: Iterable[Condition]) -> Level:
        """What a yes without detail counts as: the least that a member sets, alone if any does, or with others."""
        alone, together = [], []
        for member in members:
            facts = _example(member)
            levels = [flag.level for flag in self.red_flags if self.holds(flag.when, facts)]
            if levels:
                alone.append(max(levels, key=lambda level: level.rank))
            named = next(iter(facts))
            together += [flag.level for flag in self.red_flags if named in self.named(flag.when)]
        return min(alone or together, key=lambda level: level.rank, default=Level.CONSULTATION)

    def named(self, condition: Condition) -> set[str]:
        """The findings that a condition names, derivations written out."""
        if isinstance(condition, str):
            derivation = self.knowledge.derivations.get(condition)
            return {condition} if derivation is None or derivation.when is None else self.named(derivation.when)
        parts = (condition.all_ or ()) + (condition.any_ or ()) + (condition.of or ())
        own = condition.finding or condition.not_
        return ({own} if own else set()).union(*(self.named(part) for part in parts))


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
        return bool(value <= set(clause.only))
    return not (
        (clause.at_least is not None and value < clause.at_least)
        or (clause.at_most is not None and value > clause.at_most)
        or (clause.more_than is not None and value <= clause.more_than)
        or (clause.less_than is not None and value >= clause.less_than)
    )


def _example(member: Condition) -> Facts:
    """A fact that makes a member of a screening question true: a yes, or a number at or just under its bound."""
    if isinstance(member, str):
        return {member: True}
    if member.at_least is not None:
        return {member.finding or "": member.at_least}
    return {member.finding or "": (member.less_than or 0) - 1}
