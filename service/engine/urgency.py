"""The level of urgency.

The level is the most urgent floor that applies. The module also computes the highest level that answers could lead to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.engine.decision import LevelReason, Urgency
from service.engine.floors import Floors
from service.engine.items import Items, Situation
from service.engine.rulebook import Rulebook
from service.model.scales import Level, most_urgent
from service.report.report import Report

SAFETY_QUESTIONS_OPEN: Final = "safety_questions_open"
SIGN_NOT_KNOWN: Final = "sign_not_known"
SAFETY_QUESTIONS_CLEAR: Final = "safety_questions_clear"


class Urgencies:
    """The levels of a rulebook."""

    def __init__(self, rulebook: Rulebook, items: Items) -> None:
        self._policy = rulebook.knowledge.policy
        self._matcher = rulebook.matcher
        self._items = items
        self._highest = rulebook.highest
        self._terms_from = {level: rulebook.terms_from(level.rank) for level in Level}

    def urgency(self, floors: Floors, situation: Situation, report: Report, *, is_complete: bool) -> Urgency:
        """Return the level of urgency with its reasons.

        The level is the most urgent floor. Open questions and signs that are not known hold it up. `could_rise_to` is
        exact: a term that no known finding fails can be made true, because it names each finding once. The level is the
        maximum over single terms, so the most urgent open term decides.
        """
        reasons = [*floors.reasons, *self._held_up(floors, situation, report, is_complete=is_complete)]
        level = most_urgent(reason.level for reason in reasons)
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
