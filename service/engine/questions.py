"""The choice of items to ask.

The items could raise the level or separate the causes. Readings are offered as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from service.engine.bitset import Bits
from service.engine.decision import AskedGroup, AskedItem, InterviewDecision, ListedCause, Urgency
from service.engine.floors import Floors
from service.engine.items import Item, Items, Situation
from service.engine.rulebook import Rulebook
from service.model.interview import Purpose, StopReason
from service.model.scales import Level, Likelihood


class CauseContext(msgspec.Struct, frozen=True):
    """The state of the causes.

    `ask_first` are contraindications to ask before a fix is given. `is_asked` is true if causes are asked about at this
    level. `has_no_complaint` is true if every complaint was denied.
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
        self._measurements = items.measurements
        about_causes = [
            (compiled.checklist, item)
            for compiled in items.checklists
            if compiled.checklist.purpose is Purpose.CAUSE
            for item in compiled.items
        ]
        self._first_cause_items = [item for checklist, item in about_causes if checklist.stage != "separating"]
        separating = [entry for entry in about_causes if entry[0].stage == "separating"]
        self._separating_items = [item for _, item in separating]
        self._separating_of_cause: dict[str, Bits] = {}
        for checklist, item in separating:
            for cause in checklist.separates.get(item.id, ()):
                self._separating_of_cause[cause] = self._separating_of_cause.get(cause, 0) | item.bit
        self._first_cause_bits = sum(item.bit for item in self._first_cause_items)
        self._separating_bits = sum(item.bit for item in self._separating_items)
        self._items = {item.id: item for compiled in items.checklists for item in compiled.items}
        self._ids = {compiled.checklist.id: compiled.checklist.items for compiled in items.checklists}
        self._checklist_of = {item: id_ for id_, ids in self._ids.items() for item in ids}
        self._cause_checklists = {checklist.id for checklist, _ in about_causes}

    def interview(
        self,
        safety: Mapping[str, Sequence[AskedItem]],
        floors: Floors,
        urgency: Urgency,
        situation: Situation,
        context: CauseContext,
    ) -> InterviewDecision:
        """Return the groups to show and the readings to offer.

        `safety` are the safety questions by checklist. The result has a reason to stop if there is nothing to ask.
        """
        about_causes, held_back = self._cause_questions(floors, situation, context)
        groups = self._groups(safety, about_causes) if safety or about_causes else ()
        measurements = tuple(self._readings(floors.level, situation))
        reason = None if groups else self._stop_reason(floors, urgency, context, measurements)
        shown = sum([len(group.items) for group in groups])
        if held_back:
            held_back -= {asked.id for group in groups if group.id in self._cause_checklists for asked in group.items}
        return InterviewDecision(groups, measurements, shown + len(held_back), reason)

    def _groups(
        self, safety: Mapping[str, Sequence[AskedItem]], about_causes: Mapping[str, AskedItem]
    ) -> tuple[AskedGroup, ...]:
        """Return the checklists with an item to ask.

        A safety question has its own level, even if it is about causes.
        """
        found = dict(safety)
        for id_ in {self._checklist_of[id_] for id_ in about_causes}:
            asked = {**about_causes, **{item.id: item for item in found.get(id_, ())}}
            found[id_] = [asked[item] for item in self._ids[id_] if item in asked]
        return tuple([AskedGroup(id_, tuple(found[id_])) for id_ in self._ids if id_ in found])

    def _cause_questions(
        self, floors: Floors, situation: Situation, context: CauseContext
    ) -> tuple[dict[str, AskedItem], set[str]]:
        """Return the items that do not raise the level by themselves.

        They are about the causes, or contraindications to ask before a fix is given. The second result holds the ids
        that do not fit into this response.
        """
        found: dict[str, AskedItem] = {}
        if not context.is_asked:
            return found, set()
        level = floors.level
        known = situation.match.known | situation.not_known
        skip = situation.answered | situation.waiting
        first = []
        if self._first_cause_bits & skip != self._first_cause_bits:
            first = [item for item in self._first_cause_items if not item.bit & skip]
        room = self._policy.cause_questions_per_response
        found |= {item.id: item.asked[level] for item in first[:room]}
        found |= {item.id: item.asked[level] for item in self._separating_of(context, known, skip)}
        for id_ in context.ask_first:
            if not self._items[id_].bit & known:
                found[id_] = self._items[id_].asked[level]
        return found, {item.id for item in first[room:]}

    def _separating_of(self, context: CauseContext, known: Bits, skip: Bits) -> list[Item]:
        """Return the items that separate the leading causes.

        There are none if one cause is already likely or enough were asked.
        """
        room = self._policy.separating_questions - (self._separating_bits & known).bit_count()
        if room <= 0 or any(cause.likelihood is Likelihood.LIKELY for cause in context.causes):
            return []
        wanted = 0
        for cause in context.causes[: self._policy.leading_causes]:
            wanted |= self._separating_of_cause.get(cause.id, 0)
        wanted ^= wanted & skip
        return [item for item in self._separating_items if item.bit & wanted][:room] if wanted else []

    def _readings(self, level: Level, situation: Situation) -> Iterator[AskedItem]:
        """Yield the readings that could raise the level.

        Each has the highest level of a rule that can still hold.
        """
        skip, failed = situation.answered | situation.waiting, situation.match.failed
        for item in self._measurements:
            if item.bit & skip:
                continue
            for terms, details, asked in item.rises:
                if not details and asked.could_raise_to.rank > level.rank and terms & failed != terms:
                    yield asked
                    break

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
        if measurements:
            return StopReason.ONLY_MEASUREMENTS_LEFT
        return StopReason.CANNOT_BE_KNOWN if floors.open_for_a_reading else StopReason.SETTLED
