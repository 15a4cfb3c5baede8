"""The fixes for the listed causes and the complaint.

A fix is withheld if a finding forbids it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.engine.bitset import Bits
from service.engine.decision import GivenFix, ListedCause, WithheldFix
from service.engine.items import Situation
from service.engine.rulebook import Rulebook


class FixDecision(msgspec.Struct, frozen=True):
    """The given fixes, the withheld fixes, and the contraindications to ask.

    `ask_first` are the contraindications to ask about before a fix is given.
    """

    given: tuple[GivenFix, ...]
    withheld: tuple[WithheldFix, ...]
    ask_first: frozenset[str]


NO_FIXES = FixDecision((), (), frozenset())


class Fixes:
    """The fixes of a rulebook and the terms that withhold them.

    The first steps for each complaint are included.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        knowledge, matcher = rulebook.knowledge, rulebook.matcher
        self._matcher = matcher
        self._fixes = knowledge.fixes
        self._causes = knowledge.causes
        self._withheld_terms: dict[str, Bits] = {
            id_: matcher.terms_of[pattern] for id_, pattern in rulebook.withheld.items()
        }
        self._lead_terms = {id_: matcher.terms_of[pattern] for id_, pattern in rulebook.fix_leads.items()}
        self._failed_terms = {id_: matcher.terms_of[pattern] for id_, pattern in rulebook.fix_failed.items()}
        self._added = [(matcher.terms_of[pattern], fix) for pattern, fix in rulebook.added_fixes]
        self._most = knowledge.policy.most_fixes
        self._first_steps = [
            (matcher.terms_of[pattern], knowledge.policy.first_steps[number])
            for pattern, number in rulebook.first_steps.items()
        ]

    def decide(self, acted_on: Sequence[ListedCause], situation: Situation) -> FixDecision:
        """Return the fixes to give and to withhold.

        The fixes are those of the causes to act on, and the first steps for each complaint that no cause explains.
        Fixes that fit the report best come first. Fixes that failed, and fixes beyond the limit, are left out.
        """
        fired = situation.match.fired
        addresses: dict[str, list[str]] = {}
        withheld: dict[str, WithheldFix] = {}
        ask_first: dict[str, None] = {}
        for cause in acted_on:
            for called in self._causes[cause.id].fixes:
                id_ = self._allowed(called, situation, withheld, ask_first)
                if id_ is not None and cause.id not in addresses.setdefault(id_, []):
                    addresses[id_].append(cause.id)
        explained = {region for cause in acted_on for region in self._causes[cause.id].regions}
        given_for = {region for causes in addresses.values() for id_ in causes for region in self._causes[id_].regions}
        for terms, steps in self._first_steps:
            if terms & fired and not given_for & explained & set(steps.regions):
                id_ = self._allowed(steps.fix, situation, withheld, ask_first)
                if id_ is not None:
                    addresses.setdefault(id_, [])
        for terms, fix in self._added:
            if terms & fired and (id_ := self._allowed(fix, situation, withheld, ask_first)) is not None:
                addresses.setdefault(id_, [])
        ordered = sorted(addresses, key=lambda id_: not self._lead_terms.get(id_, 0) & fired)[: self._most]
        given = tuple(GivenFix(id_, tuple(addresses[id_])) for id_ in ordered)
        return FixDecision(given, tuple(withheld.values()), frozenset(ask_first))

    def _allowed(
        self, id_: str, situation: Situation, withheld: dict[str, WithheldFix], ask_first: dict[str, None]
    ) -> str | None:
        """Return the fix or its replacement, or None.

        An unknown contraindication withholds a fix as well. The result is None if neither fix is allowed, or if the fix
        was tried without success.
        """
        fix = self._fixes[id_]
        if self._failed_terms.get(id_, 0) & situation.match.fired:
            return None
        forbidding = self._withheld_terms.get(id_, 0) & situation.match.fired
        unknown = [name for name in fix.ask_first if not self._matcher.bit_of[name] & situation.match.known]
        if forbidding:
            withheld[id_] = WithheldFix(id_, self._matcher.because(forbidding))
        elif unknown:
            ask_first.update(dict.fromkeys(unknown))
        else:
            return id_
        return None if fix.instead is None else self._allowed(fix.instead, situation, withheld, ask_first)
