"""Chooses which unknown findings to ask about because they could raise the level.

What is asked where only the screen is known was worked out when the knowledge was compiled. A request looks again at
the terms that its own findings have to do with, and takes the rest as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from typing import Final, NamedTuple, cast

from service.engine.asking import Asked, Asking, Standing, Told
from service.engine.bitset import Bits
from service.engine.matcher import Match, first_open
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Question, Screen
from service.model.scales import Level

_URGENT_QUESTIONS: Final = 24
_LESS_URGENT_QUESTIONS: Final = 6

_ALWAYS: Final[Bits] = -1
"""Terms of which some are always open: every number is a set, and this one is of all."""


class _Start(NamedTuple):
    """What is asked where only the screen is known, in the order of the terms; and the bits of it all."""

    standing: tuple[Standing, ...]
    known: Bits


_NOTHING: Final = dict.fromkeys((True, False), _Start((), 0))


class SafetyQuestions:
    """The questions that could raise the level.

    When all that are listed have been answered no, no term that asked can hold.
    """

    def __init__(self, rulebook: Rulebook, screen: Screen, told_screen: Told, told: Told) -> None:
        naming = rulebook.index.naming
        self._members = {id_: tuple(atom.finding for (atom,) in rulebook.members_of(id_)) for id_ in rulebook.screen}
        self._telling = screen.telling
        settled = {
            question.id: tuple(
                finding
                for finding, failed, known in question.denies
                if known or not naming(finding) & rulebook.raising & ~failed
            )
            for question in screen.questions
        }
        self._asking = Asking(rulebook, settled, told)
        self._above = {
            level: reduce(or_, (terms for terms, other in rulebook.falling if other.rank > level.rank), 0)
            for level in Level
        }
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
        return sorted([cast("Asked", first_open(self._screen[question.id], match.failed)) for question in answers.open])

    def beside_the_screen(
        self, level: Level, match: Match, answers: Answers, reported: Mapping[str, object]
    ) -> tuple[list[Asked], bool]:
        """What open terms above `level` are asked about by, and whether there is more.

        The most urgent come first; among equals what a known finding touches, then the order of the vocabulary.
        What an open question of the screen stands for is left to that question, and while there is one, only what can
        reach an emergency is asked beside it.
        """
        if not (above := self._above[level]):
            return [], False
        failed, known, asking = match.failed, match.known, self._asking
        groups, changed = self._changed(reported, answers)
        left, passed_over = self._left_to_the_screen(answers)
        room = _Room(0 if answers.open else _LESS_URGENT_QUESTIONS)
        still_open = [match.still_open(terms & above) for terms in groups]
        touched = [terms & match.touched for terms in still_open]
        room.take([asking.touched(terms, failed, passed_over, known) for terms in touched if terms], _NOTHING, 0)
        for standing in room.taken:
            passed_over |= standing.known
        quiet = [terms ^ (terms & (match.touched | left)) for terms in still_open]
        start = self._starts[answers.start, level]
        room.take([asking.quiet(terms, failed, passed_over) for terms in quiet if terms], start, changed)
        return sorted([standing.asked for standing in room.taken]), room.is_short

    def could_raise_to(self, finding: str, level: Level, match: Match) -> Level:
        """The most urgent level that is open once `finding` is present."""
        return match.highest(self._raising[finding], level)

    def _changed(self, reported: Mapping[str, object], answers: Answers) -> tuple[Iterable[Bits], Bits]:
        """The terms that stand otherwise than where only the screen is known, group by group, and what asks by them.

        What was reported counts also where telemetry has discarded it: no answer of the screen speaks for it.
        """
        kin = self._asking.kin
        names: Iterable[str] = reported
        if answers.otherwise or self._telling:
            otherwise = (finding for question in answers.otherwise for finding in self._members[question.id])
            names = {*reported, *otherwise, *self._telling}
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

    def _start(self, level: Level, answers: Answers, failed: Bits) -> dict[bool, _Start]:
        """What is asked where only the screen is known: what could lead to an emergency, and what could not."""
        left, passed_over = self._left_to_the_screen(answers)
        still_open = self._above[level] ^ (self._above[level] & (failed | left))
        standing = sorted(self._asking.quiet(still_open, failed, passed_over))
        return {
            is_urgent: _Start(tuple(some), reduce(or_, (one.known for one in some), 0))
            for is_urgent in (True, False)
            for some in [[one for one in standing if one.is_urgent is is_urgent]]
        }


class _Room:
    """So many questions that could lead to an emergency, and some that could not."""

    def __init__(self, less_urgent: int) -> None:
        self._left = {True: _URGENT_QUESTIONS, False: less_urgent}
        self.taken: list[Standing] = []
        self.is_short = False

    def take(self, groups: Iterable[Iterator[Standing]], start: Mapping[bool, _Start], changed: Bits) -> None:
        """Take what `groups` ask about and what is left of `start`, the urgent first, each in the order of the terms.

        Once something does not fit, what follows is no more urgent, and nothing more is taken.
        """
        found: dict[bool, list[Standing]] = {True: [], False: []}
        for group in groups:
            fitting = {is_urgent: left + 1 for is_urgent, left in self._left.items()}
            for standing in group:
                found[standing[1]].append(standing)
                fitting[standing[1]] -= 1
                if not fitting[standing[1]]:
                    break
        for is_urgent, most in self._left.items():
            before, known = start[is_urgent]
            taken: Sequence[Standing] = before
            if found[is_urgent] or known & changed:
                unchanged = islice((one for one in before if not one[2] & changed), most + 1)
                taken = sorted([*found[is_urgent], *unchanged])
            self.taken += taken[:most]
            self._left[is_urgent] = max(0, most - len(taken))
            if len(taken) > most:
                self.is_short = True
                return


def _ways(
    question: Question, by_level: Iterable[tuple[Bits, Level]], place: int, told: Told
) -> Iterator[tuple[Bits, Asked]]:
    """How a question of the screen is asked while some of these terms are open, and at its floor in any case."""
    above = [(terms, level) for terms, level in by_level if level.rank > question.floor.rank]
    for terms, level in (*above, (_ALWAYS, question.floor)):
        order = (len(Level) - level.rank) * len(told) + place
        yield terms, Asked(order, question.id, told[question.id][level])
