"""Compiled checklist items.

The module computes when an item applies, which findings it opens, and how far its answer could raise the level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_

import msgspec

from service.engine.bitset import Bits, members
from service.engine.decision import AskedItem
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.knowledge.schema.checklists import Checklist
from service.model.scales import Level
from service.report.report import Report, Reported


class Situation(msgspec.Struct, frozen=True):
    """A match with the findings that need no question.

    `closed` findings do not apply and count as absent. `waiting` findings apply only if an earlier answer opens them.
    `not_known` findings were asked, and the runner could not answer.
    """

    match: Match
    closed: Bits
    waiting: Bits
    not_known: Bits

    @property
    def answered(self) -> Bits:
        """The findings not to ask: known, closed or not known."""
        return self.match.known | self.closed | self.not_known


Rise = tuple[Bits, Bits, AskedItem]
"""A way in which an answer could raise the level.

It has the terms of one level that name a finding, the details that lead from the item to that finding, and the question
at that level. The terms of the item itself need no detail.
"""


class Item(msgspec.Struct, frozen=True):
    """A finding to ask about.

    `rises` are the ways in which its answer could raise the level, most urgent first. One counts if one of its terms is
    open and all its details wait for an answer. `asked` is the question at each level.
    """

    id: str
    bit: Bits
    rises: tuple[Rise, ...]
    asked: Mapping[Level, AskedItem]


class CompiledChecklist(msgspec.Struct, frozen=True):
    """A checklist with its compiled items and their bits."""

    checklist: Checklist
    items: tuple[Item, ...]
    bits: Bits


class _Applicability(msgspec.Struct, frozen=True):
    """Findings with the same conditions.

    `when` and `of` are the terms of their `asked_when` and `asked_of`, or 0 if they have none.
    """

    when: Bits
    of: Bits
    bits: Bits
    terms: Bits
    findings: tuple[tuple[Bits, Bits], ...]


class Items:
    """The items of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        matcher = self._matcher = rulebook.matcher
        self._opened_by = self._openers()
        knowledge = rulebook.knowledge
        self.checklists = tuple(
            CompiledChecklist(
                checklist,
                tuple(self._item(id_) for id_ in checklist.items),
                sum(matcher.bit_of[id_] for id_ in checklist.items),
            )
            for checklist in sorted(knowledge.checklists.values(), key=lambda checklist: checklist.order)
        )
        self.measurements = tuple(self._item(id_) for id_ in knowledge.policy.measurements)
        self._readings = [(matcher.bit_of[id_], matcher.terms_naming[id_]) for id_ in knowledge.policy.measurements]
        self._applicability = tuple(self._conditions_in_order())
        self._waiting_at_start = reduce(or_, (group.bits for group in self._applicability if group.when), 0)
        """The findings that wait while nothing is known."""
        self._groups_decided_by = self._decided_groups()
        yes_or_no = {id_ for id_, finding in knowledge.findings.items() if finding.kind == "boolean"}
        background = {
            id_
            for checklist in knowledge.checklists.values()
            if checklist.role == "background"
            for id_ in checklist.items
        }
        self.unknown_signs = {id_: self._family(id_) for id_ in yes_or_no - background}
        """The terms that depend on a sign, its details included, by id."""
        self.unknown_background = {id_: self._family(id_) for id_ in yes_or_no & background}
        """The terms that depend on a background finding, by id.

        It is a condition, a medicine or a part of the history.
        """

    def situation(self, match: Match, facts: Mapping[str, Reported], report: Report) -> Situation:
        """Return the situation of `match` with the findings not asked.

        Closed findings count as absent in it. The method examines only groups whose conditions name a known finding, or
        a finding that those groups can close.
        """
        fired, failed, known = match.fired, match.failed, match.known
        closed = opened = 0
        decided_by, groups = self._groups_decided_by, 0
        for id_ in decided_by.keys() & facts.keys():
            groups |= decided_by[id_]
        for number in members(groups):
            group = self._applicability[number]
            when, of, bits = group.when, group.of, group.bits
            unknown = bits ^ (bits & known)
            if not unknown:
                continue
            if (when and failed & when == when) or (of and failed & of == of):
                closed |= unknown
                if unknown == bits:
                    failed |= group.terms
                    continue
                for bit, own in group.findings:
                    if bit & unknown:
                        failed |= own
            elif fired & when:
                opened |= bits
        waiting = self._waiting_at_start ^ (self._waiting_at_start & (closed | opened | known))
        not_known = 0
        for id_ in report.not_known:
            not_known |= self._matcher.bit_of[id_]
        return Situation(Match(fired, failed, match.touched, known), closed, waiting, not_known & ~known)

    def waiting_for_a_reading(self, situation: Situation) -> Bits:
        """Return the terms that cannot fire without a missing reading."""
        known = situation.match.known
        return reduce(or_, (terms for bit, terms in self._readings if not bit & known), 0)

    def _item(self, id_: str) -> Item:
        bit_of, terms_naming = self._matcher.bit_of, self._matcher.terms_naming
        asked = {level: AskedItem(id_, level) for level in Level}
        named = [(0, terms_naming[id_])]
        for detail, between in self._opens(id_):
            named.append((sum(bit_of[name] for name in (detail, *between)), terms_naming[detail]))
        rises = [
            (own, details, asked[level])
            for level_terms, level in self._rulebook.terms_by_level
            for details, terms in named
            if (own := terms & level_terms)
        ]
        return Item(id_, bit_of[id_], tuple(rises), asked)

    def _opens(self, id_: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the opened findings, each with the finding in between."""
        for detail in self._opened_by.get(id_, ()):
            yield detail, ()
            yield from ((further, (detail,)) for further in self._opened_by.get(detail, ()))

    def _family(self, id_: str) -> Bits:
        """Return the terms that name a finding or one it opens."""
        names = (id_, *(name for name, _ in self._opens(id_)))
        return reduce(or_, map(self._matcher.terms_naming.__getitem__, names))

    def _openers(self) -> dict[str, dict[str, None]]:
        """Return the findings that each finding opens directly."""
        opened: dict[str, dict[str, None]] = {}
        for id_ in self._rulebook.asked_when:
            for opener in self._conditions(id_):
                opened.setdefault(opener, {})[id_] = None
        return opened

    def _conditions(self, id_: str) -> Iterator[str]:
        """Return the findings that the `asked_when` of a finding names."""
        pattern = self._rulebook.asked_when.get(id_)
        return iter(()) if pattern is None else iter(self._matcher.because(self._matcher.terms_of[pattern]))

    def _conditions_in_order(self) -> Iterator[_Applicability]:
        """Yield the groups of findings with equal conditions, dependencies first."""
        rulebook, matcher = self._rulebook, self._matcher
        depths: dict[str, int] = {}

        def depth(id_: str) -> int:
            if id_ not in depths:
                depths[id_] = 1 + max(map(depth, self._conditions(id_)), default=0)
            return depths[id_]

        alike: dict[tuple[int, Bits, Bits], list[str]] = {}
        for id_ in dict.fromkeys((*rulebook.asked_when, *rulebook.asked_of)):
            when = matcher.terms_of[rulebook.asked_when[id_]] if id_ in rulebook.asked_when else 0
            of = matcher.terms_of[rulebook.asked_of[id_]] if id_ in rulebook.asked_of else 0
            alike.setdefault((depth(id_), when, of), []).append(id_)
        for (_, when, of), ids in sorted(alike.items(), key=lambda entry: entry[0][0]):
            findings = tuple((matcher.bit_of[id_], matcher.terms_naming[id_]) for id_ in ids)
            bits, terms = (reduce(or_, part) for part in zip(*findings, strict=True))
            yield _Applicability(when, of, bits, terms, findings)

    def _decided_groups(self) -> dict[str, Bits]:
        """Return the indexes of the groups that each finding can decide.

        A finding also decides the findings that it can close, and so their groups.
        """
        matcher = self._matcher
        id_of = {bit: id_ for id_, bit in matcher.bit_of.items()}
        decided_by: dict[str, Bits] = {}
        for number, group in reversed(tuple(enumerate(self._applicability))):
            decided = reduce(or_, (decided_by.get(id_of[bit], 0) for bit, _ in group.findings), 1 << number)
            for id_ in matcher.because(group.when | group.of):
                decided_by[id_] = decided_by.get(id_, 0) | decided
        return decided_by
