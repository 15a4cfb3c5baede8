"""Turns the level, the red flags and the causes into one piece of advice on running."""

from __future__ import annotations

from collections.abc import Sequence

from service.engine.fixes import acted_on
from service.engine.index import Match
from service.engine.rulebook import Rulebook
from service.engine.urgency import Urgency
from service.model.assessment import ConsideredCause, TrainingAdvice
from service.model.scales import Running


class Training:
    """The advice on running of a rulebook, one for each answer."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._knowledge = rulebook.knowledge
        self._derivations = rulebook.derivations
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

    def advice(self, urgency: Urgency, causes: Sequence[ConsideredCause], match: Match) -> TrainingAdvice:
        """The strictest of what the level, the fired red flags, the complaint and the causes acted on ask for."""
        asked: list[Running | None] = [self._knowledge.levels[urgency.level].running]
        asked += [flag.running for flag, _ in urgency.fired]
        asked += [self._derivations[pattern].running for pattern in self._derivations.keys() & match.fired.keys()]
        asked += [self._knowledge.causes[cause.id].running for cause in acted_on(causes)]
        return self._advice[max((one for one in asked if one is not None), key=lambda running: running.rank)]
