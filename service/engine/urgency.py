"""The level of urgency.

The level is the most urgent floor that applies. The module also computes the highest level that answers could lead to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from service.engine.bitset import Bits
from service.engine.decision import FiredFlag, LevelReason, Urgency
from service.engine.items import Items, Situation
from service.engine.rulebook import Rulebook
from service.knowledge.conditions import named
from service.model.scales import Level
from service.report.report import Report

OUT_OF_SCOPE: Final = "out_of_scope"
UNCOVERED_SIGN: Final = "uncovered_sign"
SAFETY_QUESTIONS_OPEN: Final = "safety_questions_open"
SIGN_NOT_KNOWN: Final = "sign_not_known"
SAFETY_QUESTIONS_CLEAR: Final = "safety_questions_clear"


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


class Urgencies:
    """The floors of a rulebook."""

    def __init__(self, rulebook: Rulebook, items: Items) -> None:
        self._policy = rulebook.knowledge.policy
        self._matcher = rulebook.matcher
        self._items = items
        self._red_flags = rulebook.red_flags
        self._red_flag_terms = rulebook.red_flag_terms
        self._highest = rulebook.highest
        self._uncovered = rulebook.matcher.terms_of[rulebook.uncovered_signs]
        # A sign is covered by a red flag that names it or one of its details.
        self._details = {
            sign: tuple(name for condition in rulebook.knowledge.findings[sign].implied_by for name in named(condition))
            for sign in self._policy.uncovered_signs
        }
        self._terms_from = {level: _terms_from(rulebook.terms_by_level, level.rank) for level in Level}
        self._terms_above = {level: _terms_from(rulebook.terms_by_level, level.rank + 1) for level in Level}

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
        level = max((reason.level for reason in reasons), key=_rank, default=Level.SELF_CARE)
        above = self._terms_above[level]
        still_open = above ^ (above & situation.match.failed)
        waiting = still_open & self._items.waiting_for_a_reading(situation)
        return Floors(level, reasons, tuple(fired), is_out_of_scope, still_open ^ waiting, waiting)

    def urgency(self, floors: Floors, situation: Situation, report: Report, *, is_complete: bool) -> Urgency:
        """Return the level of urgency with its reasons.

        The level is the most urgent floor. Open questions and signs that are not known hold it up. `could_rise_to` is
        exact: a term that no known finding fails can be made true, because it names each finding once. The level is the
        maximum over single terms, so the most urgent open term decides.
        """
        reasons = [*floors.reasons, *self._held_up(floors, situation, report, is_complete=is_complete)]
        level = max((reason.level for reason in reasons), key=_rank, default=Level.SELF_CARE)
        reasons.sort(key=lambda reason: -reason.level.rank)
        if not reasons:
            reasons.append(LevelReason(SAFETY_QUESTIONS_CLEAR, Level.SELF_CARE, ()))
        return Urgency(
            level=level,
            could_rise_to=self._highest(floors.open_terms, level),
            screen_complete=is_complete,
            is_held_open=not is_complete and level.rank > floors.level.rank,
            is_out_of_scope=floors.is_out_of_scope,
            reasons=tuple(reasons),
            fired=floors.fired,
        )

    def _held_up(
        self, floors: Floors, situation: Situation, report: Report, *, is_complete: bool
    ) -> Iterator[LevelReason]:
        policy = self._policy
        if not is_complete and policy.incomplete_level.rank > floors.level.rank:
            yield LevelReason(SAFETY_QUESTIONS_OPEN, policy.incomplete_level, ())
        if policy.not_known_sign_level.rank > floors.level.rank and (unknown := self._unknown(situation, report)):
            yield LevelReason(SIGN_NOT_KNOWN, policy.not_known_sign_level, unknown)

    def _unknown(self, situation: Situation, report: Report) -> tuple[str, ...]:
        """Return the `not_known` ids that hold the level up.

        An open term depends on each of them.
        """
        found: list[str] = []
        failed, not_known, bit_of = situation.match.failed, situation.not_known, self._matcher.bit_of
        for signs, least in (
            (self._items.unknown_signs, self._policy.not_known_sign_level),
            (self._items.unknown_background, self._policy.not_known_background_from),
        ):
            level_terms = self._terms_from[least]
            for id_ in sorted(report.not_known & signs.keys()):
                terms = signs[id_] & level_terms
                if bit_of[id_] & not_known and terms & failed != terms:
                    found.append(id_)
        return tuple(found)


def _rank(level: Level) -> int:
    return level.rank


def _terms_from(terms_by_level: Iterable[tuple[Bits, Level]], least: int) -> Bits:
    """Return the terms for a level of rank `least` or more."""
    whole = 0
    for terms, own in terms_by_level:
        if own.rank >= least:
            whole |= terms
    return whole
