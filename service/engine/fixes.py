"""Gathers what to try for the listed causes, and withholds what a finding forbids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.engine.bitset import Bits
from service.engine.causes import Considered
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.engine.templates import GAP, encode, listed, mould
from service.knowledge.schema import Fix
from service.model.assessment import SuggestedFix, WithheldFix
from service.model.scales import Likelihood


class Fixes:
    """The fixes of a rulebook, and what withholds them."""

    def __init__(self, rulebook: Rulebook) -> None:
        knowledge, index = rulebook.knowledge, rulebook.index
        self._index = index
        self._instead = {id_: fix.instead for id_, fix in knowledge.fixes.items()}
        self._withholding: dict[str, Bits] = {id_: index.terms_of[number] for id_, number in rulebook.withheld.items()}
        self._any_withholding = rulebook.terms_of(rulebook.withheld.values())
        self._called = {id_: tuple(dict.fromkeys(cause.fixes)) for id_, cause in knowledge.causes.items()}
        self._told = {id_: _told(fix) for id_, fix in knowledge.fixes.items()}
        self._told_withheld = {id_: mould(WithheldFix(id=id_, because=GAP)) for id_ in rulebook.withheld}

    def given(self, acted_on: Sequence[Considered], match: Match) -> dict[str, tuple[str, ...]]:
        """The fixes of each cause to act on."""
        if not match.fired & self._any_withholding:
            return {cause.cause.id: self._called[cause.cause.id] for cause in acted_on}
        return {cause.cause.id: self._standing(cause.cause.id, match) for cause in acted_on}

    def suggested(self, given: Mapping[str, tuple[str, ...]]) -> bytes:
        """The fixes that are given as they are told, in the order of the causes."""
        addresses: dict[str, list[str]] = {}
        for cause, fixes in given.items():
            for id_ in fixes:
                addresses.setdefault(id_, []).append(cause)
        return listed([self._told[id_] % encode(called_by) for id_, called_by in addresses.items()])

    def withheld(self, acted_on: Sequence[Considered], match: Match) -> bytes:
        """The fixes that causes to act on call for and a finding forbids, as they are told."""
        if not match.fired & self._any_withholding:
            return b"[]"
        called = dict.fromkeys(id_ for cause in acted_on for id_ in self._called[cause.cause.id])
        return listed(
            [
                self._told_withheld[id_] % encode(self._index.because(forbidding))
                for id_ in called
                if (forbidding := self._forbidding(id_, match))
            ]
        )

    def _standing(self, cause: str, match: Match) -> tuple[str, ...]:
        """The fixes that a cause calls for, each once: allowed ones, or what takes their place."""
        called = (self._standing_for(fix, match) for fix in self._called[cause])
        return tuple(dict.fromkeys(id_ for id_ in called if id_ is not None))

    def _standing_for(self, id_: str, match: Match) -> str | None:
        if not self._forbidding(id_, match):
            return id_
        instead = self._instead[id_]
        return None if instead is None else self._standing_for(instead, match)

    def _forbidding(self, id_: str, match: Match) -> Bits:
        """The terms that hold and withhold a fix."""
        return self._withholding.get(id_, 0) & match.fired


def acted_on(causes: Sequence[Considered]) -> Sequence[Considered]:
    """The causes whose advice is given: those at least possible, or all where none is."""
    return [cause for cause in causes if cause.likelihood.rank >= Likelihood.POSSIBLE.rank] or causes


def _told(fix: Fix) -> bytes:
    return mould(
        SuggestedFix(
            id=fix.id,
            title=fix.title,
            steps=tuple(statement.text for statement in fix.steps),
            limits=fix.limits,
            caveats=tuple(statement.text for statement in fix.caveats),
            addresses=GAP,
            review_after_days=fix.review_after_days,
            see_if_not_better=fix.see_if_not_better,
            evidence=fix.evidence,
            sources=fix.sources,
        )
    )
