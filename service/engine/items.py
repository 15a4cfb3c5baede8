"""The checklist items compiled: when each applies, what it opens, and how far its answer could raise the level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import NamedTuple

from service.engine.bitset import Bits
from service.engine.decision import AskedItem
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.knowledge.schema import Checklist
from service.model.scales import Level
from service.report.report import Report


class Situation(NamedTuple):
    """A match with the findings that need no question.

    `closed` findings do not apply and count as absent; `waiting` findings apply only if an earlier answer opens them;
    `not_known` findings were asked, and the runner could not answer.
    """

    match: Match
    closed: Bits
    waiting: Bits
    not_known: Bits

    @property
    def answered(self) -> Bits:
        """The findings that are not to be asked: known, closed or not known."""
        return self.match.known | self.closed | self.not_known


class Item(NamedTuple):
    """A finding to ask about.

    `levels` are the terms that name it, by the level that they set, most urgent first, each with the question at that
    level. `opens` are the findings whose question depends on it, each with its terms; `opens_bits` and `opens_levels`
    are all of them together. `asked` is the question at each level.
    """

    id: str
    bit: Bits
    levels: tuple[tuple[Bits, AskedItem], ...]
    opens: tuple[tuple[Bits, Bits], ...]
    opens_bits: Bits
    opens_levels: tuple[tuple[Bits, AskedItem], ...]
    asked: Mapping[Level, AskedItem]


class CompiledChecklist(NamedTuple):
    """A checklist with its items compiled; `bits` are all of them, `ids` their ids."""

    checklist: Checklist
    items: tuple[Item, ...]
    bits: Bits
    ids: tuple[str, ...]


class _Applicability(NamedTuple):
    """Findings with the same conditions: the terms of their `asked_when` and `asked_of`, 0 if they have none."""

    when: Bits
    of: Bits
    bits: Bits
    naming: Bits
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
                checklist.items,
            )
            for checklist in sorted(knowledge.checklists.values(), key=lambda checklist: checklist.order)
        )
        self.measurements = tuple(self._item(id_) for id_ in knowledge.policy.measurements)
        self._readings = [(matcher.bit_of[id_], matcher.naming[id_]) for id_ in knowledge.policy.measurements]
        self._applicability = tuple(self._conditions_in_order())
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
        """The same for a background finding: a condition, a medicine or a part of the history."""

    def situation(self, match: Match, report: Report) -> Situation:
        """The match with closed findings as absent, and the findings that are not asked."""
        fired, failed, touched, known = match
        closed = waiting = 0
        for when, of, bits, naming, findings in self._applicability:
            if (when and failed & when == when) or (of and failed & of == of):
                if not bits & known:
                    closed |= bits
                    failed |= naming
                else:
                    for bit, own in findings:
                        if not bit & known:
                            closed |= bit
                            failed |= own
            elif when and not fired & when:
                waiting |= bits
        waiting ^= waiting & known
        not_known = 0
        for id_ in report.not_known:
            not_known |= self._matcher.bit_of[id_]
        return Situation(Match(fired, failed, touched, known), closed, waiting, not_known & ~known)

    def waiting_for_a_reading(self, situation: Situation) -> Bits:
        """The terms that cannot fire without a reading that was not sent."""
        known = situation.match.known
        return reduce(or_, (naming for bit, naming in self._readings if not bit & known), 0)

    def _item(self, id_: str) -> Item:
        matcher, raising = self._matcher, self._rulebook.raising
        asked = {level: AskedItem(id_, level) for level in Level}
        opens = [(matcher.bit_of[it], matcher.naming[it] & raising) for it in self._opened_by.get(id_, ())]
        return Item(
            id_,
            matcher.bit_of[id_],
            self._levels(matcher.naming[id_], asked),
            tuple((bit, naming) for bit, naming in opens if naming),
            sum(bit for bit, naming in opens if naming),
            self._levels(reduce(or_, (naming for _, naming in opens), 0), asked),
            asked,
        )

    def _levels(self, terms: Bits, asked: Mapping[Level, AskedItem]) -> tuple[tuple[Bits, AskedItem], ...]:
        return tuple((own, asked[level]) for raising, level in self._rulebook.falling if (own := terms & raising))

    def _family(self, id_: str) -> Bits:
        """The terms that name a finding, or one that its presence opens."""
        return reduce(or_, map(self._matcher.naming.__getitem__, (id_, *self._opened_by.get(id_, ()))))

    def _openers(self) -> dict[str, tuple[str, ...]]:
        """The findings that each finding opens, those opened by these included."""
        direct: dict[str, dict[str, None]] = {}
        for id_ in self._rulebook.asked_when:
            for opener in self._conditions(id_):
                direct.setdefault(opener, {})[id_] = None

        def reached(id_: str, seen: dict[str, None]) -> dict[str, None]:
            for detail in direct.get(id_, ()):
                if detail not in seen:
                    seen[detail] = None
                    reached(detail, seen)
            return seen

        return {id_: tuple(reached(id_, {})) for id_ in direct}

    def _conditions(self, id_: str) -> Iterator[str]:
        """The findings that the `asked_when` of a finding names."""
        pattern = self._rulebook.asked_when.get(id_)
        return iter(()) if pattern is None else iter(self._matcher.because(self._matcher.terms_of[pattern]))

    def _conditions_in_order(self) -> Iterator[_Applicability]:
        """The findings with conditions, by their conditions; each behind those that its conditions name."""
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
            findings = tuple((matcher.bit_of[id_], matcher.naming[id_]) for id_ in ids)
            bits, naming = (reduce(or_, part) for part in zip(*findings, strict=True))
            yield _Applicability(when, of, bits, naming, findings)
