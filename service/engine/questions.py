"""Chooses the items to ask: those that could raise the level, those that tell the causes apart, and readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service.engine.bitset import Bits
from service.engine.decision import AskedGroup, AskedItem, InterviewDecision, ListedCause, Urgency
from service.engine.items import Item, Items, Situation
from service.engine.rulebook import Rulebook
from service.engine.urgency import Floors
from service.knowledge.schema import Checklist, Policy
from service.model.assessment import Purpose, StopReason
from service.model.scales import Level, Likelihood


class CauseContext(NamedTuple):
    """The state of the causes.

    `ask_first` are contraindications to ask before a fix is given. `is_asked` if causes are asked about at this level.
    `has_no_complaint` if every complaint was denied.
    """

    causes: Sequence[ListedCause]
    ask_first: frozenset[str]
    is_asked: bool
    has_no_complaint: bool


class Questions:
    """The questions of a rulebook."""

    def __init__(self, rulebook: Rulebook, items: Items) -> None:
        policy = rulebook.knowledge.policy
        self._policy = policy
        self._highest = rulebook.highest
        self._checklists = items.checklists
        self._measurements = items.measurements
        self._separating = sum(
            item.bit
            for compiled in items.checklists
            if compiled.checklist.stage == "separating"
            for item in compiled.items
        )

    def safety(self, floors: Floors, situation: Situation) -> dict[str, Bits]:
        """The items whose answer could raise the level or open a detail that could, each with the open terms."""
        open_terms = floors.open_terms
        if not open_terms:
            return {}
        skip = situation.answered | situation.waiting
        return {
            item.id: terms
            for compiled in self._checklists
            for item in compiled.items
            if not item.bit & skip and (terms := item.terms(situation) & open_terms)
        }

    def interview(
        self, safety: Mapping[str, Bits], floors: Floors, urgency: Urgency, situation: Situation, context: CauseContext
    ) -> InterviewDecision:
        """The groups to show, the readings to offer, and the reason to stop if there is nothing to ask."""
        about_causes = _CauseQuestions(self._policy, self._separating, situation, context)
        groups = []
        for compiled in self._checklists:
            items = tuple(
                AskedItem(item.id, self._highest(safety.get(item.id, 0), floors.level))
                for item in compiled.items
                if item.id in safety or about_causes.asks(item, compiled.checklist)
            )
            if items:
                groups.append(AskedGroup(compiled.checklist.id, items))
        measurements = tuple(self._readings(floors.level, situation))
        items_left = sum(len(group.items) for group in groups) + about_causes.held_back
        reason = None if groups else self._stop_reason(floors, urgency, context, measurements)
        return InterviewDecision(tuple(groups), measurements, items_left, reason)

    def _readings(self, level: Level, situation: Situation) -> list[AskedItem]:
        skip, failed = situation.answered | situation.waiting, situation.match.failed
        return [
            AskedItem(item.id, highest)
            for item in self._measurements
            if not item.bit & skip and (highest := self._highest(item.naming & ~failed, level)).rank > level.rank
        ]

    @staticmethod
    def _stop_reason(
        floors: Floors, urgency: Urgency, context: CauseContext, measurements: Sequence[AskedItem]
    ) -> StopReason:
        if urgency.level.rank >= Level.EMERGENCY.rank:
            return StopReason.ACT_NOW
        if urgency.is_out_of_scope:
            return StopReason.OUT_OF_SCOPE
        if context.has_no_complaint:
            return StopReason.NO_COMPLAINT
        if floors.open_terms:
            return StopReason.CANNOT_BE_KNOWN
        return StopReason.ONLY_MEASUREMENTS_LEFT if measurements else StopReason.SETTLED


class _CauseQuestions:
    """The items of one response that cannot raise the level; `held_back` counts those that did not fit."""

    def __init__(self, policy: Policy, separating: Bits, situation: Situation, context: CauseContext) -> None:
        self._context = context
        self._situation = situation
        self._leading = {cause.id for cause in context.causes[: policy.leading_causes]}
        self._room = policy.cause_questions_per_response
        is_likely = any(cause.likelihood is Likelihood.LIKELY for cause in context.causes)
        answered = separating & (situation.match.known | situation.not_known)
        self._separating_room = 0 if is_likely else policy.separating_questions - answered.bit_count()
        self.held_back = 0

    def asks(self, item: Item, checklist: Checklist) -> bool:
        """Whether `item` is asked: about the causes, or as a contraindication before a fix is given."""
        situation = self._situation
        if not self._context.is_asked:
            return False
        if item.id in self._context.ask_first:
            return not item.bit & (situation.match.known | situation.not_known)
        if checklist.purpose is not Purpose.CAUSE or item.bit & (situation.answered | situation.waiting):
            return False
        if checklist.stage == "separating":
            return self._separates(item, checklist)
        self._room -= 1
        self.held_back += self._room < 0
        return self._room >= 0

    def _separates(self, item: Item, checklist: Checklist) -> bool:
        if not self._leading.intersection(checklist.separates.get(item.id, ())):
            return False
        self._separating_room -= 1
        return self._separating_room >= 0
