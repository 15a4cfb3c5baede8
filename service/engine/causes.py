"""Weighs the causes: which fit, how well, what spoke for and against, and what is still unanswered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.engine.bitset import Bits, first, members
from service.engine.matcher import Index, Match
from service.engine.measures import inputs
from service.engine.rulebook import Rulebook
from service.engine.templates import GAP, encode, listed, mould
from service.engine.terms import Term
from service.knowledge.schema import Cause, Weight
from service.model.assessment import ConsideredCause, Contribution
from service.model.scales import Likelihood


class Considered(NamedTuple):
    """A cause with points left: what spoke for and against it as it is told, and what could still move it.

    `unanswered` holds unknown findings, each with the most points that it could move.
    """

    cause: Cause
    likelihood: Likelihood
    points: int
    supporting: bytes
    opposing: bytes
    unanswered: tuple[tuple[str, int], ...]


class _Weighing(NamedTuple):
    """A weight of a cause: its terms, and the contribution that it makes when some of them hold.

    `told` has the contribution for each single term; where several hold, `mould` takes what they name. `settles` are
    the terms counted as the cause counts them: once one of them holds, nothing changes the points of this weight.
    """

    settles: Bits
    points: int
    told: Mapping[Bits, bytes]
    mould: bytes


class _Mover(NamedTuple):
    """A finding that could move a cause's points: the terms that name it by what they are worth, most first."""

    finding: str
    known: Bits
    worth: tuple[tuple[int, Bits], ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A cause, compiled.

    The terms of its weights are counted from `base`, the first of them, for shorter numbers.
    """

    cause: Cause
    applies: Bits
    excluded: Bits
    base: int
    terms: Bits
    movers: tuple[_Mover, ...]


class Causes:
    """The causes of a rulebook, in the order of their rank."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._bands = sorted(rulebook.knowledge.policy.likelihood_from_points.items(), key=lambda band: -band[1])
        self._candidates = tuple(self._compile(pattern, cause) for pattern, cause in rulebook.applies.items())
        index = rulebook.index
        conditions = {rulebook.alternatives(pattern): index.terms_of[pattern] for pattern in rulebook.applies}
        self._applies = tuple(
            (terms, tuple((1 << term, index.terms[term]) for term in index.in_order(terms)))
            for terms in conditions.values()
        )
        self._weights = rulebook.terms_of(rulebook.weights)
        self._weighings = {
            number: (place, _weighing(index, number, rulebook.weights[number].weight, candidate.base))
            for place, candidate in enumerate(self._candidates)
            for number in rulebook.weights_of[candidate.cause.id]
        }
        self._told = {cause.id: _told(cause) for cause in rulebook.applies.values()}

    def considered(self, match: Match) -> list[Considered]:
        """The causes with points left, the best fitting first, without their fixes."""
        fired = match.fired
        weighed: dict[int, list[tuple[_Weighing, Bits]]] = {}
        for pattern, terms in self._rulebook.index.patterns(fired & self._weights):
            place, weighing = self._weighings[pattern]
            weighed.setdefault(place, []).append((weighing, terms))
        fitting = [
            considered
            for place, contributions in weighed.items()
            for candidate in [self._candidates[place]]
            if candidate.applies & fired
            and not candidate.excluded & fired
            and (considered := self._weigh(candidate, contributions, match)) is not None
        ]
        fitting.sort(key=lambda considered: (-considered.likelihood.rank, -considered.points))
        return fitting

    def told(self, causes: Sequence[Considered], fixes: Mapping[str, tuple[str, ...]]) -> bytes:
        """The causes as they are told, each with the fixes that are given for it."""
        return listed(
            [
                self._told[cause.id]
                % (
                    likelihood.json,
                    encode(points),
                    supporting,
                    opposing,
                    encode([finding for finding, _ in unanswered]),
                    encode(fixes.get(cause.id, ())),
                )
                for cause, likelihood, points, supporting, opposing, unanswered in causes
            ]
        )

    def undecided(self, match: Match) -> Iterator[Term]:
        """For each condition on which causes may apply and do not yet, the first term that would make them."""
        for applies, alternatives in self._applies:
            if not applies & match.fired:
                for bit, term in alternatives:
                    if not bit & match.failed:
                        yield term
                        break

    def _weigh(
        self, candidate: _Candidate, contributions: Sequence[tuple[_Weighing, Bits]], match: Match
    ) -> Considered | None:
        points, settled = 0, match.failed >> candidate.base
        supporting: list[bytes] = []
        opposing: list[bytes] = []
        for weighing, terms in contributions:
            points += weighing.points
            settled |= weighing.settles
            told = weighing.told.get(terms) or _contribution(weighing.mould, self._rulebook.index.because(terms))
            (supporting if weighing.points > 0 else opposing).append(told)
        likelihood = self._likelihood(candidate.cause, points)
        if likelihood is None:
            return None
        still_open = (candidate.terms & settled) ^ candidate.terms
        unanswered = _moving(candidate.movers, still_open, match.known)
        return Considered(candidate.cause, likelihood, points, listed(supporting), listed(opposing), unanswered)

    def _likelihood(self, cause: Cause, points: int) -> Likelihood | None:
        for likelihood, least in self._bands:
            if points >= least:
                cap = cause.likelihood_at_most
                return cap if cap is not None and likelihood.rank > cap.rank else likelihood
        return None

    def _compile(self, applies: int, cause: Cause) -> _Candidate:
        rulebook = self._rulebook
        weights = rulebook.weights_of[cause.id]
        terms = rulebook.terms_of(weights)
        base = first(terms) if terms else 0
        return _Candidate(
            cause,
            rulebook.index.terms_of[applies],
            rulebook.terms_of([rulebook.excludes[cause.id]] if cause.id in rulebook.excludes else []),
            base,
            terms >> base,
            tuple(self._movers(weights, base)),
        )

    def _movers(self, weights: Sequence[int], base: int) -> Iterator[_Mover]:
        worth: dict[str, dict[int, Bits]] = {}
        index = self._rulebook.index
        for number in weights:
            points = abs(self._rulebook.weights[number].weight.points)
            for term in index.in_order(index.terms_of[number]):
                for atom in index.terms[term]:
                    for finding in self._reported(atom.finding):
                        terms = worth.setdefault(finding, {})
                        terms[points] = terms.get(points, 0) | 1 << term - base
        for finding, terms in worth.items():
            yield _Mover(finding, index.bit_of[finding], tuple(sorted(terms.items(), reverse=True)))

    def _reported(self, finding: str) -> tuple[str, ...]:
        """What a client would send to settle `finding`: itself, or the telemetry that it is measured from."""
        derivation = self._rulebook.knowledge.derivations.get(finding)
        return (finding,) if derivation is None or derivation.measure is None else inputs(derivation.measure)


def _moving(movers: Iterable[_Mover], still_open: Bits, known: Bits) -> tuple[tuple[str, int], ...]:
    """The unknown findings that could still change a cause's points, with the most points each could move."""
    moving = []
    for finding, bit, worth in movers:
        if not bit & known:
            for points, terms in worth:
                if terms & still_open:
                    moving.append((finding, points))
                    break
    return tuple(moving)


def _weighing(index: Index, pattern: int, weight: Weight, base: int) -> _Weighing:
    moulded = mould(
        Contribution(
            finding=GAP, points=weight.points, because=GAP, statement=weight.statement, evidence=weight.evidence
        )
    )
    terms = index.terms_of[pattern]
    told = {1 << term: _contribution(moulded, index.because(1 << term)) for term in members(terms)}
    return _Weighing(terms >> base, weight.points, told, moulded)


def _contribution(moulded: bytes, because: tuple[str, ...]) -> bytes:
    return moulded % (encode(because[0]), encode(because))


def _told(cause: Cause) -> bytes:
    return mould(
        ConsideredCause(
            id=cause.id,
            name=cause.name,
            regions=cause.regions,
            likelihood=GAP,
            points=GAP,
            supporting=GAP,
            opposing=GAP,
            unanswered=GAP,
            mechanism=" ".join(statement.text for statement in cause.mechanism),
            caveats=tuple(statement.text for statement in cause.caveats),
            fixes=GAP,
            see_someone=tuple(statement.text for statement in cause.see_someone),
            evidence=cause.evidence,
            sources=cause.sources,
        )
    )
