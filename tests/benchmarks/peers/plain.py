"""The decision written plainly, over a dictionary of facts.

It follows the grammar in `service/knowledge/README.md` and uses no part of the engine, so it also checks the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.causes import Cause, Weight
from service.knowledge.schema.conditions import Clause, Condition
from service.knowledge.schema.red_flags import RedFlag
from service.model.scales import Level, Likelihood
from tests.benchmarks.peers.plain_conditions import CLOSED, Conditions, Facts
from tests.benchmarks.peers.plain_facts import PlainFacts, Request


class Fit(NamedTuple):
    """A cause with positive points, and its applicable weights."""

    cause: Cause
    likelihood: Likelihood
    points: int
    weights: tuple[Weight, ...]


class Decided(NamedTuple):
    """The decision on one request.

    `floor` is the level of the rules that fired. `asked` are the safety items to ask, each with the highest level of an
    open rule on it. `held_by` are the ids that are not known and hold the level.
    """

    facts: Facts
    level: Level
    floor: Level
    could_rise_to: Level
    fired: list[RedFlag]
    signs: list[str]
    asked: dict[str, Level]
    held_by: list[str]
    causes: list[Fit]

    @property
    def is_out_of_scope(self) -> bool:
        """Whether a red flag excludes the runner from the scope."""
        return any(flag.out_of_scope for flag in self.fired)


class PlainRules:
    """The rules of a knowledge, most urgent first."""

    def __init__(self, knowledge: Knowledge) -> None:
        policy = knowledge.policy
        self.knowledge = knowledge
        self.conditions = Conditions(knowledge)
        self.red_flags = sorted(knowledge.red_flags.values(), key=lambda flag: (-flag.level.rank, flag.id))
        self.causes = sorted(knowledge.causes.values(), key=lambda cause: cause.rank)
        self._bands = sorted(policy.likelihood_from_points.items(), key=lambda band: -band[1])
        self._facts = PlainFacts(knowledge, self.conditions)
        raising = [(flag.level, self._with_readings(flag.when)) for flag in self.red_flags]
        raising += [(policy.uncovered_sign_level, sign) for sign in policy.uncovered_signs]
        self.raising = sorted(raising, key=lambda rule: -rule[0].rank)
        self._items = {id_: checklist for checklist in knowledge.checklists.values() for id_ in checklist.items}
        self._openers = {
            id_: set().union(*map(self.conditions.named, finding.asked_when))
            for id_, finding in knowledge.findings.items()
        }

    def decide(self, request: Request) -> Decided:
        """The decision on a request."""
        policy, facts = self.knowledge.policy, self.facts(request)
        not_known = set(request.get("not_known", ())) - facts.keys()
        fired = [flag for flag in self.red_flags if self.conditions.holds(flag.when, facts)]
        signs = [sign for sign in policy.uncovered_signs if facts.get(sign) is True]
        out_of_scope = any(flag.out_of_scope for flag in fired)
        floor = _highest(
            [
                *(flag.level for flag in fired),
                *([policy.uncovered_sign_level] if signs else []),
                *([policy.out_of_scope_level] if out_of_scope else []),
            ]
        )
        answerable = dict.fromkeys(policy.measurements, CLOSED) | facts  # a measurement is optional
        asked = self._asked(floor, answerable, not_known)
        held_by = self._held_by(floor, facts, not_known)
        level = _highest(
            [floor, *([policy.incomplete_level] if asked else []), *([policy.not_known_sign_level] if held_by else [])]
        )
        could_rise_to = _highest(
            [level, *(rule for rule, when in self.raising if self.conditions.holds(when, answerable) is not False)]
        )
        causes = self.fitting(facts) if level.rank < policy.no_causes_from.rank and not out_of_scope else []
        return Decided(facts, level, floor, could_rise_to, fired, signs, asked, held_by, causes)

    def facts(self, request: Request) -> Facts:
        """The facts of a request."""
        return self._facts.of(request)

    def fitting(self, facts: Facts) -> list[Fit]:
        """The causes with positive points, the best first."""
        holds = self.conditions.holds
        fits = []
        for cause in self.causes:
            if not holds(cause.applies_when, facts):
                continue
            if cause.excluded_when is not None and holds(cause.excluded_when, facts):
                continue
            weights = tuple(weight for weight in cause.supports + cause.opposes if holds(weight.when, facts))
            points = sum(weight.points for weight in weights)
            likelihood = self.likelihood(cause, points)
            if likelihood is not None:
                fits.append(Fit(cause, likelihood, points, weights))
        return sorted(fits, key=lambda fit: (-fit.likelihood.rank, -fit.points))

    def likelihood(self, cause: Cause, points: int) -> Likelihood | None:
        """The likelihood for these points; None if too few."""
        for band, least in self._bands:
            if points >= least:
                cap = cause.likelihood_at_most
                return cap if cap is not None and cap.rank < band.rank else band
        return None

    def to_ask(self, name: str, facts: Facts, not_known: Iterable[str]) -> set[str]:
        """The items to show for an unknown finding: itself or its openers."""
        if name not in self._items or name in facts or name in not_known:
            return set()
        if self.applies(name, facts):
            return {name}
        return set().union(*(self.to_ask(opener, facts, not_known) for opener in self._openers[name]))

    def applies(self, name: str, facts: Facts) -> bool:
        """Whether a finding that is not closed may be asked."""
        asked_when = self.knowledge.findings[name].asked_when
        return not asked_when or any(self.conditions.holds(when, facts) for when in asked_when)

    def _asked(self, floor: Level, answerable: Facts, not_known: set[str]) -> dict[str, Level]:
        """The items whose answer could raise the level above `floor`.

        An item that opens such an item counts too.
        """
        asked: dict[str, Level] = {}
        for level, when in self.raising:
            if level.rank > floor.rank:
                for name in self.conditions.open_names(when, answerable):
                    for item in self.to_ask(name, answerable, not_known):
                        asked.setdefault(item, level)
        return asked

    def _held_by(self, floor: Level, facts: Facts, not_known: set[str]) -> list[str]:
        """The unknown ids that hold the level through an open rule."""
        policy = self.knowledge.policy
        if policy.not_known_sign_level.rank <= floor.rank or not not_known:
            return []
        open_names = {
            least: set().union(
                *(self.conditions.open_names(when, facts) for level, when in self.raising if level.rank >= least.rank)
            )
            for least in (policy.not_known_sign_level, policy.not_known_background_from)
        }
        held_by = []
        for id_ in sorted(not_known):
            is_background = id_ in self._items and self._items[id_].role == "background"
            least = policy.not_known_background_from if is_background else policy.not_known_sign_level
            is_yes_or_no = self.knowledge.findings[id_].kind == "boolean"
            if is_yes_or_no and not open_names[least].isdisjoint((id_, *self._opened_by(id_))):
                held_by.append(id_)
        return held_by

    def _opened_by(self, id_: str) -> set[str]:
        """The findings whose question depends on a finding."""
        direct = {name for name, openers in self._openers.items() if id_ in openers}
        return direct.union(*map(self._opened_by, direct))

    def _with_readings(self, condition: Condition) -> Condition:
        """The condition, with the measurements that imply its findings."""
        if isinstance(condition, Clause):
            parts = {name: getattr(condition, name) for name in ("all_", "any_", "of")}
            written = {name: tuple(map(self._with_readings, some)) for name, some in parts.items() if some}
            return msgspec.structs.replace(condition, **written)
        derivation = self.knowledge.derivations.get(condition)
        if derivation is not None:
            return condition if derivation.when is None else self._with_readings(derivation.when)
        measurements = set(self.knowledge.policy.measurements)
        implied_by = self.knowledge.findings[condition].implied_by
        readings = tuple(it for it in implied_by if self.conditions.named(it) <= measurements)
        return Clause(any_=(condition, *readings)) if readings else condition


def _highest(levels: Iterable[Level]) -> Level:
    return max(levels, key=lambda level: level.rank, default=Level.SELF_CARE)
