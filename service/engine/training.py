"""Turns the level, the red flags and the causes into one piece of advice on running."""

from __future__ import annotations

from collections.abc import Sequence

from service.engine.causes import Considered
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.engine.templates import encode
from service.engine.urgency import Urgency
from service.model.assessment import TrainingAdvice


class Training:
    """The advice on running of a rulebook, one for each answer."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._levels = {level: text.running.rank for level, text in rulebook.knowledge.levels.items()}
        self._patterns = rulebook.index.patterns
        self._named = {
            pattern: derivation.running.rank
            for pattern, derivation in rulebook.derivations.items()
            if derivation.running is not None
        }
        self._naming = rulebook.terms_of(self._named)
        self._told = {
            running.rank: encode(
                TrainingAdvice(
                    running=running,
                    statement=text.statement,
                    allowed_activities=text.allowed_activities,
                    limits=text.limits,
                    recheck_after_days=text.recheck_after_days,
                    return_when=text.return_when,
                )
            )
            for running, text in rulebook.knowledge.running.items()
        }

    def advice(self, urgency: Urgency, acted_on: Sequence[Considered], match: Match) -> bytes:
        """The strictest of what the level, the fired red flags, the complaint and the causes acted on ask for."""
        asked = [self._levels[urgency.level]]
        asked += [fired.flag.running.rank for fired in urgency.fired if fired.flag.running is not None]
        asked += [self._named[pattern] for pattern, _ in self._patterns(match.fired & self._naming)]
        asked += [cause.cause.running.rank for cause in acted_on if cause.cause.running is not None]
        return self._told[max(asked)]
