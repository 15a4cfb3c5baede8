"""The causes that fit a report, weighed by points.

Each listed cause has a likelihood, statements for and against it, and the items that could still change its points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from service.engine.bitset import Bits
from service.engine.decision import ListedCause, WeighedStatement
from service.engine.items import Items, Situation
from service.engine.rulebook import Rulebook
from service.knowledge.schema.causes import Cause
from service.model.scales import Likelihood


class _Candidate(msgspec.Struct, frozen=True):
    """A compiled cause.

    `excluded` are the terms that exclude the cause. `weight_terms` are those of its weights, and `items` are the items
    that its weights name.
    """

    cause: Cause
    excluded: Bits
    weight_terms: Bits
    items: tuple[tuple[str, Bits, Bits], ...]


class Causes:
    """The causes of a rulebook in the order of their rank."""

    def __init__(self, rulebook: Rulebook, items: Items) -> None:
        self._matcher = rulebook.matcher
        self._bands = sorted(rulebook.knowledge.policy.likelihood_from_points.items(), key=lambda band: -band[1])
        self._act_on = rulebook.knowledge.policy.act_on_likelihood
        asked = [item.id for compiled in items.checklists for item in compiled.items]
        self._candidates = {
            pattern: self._compile(rulebook, cause, asked) for pattern, cause in rulebook.applies.items()
        }
        self._applies_terms = rulebook.terms_of(rulebook.applies)
        self._weights = rulebook.weights

    def listed(self, situation: Situation) -> tuple[ListedCause, ...]:
        """Return the causes with points left, best fit first."""
        fired = situation.match.fired
        listed = []
        for pattern, _ in self._matcher.patterns(fired & self._applies_terms):
            candidate = self._candidates[pattern]
            contributions = fired & candidate.weight_terms
            if not contributions or candidate.excluded & fired:
                continue
            cause = self._weigh(candidate, self._matcher.patterns(contributions), situation)
            if cause is not None:
                listed.append(cause)
        listed.sort(key=lambda cause: (-cause.likelihood.rank, -cause.points))
        return tuple(listed)

    def acted_on(self, causes: Sequence[ListedCause]) -> Sequence[ListedCause]:
        """Return the causes whose fixes are given.

        These are the causes that are likely enough, or all causes if none is.
        """
        return [cause for cause in causes if cause.likelihood.rank >= self._act_on.rank] or causes

    def _weigh(
        self, candidate: _Candidate, contributions: Sequence[tuple[int, Bits]], situation: Situation
    ) -> ListedCause | None:
        points = sum(self._weights[pattern].points for pattern, _ in contributions)
        likelihood = self.likelihood(candidate.cause, points)
        if likelihood is None:
            return None
        statements = [(self._weights[pattern], self._matcher.because(terms)) for pattern, terms in contributions]
        return ListedCause(
            candidate.cause.id,
            likelihood,
            points,
            tuple(WeighedStatement(weight.number, because) for weight, because in statements if weight.points > 0),
            tuple(WeighedStatement(weight.number, because) for weight, because in statements if weight.points <= 0),
            tuple(self._unanswered(candidate, situation)),
        )

    def _unanswered(self, candidate: _Candidate, situation: Situation) -> Iterator[str]:
        answered, failed = situation.answered, situation.match.failed
        for id_, bit, terms in candidate.items:
            if not bit & answered and terms & failed != terms:
                yield id_

    def likelihood(self, cause: Cause, points: int) -> Likelihood | None:
        """Return the likelihood of `cause` with these points, or None."""
        for likelihood, least in self._bands:
            if points >= least:
                cap = cause.likelihood_at_most
                return cap if cap is not None and likelihood.rank > cap.rank else likelihood
        return None

    @staticmethod
    def _compile(rulebook: Rulebook, cause: Cause, asked: Sequence[str]) -> _Candidate:
        matcher = rulebook.matcher
        terms = rulebook.terms_of(pattern for pattern, weight in rulebook.weights.items() if weight.cause == cause.id)
        excluded = rulebook.terms_of([rulebook.excludes[cause.id]] if cause.id in rulebook.excludes else [])
        items = ((id_, matcher.bit_of[id_], matcher.terms_naming[id_] & terms) for id_ in asked)
        return _Candidate(cause, excluded, terms, tuple(item for item in items if item[2]))
