"""Chooses which unknown findings to ask about because they could raise the level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from service.engine.bits import Bits, bits, first
from service.engine.index import Match
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers
from service.model.scales import Level

_URGENT_QUESTIONS = 24
_LESS_URGENT_QUESTIONS = 6


class _Choice(NamedTuple):
    """A finding that a term can be asked about by: its bit, its place in the vocabulary, and what a no settles."""

    finding: str
    known: Bits
    place: int
    settles: Bits


class SafetyQuestions:
    """The questions that could raise the level.

    Each term of a red flag is asked about by one unknown finding of it, the one that most terms of that red flag
    share: when all the listed questions have been answered no, none of those terms can hold.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        index = rulebook.index
        self._highest = rulebook.highest
        self._raising = rulebook.raising
        levels = [flag.level for _, flag in rulebook.raising_terms()]
        self._urgent = sum(level.rank >= Level.EMERGENCY.rank for level in levels)
        self._above = {
            level: bits(term for term, reached in enumerate(levels) if reached.rank > level.rank) for level in Level
        }
        members = {id_: [atom.finding for (atom,) in rulebook.members_of(id_)] for id_ in rulebook.screen}
        self._choices = _choices(rulebook, {finding for findings in members.values() for finding in findings})
        self._naming = {finding: index.naming(finding) & self._raising for finding in rulebook.knowledge.findings}
        self._members = {
            id_: reduce(or_, (index.bit_of[finding] for finding in findings)) for id_, findings in members.items()
        }
        # Of a term that nothing touches yet the best finding is unknown, so one question settles all with the same.
        best = [choices[0] for choices in self._choices]
        alike: dict[str, Bits] = {}
        for term, choice in enumerate(best):
            alike[choice.finding] = alike.get(choice.finding, 0) | 1 << term
        self._first = [choice._replace(settles=alike[choice.finding]) for choice in best]
        self._asked_by = {
            id_: reduce(or_, (alike.get(finding, 0) for finding in findings)) for id_, findings in members.items()
        }
        self._members_naming = {
            id_: reduce(or_, (self._naming[finding] for finding in findings)) for id_, findings in members.items()
        }

    def still_open(self, match: Match) -> Bits:
        """The terms of red flags that can still come to hold, or do."""
        return match.still_open(self._raising)

    def of_the_screen(self, answers: Answers, still_open: Bits) -> list[tuple[str, Level]]:
        """The open questions of the screen, each with the most urgent level that a yes could lead to, most first."""
        asked = [
            (question.id, self._highest(self._members_naming[question.id] & still_open, question.floor))
            for question in answers.open
        ]
        return sorted(asked, key=lambda question: -question[1].rank)

    def beside_the_screen(
        self, level: Level, match: Match, answers: Answers, still_open: Bits
    ) -> tuple[list[tuple[str, Level]], bool]:
        """What open terms above `level` are asked about by, with the level it could lead to, and whether there is more.

        The most urgent come first; among equals what a known finding touches, then the order of the vocabulary.
        What an open question of the screen stands for is left to that question, and while there is one, only what can
        reach an emergency is asked beside it.
        """
        above = still_open & self._above[level]
        touched = above & match.touched
        quiet = above ^ touched
        passed_over = 0
        for question in answers.open:
            quiet ^= quiet & self._asked_by[question.id]
            passed_over |= self._members[question.id]
        room = {True: _URGENT_QUESTIONS, False: 0 if answers.open else _LESS_URGENT_QUESTIONS}
        asked: list[tuple[int, bool, int, str, Level]] = []
        more_to_ask = False
        for is_quiet, terms in ((False, touched), (True, quiet)):
            left = terms
            while left:
                term = first(left)
                finding, bit, place, settles = self._first[term] if is_quiet else self._unknown(term, match.known)
                left ^= left & settles
                if bit & passed_over:
                    continue
                is_urgent = term < self._urgent
                if not room[is_urgent]:
                    more_to_ask = True
                    break  # what follows is no more urgent
                room[is_urgent] -= 1
                passed_over |= bit
                raises = self.could_raise_to(finding, level, still_open)
                asked.append((-raises.rank, is_quiet, place, finding, raises))
        return [(finding, raises) for _, _, _, finding, raises in sorted(asked)], more_to_ask

    def could_raise_to(self, finding: str, level: Level, still_open: Bits) -> Level:
        """The most urgent level that is open once `finding` is present."""
        return self._highest(self._naming[finding] & still_open, level)

    def _unknown(self, term: int, known: Bits) -> _Choice:
        """What to ask about an open term by: its best finding that is unknown, which is the last at the latest."""
        choices = self._choices[term]
        for choice in choices:
            if not choice.known & known:
                return choice
        return choices[-1]


def _choices(rulebook: Rulebook, screened: Container[str]) -> list[Sequence[_Choice]]:
    """What each term can be asked about by, the best first."""
    index = rulebook.index
    places = {finding: place for place, finding in enumerate(rulebook.knowledge.findings)}
    raising = [(index.pattern_of[term], index.terms[term]) for term, _ in rulebook.raising_terms()]
    shared = Counter((pattern, atom.finding) for pattern, atoms in raising for atom in atoms)

    def worth(pattern: int, finding: str) -> tuple[bool, int, int]:
        return (finding not in screened, -shared[pattern, finding], places[finding])

    return [
        [
            _Choice(name, index.bit_of[name], places[name], index.atoms_on(name)[atom])
            for _, name, atom in sorted((worth(pattern, atom.finding), atom.finding, atom) for atom in atoms)
        ]
        for pattern, atoms in raising
    ]
