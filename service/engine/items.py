"""The checklist items compiled: when each applies, what it opens, and how far its answer could raise the level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import NamedTuple

from service.engine.bitset import Bits
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.knowledge.schema import Checklist
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

    `naming` are the terms that name it and set a level. `opens` are the findings whose question depends on it, each
    with its terms.
    """

    id: str
    bit: Bits
    naming: Bits
    opens: tuple[tuple[Bits, Bits], ...]

    def terms(self, situation: Situation) -> Bits:
        """The terms that its answer can decide: its own, and those of findings that wait for it."""
        terms, waiting = self.naming, situation.waiting
        for bit, naming in self.opens:
            if bit & waiting:
                terms |= naming
        return terms


class CompiledChecklist(NamedTuple):
    """A checklist with its items compiled."""

    checklist: Checklist
    items: tuple[Item, ...]


class _Applicability(NamedTuple):
    """A finding with conditions: the terms of its `asked_when` and `asked_of`, 0 if it has none."""

    bit: Bits
    naming: Bits
    when: Bits
    of: Bits


class Items:
    """The items of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        matcher = self._matcher = rulebook.matcher
        self._opened_by = self._openers()
        knowledge = rulebook.knowledge
        self.checklists = tuple(
            CompiledChecklist(checklist, tuple(self._item(id_) for id_ in checklist.items))
            for checklist in sorted(knowledge.checklists.values(), key=lambda checklist: checklist.order)
        )
        self.measurements = tuple(self._item(id_) for id_ in knowledge.policy.measurements)
        self._applicability = tuple(
            _Applicability(
                matcher.bit_of[id_],
                matcher.naming[id_],
                matcher.terms_of[rulebook.asked_when[id_]] if id_ in rulebook.asked_when else 0,
                matcher.terms_of[rulebook.asked_of[id_]] if id_ in rulebook.asked_of else 0,
            )
            for id_ in self._sorted()
        )
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
        for bit, naming, when, of in self._applicability:
            if bit & known:
                continue
            if (when and failed & when == when) or (of and failed & of == of):
                closed |= bit
                failed |= naming
            elif when and not fired & when:
                waiting |= bit
        not_known = 0
        for id_ in report.not_known:
            not_known |= self._matcher.bit_of[id_]
        return Situation(Match(fired, failed, touched, known), closed, waiting, not_known & ~known)

    def waiting_for_a_reading(self, situation: Situation) -> Bits:
        """The terms that cannot fire without a reading that was not sent."""
        known = situation.match.known
        return reduce(or_, (item.naming for item in self.measurements if not item.bit & known), 0)

    def _item(self, id_: str) -> Item:
        matcher = self._matcher
        opens = tuple((matcher.bit_of[detail], matcher.naming[detail]) for detail in self._opened_by.get(id_, ()))
        return Item(
            id_,
            matcher.bit_of[id_],
            matcher.naming[id_] & self._rulebook.raising,
            tuple((bit, own) for bit, naming in opens if (own := naming & self._rulebook.raising)),
        )

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

    def _sorted(self) -> Iterable[str]:
        """The findings with conditions, each behind those that its conditions name."""
        placed: dict[str, None] = {}

        def place(id_: str) -> None:
            if id_ in placed:
                return
            for opener in self._conditions(id_):
                place(opener)
            placed[id_] = None

        for id_ in (*self._rulebook.asked_when, *self._rulebook.asked_of):
            place(id_)
        return [id_ for id_ in placed if id_ in self._rulebook.asked_when or id_ in self._rulebook.asked_of]
