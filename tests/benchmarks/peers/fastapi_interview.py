"""The next questions of a plain decision as pydantic models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from service.knowledge.schema.checklists import Checklist
from service.model.interview import StopReason
from service.model.scales import Level, Likelihood
from tests.benchmarks.peers import fastapi_models as said
from tests.benchmarks.peers.plain import Decided, PlainRules
from tests.benchmarks.peers.plain_conditions import CLOSED


class Interviews:
    """The checklists of the rules, in order."""

    def __init__(self, rules: PlainRules) -> None:
        knowledge = rules.knowledge
        self._rules = rules
        self._checklists = sorted(knowledge.checklists.values(), key=lambda checklist: checklist.order)
        at_once = [flag for flag in rules.red_flags if flag.level.rank >= knowledge.policy.send_at_once_from.rank]
        self._at_once = {
            id_
            for checklist in self._checklists
            for id_ in checklist.items
            if knowledge.findings[id_].kind == "boolean"
            and any(rules.conditions.holds(flag.when, rules.facts({"findings": {id_: True}})) for flag in at_once)
        }

    def interview(self, decided: Decided, not_known: list[str], ask_first: Iterable[str]) -> said.Interview:
        """The items on the level and the causes, and the measurements."""
        policy = self._rules.knowledge.policy
        about_causes: list[str] = []
        held_back = 0
        if decided.level.rank < policy.no_causes_from.rank and not decided.is_out_of_scope:
            about_causes = list(self._about_causes(decided, not_known))
            held_back = max(0, len(about_causes) - policy.cause_questions_per_response)
            about_causes = about_causes[: policy.cause_questions_per_response]
            about_causes += [*self._separating(decided, not_known), *(id_ for id_ in ask_first if id_ not in not_known)]
        asked = dict.fromkeys(about_causes, decided.floor) | decided.asked
        groups = [self._group(checklist, asked) for checklist in self._checklists]
        groups = [group for group in groups if group.items]
        measurements = list(self._measurements(decided, not_known))
        return said.Interview(
            should_stop=not groups,
            stop_reason=None if groups else self._stop_reason(decided, measurements),
            items_left=len(asked) + held_back,
            not_known_text=policy.not_known_text,
            groups=groups,
            measurements=measurements,
        )

    def _about_causes(self, decided: Decided, not_known: list[str]) -> Iterator[str]:
        for checklist in self._checklists:
            if checklist.purpose == "cause" and checklist.stage != "separating":
                yield from (id_ for id_ in checklist.items if self._can_ask(id_, decided, not_known))

    def _separating(self, decided: Decided, not_known: list[str]) -> list[str]:
        """The items that separate the leading causes, unless one is likely."""
        policy, separating = self._rules.knowledge.policy, [it for it in self._checklists if it.stage == "separating"]
        if any(fit.likelihood is Likelihood.LIKELY for fit in decided.causes):
            return []
        leading = {fit.cause.id for fit in decided.causes[: policy.leading_causes]}
        answered = sum(
            id_ in not_known or decided.facts.get(id_, CLOSED) is not CLOSED for it in separating for id_ in it.items
        )
        found = [
            id_
            for it in separating
            for id_ in it.items
            if leading.intersection(it.separates.get(id_, ())) and self._can_ask(id_, decided, not_known)
        ]
        return found[: max(0, policy.separating_questions - answered)]

    def _can_ask(self, id_: str, decided: Decided, not_known: list[str]) -> bool:
        return self._rules.to_ask(id_, decided.facts, not_known) == {id_}

    def _measurements(self, decided: Decided, not_known: list[str]) -> Iterator[said.Item]:
        for id_ in self._rules.knowledge.policy.measurements:
            if id_ not in decided.facts and id_ not in not_known and self._rules.applies(id_, decided.facts):
                for level, when in self._rules.raising:
                    if level.rank <= decided.floor.rank:
                        break
                    if id_ in self._rules.conditions.open_names(when, decided.facts):
                        yield self._item(id_, level, is_checklist=False)
                        break

    def _group(self, checklist: Checklist, asked: dict[str, Level]) -> said.Group:
        is_checklist = checklist.kind == "checklist"
        return said.Group(
            id=checklist.id,
            kind=checklist.kind,
            purpose=checklist.purpose,
            text=checklist.text,
            none_text=self._rules.knowledge.policy.none_text if is_checklist else None,
            items=[self._item(id_, asked[id_], is_checklist=is_checklist) for id_ in checklist.items if id_ in asked],
        )

    def _item(self, id_: str, level: Level, *, is_checklist: bool) -> said.Item:
        finding = self._rules.knowledge.findings[id_]
        members: dict[str, Any] = {
            "kind": None if is_checklist else finding.kind,
            "unit": finding.unit,
            "minimum": finding.minimum,
            "maximum": finding.maximum,
            "keeps": finding.keeps,
        }
        members = {name: value for name, value in members.items() if value is not None}
        if id_ in self._at_once:
            members["send_at_once"] = True
        if finding.labels:
            members["choices"] = [
                said.Labelled(id=value, label=finding.labels[value])
                for value in finding.values
                if value in finding.labels
            ]
        return said.Item(id=id_, text=finding.label or finding.question, could_raise_to=level, **members)

    def _stop_reason(self, decided: Decided, measurements: list[said.Item]) -> StopReason:
        if decided.level.rank >= Level.EMERGENCY.rank:
            return StopReason.ACT_NOW
        if decided.is_out_of_scope:
            return StopReason.OUT_OF_SCOPE
        if all(decided.facts.get(id_) is False for id_ in self._rules.knowledge.policy.complaints):
            return StopReason.NO_COMPLAINT
        if decided.could_rise_to.rank > decided.floor.rank:
            return StopReason.CANNOT_BE_KNOWN
        return StopReason.ONLY_MEASUREMENTS_LEFT if measurements else StopReason.SETTLED
