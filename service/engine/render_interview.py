"""Render the questions of a response.

They are the groups of items, the readings to offer, and the end of the conversation.
"""

from __future__ import annotations

from service.engine.decision import AskedItem, InterviewDecision
from service.engine.templates import HOLE, Template, array, boolean, encode
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.checklists import Checklist
from service.knowledge.schema.findings import Finding
from service.model.interview import Group, GroupKind, Interview, Item, ItemKind
from service.model.part import Labelled
from service.model.scales import Level


class InterviewRenderer:
    """The templates of the questions of one knowledge.

    Each item is encoded once for each level. `urgent` are the items to send at once.
    """

    def __init__(self, knowledge: Knowledge, urgent: frozenset[str]) -> None:
        policy = knowledge.policy
        self._groups = {
            id_: Template(_group(checklist, policy.none_text), "items")
            for id_, checklist in knowledge.checklists.items()
        }
        self._items: dict[AskedItem, bytes] = {}
        for checklist in knowledge.checklists.values():
            for id_ in checklist.items:
                self._items |= _by_level(id_, knowledge.findings[id_], checklist.kind, is_urgent=id_ in urgent)
        self._measurements: dict[AskedItem, bytes] = {}
        for id_ in policy.measurements:
            self._measurements |= _by_level(id_, knowledge.findings[id_], GroupKind.QUESTIONS, is_urgent=False)
        members = ("should_stop", "stop_reason", "items_left", "groups", "measurements")
        self._interview = Template(
            Interview(not_known_text=policy.not_known_text, **dict.fromkeys(members, HOLE)), *members
        )

    def render(self, interview: InterviewDecision) -> bytes:
        """Return the member `interview` as JSON."""
        return self._interview.fill(
            boolean(value=interview.should_stop),
            encode(interview.stop_reason),
            encode(interview.items_left),
            array(
                [
                    self._groups[group.id].fill(array(map(self._items.__getitem__, group.items)))
                    for group in interview.groups
                ]
            ),
            array(map(self._measurements.__getitem__, interview.measurements)),
        )


def _group(checklist: Checklist, none_text: str) -> Group:
    return Group(
        id=checklist.id,
        kind=checklist.kind,
        purpose=checklist.purpose,
        text=checklist.text,
        none_text=none_text if checklist.kind is GroupKind.CHECKLIST else None,
        items=HOLE,
    )


def _by_level(id_: str, finding: Finding, kind: GroupKind, *, is_urgent: bool) -> dict[AskedItem, bytes]:
    return {
        AskedItem(id_, level): encode(
            Item(
                id=id_,
                text=finding.label or finding.question,
                could_raise_to=level,
                send_at_once=is_urgent,
                kind=None if kind is GroupKind.CHECKLIST else ItemKind(finding.kind),
                choices=tuple(
                    Labelled(id=value, label=finding.labels[value])
                    for value in finding.values
                    if value in finding.labels
                ),
                unit=finding.unit,
                minimum=finding.minimum,
                maximum=finding.maximum,
                keeps=finding.keeps,
            )
        )
        for level in Level
    }
