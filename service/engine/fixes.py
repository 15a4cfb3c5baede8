"""Gathers what to try for the listed causes, and withholds what a finding forbids."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.engine.index import Match
from service.engine.rulebook import Rulebook
from service.knowledge.schema import Fix
from service.model.assessment import ConsideredCause, SuggestedFix, WithheldFix
from service.model.scales import Likelihood


class Fixes:
    """The fixes of a rulebook, and what withholds them."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def given(self, causes: Sequence[ConsideredCause], match: Match) -> list[ConsideredCause]:
        """`causes`, those to act on with their fixes."""
        acting = acted_on(causes)
        return [
            msgspec.structs.replace(cause, fixes=self._standing(cause.id, match)) if cause in acting else cause
            for cause in causes
        ]

    def _standing(self, cause: str, match: Match) -> tuple[str, ...]:
        """The fixes that a cause calls for, each once: allowed ones, or what takes their place."""
        called = self._rulebook.knowledge.causes[cause].fixes
        return tuple(dict.fromkeys(id_ for fix in called if (id_ := self._standing_for(fix, match)) is not None))

    def _standing_for(self, id_: str, match: Match) -> str | None:
        if not self._is_withheld(id_, match):
            return id_
        instead = self._rulebook.knowledge.fixes[id_].instead
        return None if instead is None else self._standing_for(instead, match)

    def _is_withheld(self, id_: str, match: Match) -> bool:
        return self._rulebook.withheld.get(id_) in match.fired

    def suggested(self, causes: Sequence[ConsideredCause]) -> tuple[SuggestedFix, ...]:
        """The fixes of the listed causes, in the order of the causes."""
        addresses: dict[str, list[str]] = {}
        for cause in causes:
            for id_ in cause.fixes:
                addresses.setdefault(id_, []).append(cause.id)
        fixes = self._rulebook.knowledge.fixes
        return tuple(_suggestion(fixes[id_], tuple(called_by)) for id_, called_by in addresses.items())

    def withheld(self, causes: Sequence[ConsideredCause], match: Match) -> tuple[WithheldFix, ...]:
        """The fixes that causes to act on call for and a finding forbids."""
        acting = acted_on(causes)
        called = dict.fromkeys(id_ for cause in acting for id_ in self._rulebook.knowledge.causes[cause.id].fixes)
        because = self._rulebook.index.because
        return tuple(
            WithheldFix(id=id_, because=because(match.fired[self._rulebook.withheld[id_]]))
            for id_ in called
            if self._is_withheld(id_, match)
        )


def acted_on(causes: Sequence[ConsideredCause]) -> Sequence[ConsideredCause]:
    """The causes whose advice is given: those at least possible, or all where none is."""
    return [cause for cause in causes if cause.likelihood.rank >= Likelihood.POSSIBLE.rank] or causes


def _suggestion(fix: Fix, addresses: tuple[str, ...]) -> SuggestedFix:
    return SuggestedFix(
        id=fix.id,
        title=fix.title,
        steps=tuple(statement.text for statement in fix.steps),
        limits=fix.limits,
        caveats=tuple(statement.text for statement in fix.caveats),
        addresses=addresses,
        review_after_days=fix.review_after_days,
        see_if_not_better=fix.see_if_not_better,
        evidence=fix.evidence,
        sources=fix.sources,
    )
