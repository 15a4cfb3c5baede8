"""The advice on running.

The advice is the strictest demand of the level, the red flags, the complaint and the causes.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.engine.decision import ListedCause, RunningDecision, Urgency
from service.engine.items import Situation
from service.engine.rulebook import Rulebook
from service.model.scales import Running


class RunningAdvice:
    """The demands on running in a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        knowledge = rulebook.knowledge
        self._levels = {level: text.running for level, text in knowledge.levels.items()}
        self._red_flags = {id_: flag.running for id_, flag in knowledge.red_flags.items()}
        self._causes = {id_: cause.running for id_, cause in knowledge.causes.items()}
        self._act_on = knowledge.policy.act_on_likelihood
        self._matcher = rulebook.matcher
        self._demands: dict[int, Running] = dict(rulebook.running_rules)
        for pattern, derivation in rulebook.derivations.items():
            if derivation.running is not None:
                self._demands[pattern] = derivation.running
        self._demand_terms = rulebook.terms_of(self._demands)
        self._goals = {
            running: [
                (number, rulebook.matcher.terms_of[rulebook.goals[running, number]] if goal.when is not None else None)
                for number, goal in enumerate(text.return_when)
            ]
            for running, text in knowledge.running.items()
        }
        self._races = [
            (running, number, rulebook.matcher.terms_of[pattern])
            for (running, number), pattern in rulebook.races.items()
        ]

    def decide(self, urgency: Urgency, causes: Sequence[ListedCause], situation: Situation) -> RunningDecision:
        """Return the strictest demand on running.

        The result includes the goals that apply and the first answer on a race. A cause that is less likely than the
        causes acted on demands nothing.
        """
        fired = situation.match.fired
        asked: list[Running | None] = [self._levels[urgency.level]]
        asked += [self._red_flags[flag.id] for flag in urgency.fired]
        asked += [self._demands[pattern] for pattern, _ in self._matcher.patterns(fired & self._demand_terms)]
        asked += [self._causes[cause.id] for cause in causes if cause.likelihood.rank >= self._act_on.rank]
        running = max((demand for demand in asked if demand is not None), key=lambda demand: demand.rank)
        goals = tuple(number for number, terms in self._goals[running] if terms is None or terms & fired)
        race = next((number for of, number, terms in self._races if of is running and terms & fired), None)
        return RunningDecision(running, goals, race)
