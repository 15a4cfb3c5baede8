"""The floors under the level.

A fired rule sets a floor, and so does a sign that no red flag covers. The level is never below a floor.
"""

from __future__ import annotations

from typing import Final

import msgspec

from service.engine.bitset import Bits
from service.engine.decision import FiredFlag, LevelReason
from service.engine.items import Items, Situation
from service.engine.rulebook import Rulebook
from service.knowledge.conditions import named
from service.model.scales import Level, most_urgent

OUT_OF_SCOPE: Final = "out_of_scope"
UNCOVERED_SIGN: Final = "uncovered_sign"


class Floors(msgspec.Struct, frozen=True):
    """The level that the fired rules set, with reasons.

    The open terms set a higher level. `open_terms` can still hold by answers alone. `open_for_a_reading` are the terms
    that wait for a reading.
    """

    level: Level
    reasons: list[LevelReason]
    fired: tuple[FiredFlag, ...]
    is_out_of_scope: bool
    open_terms: Bits
    open_for_a_reading: Bits


class FloorRules:
    """The rules of a rulebook that set floors."""

    def __init__(self, rulebook: Rulebook, items: Items) -> None:
        self._policy = rulebook.knowledge.policy
        self._matcher = rulebook.matcher
        self._items = items
        self._red_flags = rulebook.red_flags
        self._red_flag_terms = rulebook.red_flag_terms
        self._uncovered = rulebook.matcher.terms_of[rulebook.uncovered_signs]
        # A sign is covered by a red flag that names it or one of its details.
        self._details = {
            sign: tuple(name for condition in rulebook.knowledge.findings[sign].implied_by for name in named(condition))
            for sign in self._policy.uncovered_signs
        }
        self._terms_above = {level: rulebook.terms_from(level.rank + 1) for level in Level}

    def floors(self, situation: Situation) -> Floors:
        """Return the floors that the fired rules set."""
        fired_terms, policy = situation.match.fired, self._policy
        fired: list[FiredFlag] = []
        reasons: list[LevelReason] = []
        covered: set[str] = set()
        is_out_of_scope = False
        for pattern, terms in self._matcher.patterns(fired_terms & self._red_flag_terms):
            flag, because = self._red_flags[pattern], self._matcher.because(terms)
            fired.append(FiredFlag(flag.id, because))
            reasons.append(LevelReason(flag.id, flag.level, because))
            if flag.out_of_scope:
                is_out_of_scope = True
                reasons.append(LevelReason(OUT_OF_SCOPE, policy.out_of_scope_level, because))
            covered.update(because)
        if uncovered := fired_terms & self._uncovered:
            signs = tuple(
                sign for sign in self._matcher.because(uncovered) if covered.isdisjoint((sign, *self._details[sign]))
            )
            if signs:
                reasons.append(LevelReason(UNCOVERED_SIGN, policy.uncovered_sign_level, signs))
        level = most_urgent(reason.level for reason in reasons)
        above = self._terms_above[level]
        still_open = above ^ (above & situation.match.failed)
        waiting = still_open & self._items.waiting_for_a_reading(situation)
        return Floors(level, reasons, tuple(fired), is_out_of_scope, still_open ^ waiting, waiting)
