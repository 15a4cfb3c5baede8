"""Chooses which unknown findings to ask about because they could raise the level.

What is asked where only the screen is known was worked out when the knowledge was compiled. A request looks again at
the terms that its own findings have to do with, and takes the rest as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import islice
from operator import or_
from typing import Final, NamedTuple

from service.engine.asking import Asked, Asking, Standing, Told
from service.engine.bits import Bits
from service.engine.index import Match
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Question, Screen
from service.model.scales import Level

_URGENT_QUESTIONS: Final = 24
_LESS_URGENT_QUESTIONS: Final = 6

_ALWAYS: Final[Bits] = -1
"""Terms of which some are always open: every number is a set, and this one is of all."""


class _Standings(NamedTuple):
    """What is asked where only the screen is known, in the order of the terms; and the bits of it all."""

    each: tuple[Standing, ...]
    asked: tuple[Asked, ...]
    known: Bits


_NOTHING: Final = dict.fromkeys((True, False), _Standings((), (), 0))


class SafetyQuestions:
    """The questions that could raise the level.

    When all that are listed have been answered no, no term that asked can hold.
    """

    def __init__(self, rulebook: Rulebook, screen: Screen, told_screen: Told, told: Told) -> None:
        naming = rulebook.index.naming
        self._members = {id_: tuple(atom.finding for (atom,) in rulebook.members_of(id_)) for id_ in rulebook.screen}
        self._telling = screen.telling
        self._asking = Asking(rulebook, self._members, told)
        self._above = {
            level: reduce(or_, (terms for other, terms in rulebook.falling if other.rank > level.rank), 0)
            for level in Level
        }
        urgent = self._above[Level.CONSULTATION_24]
        self._by_urgency = ((True, urgent), (False, rulebook.raising ^ urgent))
        self._raising = {id_: rulebook.by_level(naming(id_)) for id_ in rulebook.knowledge.findings}
        self._screen = {
            question.id: tuple(
                _ways(question, rulebook.by_level(reduce(or_, map(naming, members))), place, told_screen)
            )
            for place, (question, members) in enumerate(zip(screen.questions, self._members.values(), strict=True))
        }
        self._starts = {
            (start, level): self._start(level, answers, failed)
            for start, answers, failed in screen.starts()
            for level in Level
        }

    def of_the_screen(self, answers: Answers, match: Match) -> list[Asked]:
        """The open questions of the screen, those first by which a yes could lead to the most urgent level."""
        asked = []
        for question in answers.open:
            for terms, as_told in self._screen[question.id]:
                if match.failed & terms != terms:
                    asked.append(as_told)
                    break
        asked.sort()
        return asked

    def beside_the_screen(
        self, level: Level, match: Match, answers: Answers, known: Mapping[str, object]
    ) -> tuple[list[Asked], bool]:
        """What open terms above `level` are asked about by, and whether there is more.

        The most urgent come first; among equals what a known finding touches, then the order of the vocabulary.
        What an open question of the screen stands for is left to that question, and while there is one, only what can
        reach an emergency is asked beside it.
        """
        if not (above := self._above[level]):
            return [], False
        groups, changed = self._changed(known, answers)
        left, passed_over = self._left_to_the_screen(answers)
        still_open = [match.still_open(terms & above) for terms in groups]
        touched = [terms & match.touched for terms in still_open]
        quiet = [terms ^ (terms & (match.touched | left)) for terms in still_open]
        room = {True: _URGENT_QUESTIONS, False: 0 if answers.open else _LESS_URGENT_QUESTIONS}
        asked: list[Asked] = []
        is_short = False
        for is_quiet, parts, start in ((False, touched, _NOTHING), (True, quiet, self._starts[answers.start, level])):
            for is_urgent, alike in self._by_urgency:
                most = room[is_urgent]
                found: list[Standing] = []
                for terms in parts:
                    if own := terms & alike:
                        standing = (
                            self._asking.quiet(own, match.failed, passed_over)
                            if is_quiet
                            else self._asking.touched(own, match.failed, passed_over, match.known)
                        )
                        found += islice(standing, most + 1)
                each, as_it_stands, bits = start[is_urgent]
                if found or bits & changed:
                    found += islice((one for one in each if not one[1] & changed), most + 1)
                    found.sort()
                    asking = tuple(one[2] for one in found[: most + 1])
                    for one in found[:most]:
                        passed_over |= one[1]
                else:
                    asking = as_it_stands[: most + 1]
                asked += asking[:most]
                room[is_urgent] = max(0, most - len(asking))
                if len(asking) > most:
                    is_short = True
                    break  # what follows is no more urgent
        asked.sort()
        return asked, is_short

    def could_raise_to(self, finding: str, level: Level, match: Match) -> Level:
        """The most urgent level that is open once `finding` is present."""
        return match.highest(self._raising[finding], level)

    def _changed(self, known: Mapping[str, object], answers: Answers) -> tuple[Iterable[Bits], Bits]:
        """The terms that stand otherwise than where only the screen is known, group by group, and what asks by them."""
        kin = self._asking.kin
        names: Iterable[str] = known
        if answers.otherwise or self._telling:
            otherwise = (finding for question in answers.otherwise for finding in self._members[question.id])
            names = {*known, *otherwise, *self._telling}
        groups: dict[int, Bits] = {}
        changed = 0
        for finding in kin.keys() & names:
            group, terms, findings = kin[finding]
            groups[group] = groups.get(group, 0) | terms
            changed |= findings
        return groups.values(), changed

    def _left_to_the_screen(self, answers: Answers) -> tuple[Bits, Bits]:
        """The terms that open questions of the screen stand for, and the findings."""
        terms = findings = 0
        for question in answers.open:
            own_terms, own_findings = self._asking.left_to[question.id]
            terms |= own_terms
            findings |= own_findings
        return terms, findings

    def _start(self, level: Level, answers: Answers, failed: Bits) -> dict[bool, _Standings]:
        """What is asked where only the screen is known: what could lead to an emergency, and what could not."""
        left, passed_over = self._left_to_the_screen(answers)
        still_open = self._above[level] ^ (self._above[level] & (failed | left))
        start: dict[bool, _Standings] = {}
        for is_urgent, alike in self._by_urgency:
            each = tuple(sorted(self._asking.quiet(still_open & alike, failed, passed_over)))
            known = reduce(or_, (one.known for one in each), 0)
            start[is_urgent] = _Standings(each, tuple(one.asked for one in each), known)
            passed_over |= known
        return start


def _ways(
    question: Question, by_level: Iterable[tuple[Level, Bits]], place: int, told: Told
) -> Iterator[tuple[Bits, Asked]]:
    """How a question of the screen is asked while some of these terms is open, and below its floor in any case."""
    above = [(terms, level) for level, terms in by_level if level.rank > question.floor.rank]
    for terms, level in (*above, (_ALWAYS, question.floor)):
        order = (len(Level) - level.rank) * len(told) + place
        yield terms, Asked(order, question.id, told[question.id][level])
