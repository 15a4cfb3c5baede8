"""Turns the level, the red flags and the causes into one piece of advice on running."""

from __future__ import annotations

from collections.abc import Sequence

from service.engine.rulebook import Rulebook
from service.engine.urgency import Urgency
from service.model.assessment import ConsideredCause, TrainingAdvice
from service.model.scales import Likelihood, Running


class Training:
    """The advice on running of a rulebook, one for each answer."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._knowledge = rulebook.knowledge
        self._advice = {
            running: TrainingAdvice(
                running=running,
                statement=text.statement,
                allowed_activities=text.allowed_activities,
                limits=text.limits,
                recheck_after_days=text.recheck_after_days,
                return_when=text.return_when,
            )
            for running, text in rulebook.knowledge.running.items()
        }

    def advice(self, urgency: Urgency, causes: Sequence[ConsideredCause]) -> TrainingAdvice:
        """The strictest of what the level, the fired red flags and the causes that are at least possible ask for."""
        asked: list[Running | None] = [self._knowledge.levels[urgency.level].running]
        asked += [flag.running for flag, _ in urgency.fired]
        asked += [
            self._knowledge.causes[cause.id].running
            for cause in causes
            if cause.likelihood.rank >= Likelihood.POSSIBLE.rank
        ]
        return self._advice[max((one for one in asked if one is not None), key=lambda running: running.rank)]
