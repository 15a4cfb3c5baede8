"""Decides the advice on running: the strictest of the level, the red flags, the complaint and the causes."""

from __future__ import annotations

from collections.abc import Sequence

from service.engine.decision import ListedCause, Urgency
from service.engine.items import Situation
from service.engine.rulebook import Rulebook
from service.model.scales import Running


class RunningAdvice:
    """The demands on running of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        knowledge = rulebook.knowledge
        self._levels = {level: text.running for level, text in knowledge.levels.items()}
        self._red_flags = {id_: flag.running for id_, flag in knowledge.red_flags.items()}
        self._causes = {id_: cause.running for id_, cause in knowledge.causes.items()}
        self._derived = [
            (rulebook.matcher.terms_of[pattern], derivation.running)
            for pattern, derivation in rulebook.derivations.items()
            if derivation.running is not None
        ]

    def running(self, urgency: Urgency, acted_on: Sequence[ListedCause], situation: Situation) -> Running:
        """The strictest demand of all."""
        asked: list[Running | None] = [self._levels[urgency.level]]
        asked += [self._red_flags[fired.id] for fired in urgency.fired]
        asked += [running for terms, running in self._derived if terms & situation.match.fired]
        asked += [self._causes[cause.id] for cause in acted_on]
        return max((running for running in asked if running is not None), key=lambda running: running.rank)
