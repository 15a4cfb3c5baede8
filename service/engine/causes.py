"""Weighs the causes: which fit, how well, what spoke for and against, and what is still unanswered."""

from __future__ import annotations

from collections.abc import Mapping

from service.engine.index import Match
from service.engine.measures import inputs
from service.engine.presentation import Reported
from service.engine.rulebook import Rulebook
from service.knowledge.schema import Cause
from service.model.assessment import ConsideredCause, Contribution
from service.model.scales import Likelihood


class Causes:
    """The causes of a rulebook with their unchanging words joined once."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._bands = sorted(rulebook.knowledge.policy.likelihood_from_points.items(), key=lambda band: -band[1])
        self._mechanisms = {
            cause.id: " ".join(statement.text for statement in cause.mechanism)
            for cause in rulebook.knowledge.causes.values()
        }

    def considered(self, match: Match, known: Mapping[str, Reported]) -> list[ConsideredCause]:
        """The causes with points left, the best fitting first, without their fixes."""
        listed = []
        for pattern, cause in self._rulebook.applies.items():
            if pattern in match.fired and self._rulebook.excludes.get(cause.id) not in match.fired:
                considered = self._weigh(cause, match, known)
                if considered is not None:
                    listed.append(considered)
        return sorted(listed, key=lambda cause: (-cause.likelihood.rank, -cause.points))

    def _weigh(self, cause: Cause, match: Match, known: Mapping[str, Reported]) -> ConsideredCause | None:
        contributions = [
            self._contribution(pattern, match.fired[pattern])
            for pattern in self._rulebook.weights_of[cause.id]
            if pattern in match.fired
        ]
        points = sum(contribution.points for contribution in contributions)
        likelihood = self._likelihood(cause, points)
        if likelihood is None:
            return None
        return ConsideredCause(
            id=cause.id,
            name=cause.name,
            regions=cause.regions,
            likelihood=likelihood,
            points=points,
            supporting=tuple(part for part in contributions if part.points > 0),
            opposing=tuple(part for part in contributions if part.points < 0),
            unanswered=tuple(self.unanswered(cause.id, match, known)),
            mechanism=self._mechanisms[cause.id],
            caveats=tuple(statement.text for statement in cause.caveats),
            fixes=(),
            see_someone=tuple(statement.text for statement in cause.see_someone),
            evidence=cause.evidence,
            sources=cause.sources,
        )

    def _likelihood(self, cause: Cause, points: int) -> Likelihood | None:
        band = next((likelihood for likelihood, least in self._bands if points >= least), None)
        cap = cause.likelihood_at_most
        return cap if band is not None and cap is not None and band.rank > cap.rank else band

    def _contribution(self, pattern: int, terms: list[int]) -> Contribution:
        weight = self._rulebook.weights[pattern].weight
        because = self._rulebook.index.because(terms)
        return Contribution(
            finding=because[0],
            points=weight.points,
            because=because,
            statement=weight.statement,
            evidence=weight.evidence,
        )

    def unanswered(self, cause: str, match: Match, known: Mapping[str, Reported]) -> dict[str, int]:
        """The unknown findings that could still change a cause's points, with the most points each could move."""
        index = self._rulebook.index
        moves: dict[str, int] = {}
        for pattern in self._rulebook.weights_of[cause]:
            if pattern in match.fired:
                continue
            points = abs(self._rulebook.weights[pattern].weight.points)
            for term in index.terms_of[pattern]:
                if term in match.failed:
                    continue
                for atom in index.terms[term]:
                    for finding in self._reported(atom.finding):
                        if finding not in known:
                            moves[finding] = max(moves.get(finding, 0), points)
        return moves

    def _reported(self, finding: str) -> tuple[str, ...]:
        """What a client would send to settle `finding`: itself, or the telemetry that it is measured from."""
        derivation = self._rulebook.knowledge.derivations.get(finding)
        return (finding,) if derivation is None or derivation.measure is None else inputs(derivation.measure)
