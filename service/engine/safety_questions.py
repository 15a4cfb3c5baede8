"""Chooses which unknown findings to ask about because they could raise the level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from service.engine.bits import Bits, bits, first
from service.engine.index import Match
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Screen
from service.model.scales import Level

_URGENT_QUESTIONS = 24
_LESS_URGENT_QUESTIONS = 6


class Asked(NamedTuple):
    """What is asked about, and the most urgent level that the answer could lead to."""

    about: str
    raises: Level


class _Choice(NamedTuple):
    """A finding that a term can be asked about by, and the terms that the same no would make fail."""

    finding: str
    known: Bits
    settles: Bits


class SafetyQuestions:
    """The questions that could raise the level.

    Each term of a red flag is asked about by one unknown finding of it, the one that most terms of that red flag
    share: when all the listed questions have been answered no, none of those terms can hold.
    """

    def __init__(self, rulebook: Rulebook, screen: Screen) -> None:
        index = rulebook.index
        raising = list(rulebook.raising_terms())
        self._level_of = [flag.level for _, flag in raising]
        self._raising = rulebook.terms_of(rulebook.red_flags)
        self._above = {
            level: bits(term for term, reached in enumerate(self._level_of) if reached.rank > level.rank)
            for level in Level
        }
        self._screened = {atom.finding: id_ for id_ in rulebook.screen for (atom,) in rulebook.members_of(id_)}
        self._place = {finding: place for place, finding in enumerate(rulebook.knowledge.findings)}
        self._choices = self._chosen(rulebook)
        self._naming = {finding: index.naming(finding) & self._raising for finding in rulebook.knowledge.findings}
        self._behind = {
            question.id: bits(
                term
                for term, choices in enumerate(self._choices)
                if self._screened.get(choices[0].finding) == question.id
            )
            for question in screen.questions
        }
        self._members_naming = {
            question.id: reduce(or_, (self._naming[atom.finding] for (atom,) in rulebook.members_of(question.id)))
            for question in screen.questions
        }

    def _chosen(self, rulebook: Rulebook) -> list[Sequence[_Choice]]:
        """What each term can be asked about by, the best first."""
        index = rulebook.index
        raising = [(index.pattern_of[term], index.terms[term]) for term, _ in rulebook.raising_terms()]
        shared = Counter((pattern, atom.finding) for pattern, atoms in raising for atom in atoms)
        return [
            tuple(
                _Choice(atom.finding, index.bit_of[atom.finding], index.atoms_on(atom.finding)[atom])
                for atom in sorted(
                    atoms,
                    key=lambda atom: (
                        atom.finding not in self._screened,
                        -shared[pattern, atom.finding],
                        self._place[atom.finding],
                    ),
                )
            )
            for pattern, atoms in raising
        ]

    def still_open(self, match: Match) -> Bits:
        """The terms of red flags that can still come to hold, or do."""
        return (self._raising & match.failed) ^ self._raising

    def of_the_screen(self, answers: Answers, still_open: Bits) -> list[Asked]:
        """The open questions of the screen, most urgent first."""
        asked = [
            Asked(question.id, self._highest(self._members_naming[question.id] & still_open, question.floor))
            for question in answers.open
        ]
        return sorted(asked, key=lambda question: -question.raises.rank)

    def beside_the_screen(
        self, level: Level, match: Match, answers: Answers, still_open: Bits
    ) -> tuple[list[Asked], bool]:
        """What open terms above `level` are asked about by, most urgent first, and whether there is more.

        Among the equally urgent, what a known finding touches comes first, then the order of the vocabulary.
        What an open question of the screen stands for is left to that question, and while there is one, only what can
        reach an emergency is asked beside it.
        """
        room = {True: _URGENT_QUESTIONS, False: 0 if answers.open else _LESS_URGENT_QUESTIONS}
        left_to_screen = {question.id for question in answers.open}
        above = still_open & self._above[level]
        touched = above & match.touched
        quiet = above ^ touched
        for id_ in left_to_screen:
            quiet ^= quiet & self._behind[id_]
        asked: dict[str, tuple[int, int, int, Asked]] = {}
        more_to_ask = False
        for is_quiet, group in enumerate((touched, quiet)):
            left = group
            while left:
                term = first(left)
                finding, settles = self._unknown(term, match.known)
                is_urgent = self._level_of[term].rank >= Level.EMERGENCY.rank
                if finding not in asked and self._screened.get(finding) not in left_to_screen:
                    if not room[is_urgent]:
                        more_to_ask = True
                        break
                    room[is_urgent] -= 1
                    raises = self.could_raise_to(finding, level, still_open)
                    asked[finding] = (-raises.rank, is_quiet, self._place[finding], Asked(finding, raises))
                left ^= left & settles
        return [question for _, _, _, question in sorted(asked.values())], more_to_ask

    def could_raise_to(self, finding: str, level: Level, still_open: Bits) -> Level:
        """The most urgent level that is open once `finding` is present."""
        return self._highest(self._naming[finding] & still_open, level)

    def _highest(self, terms: Bits, least: Level) -> Level:
        """The level that the first of `terms` sets, where that is above `least`."""
        if not terms:
            return least
        highest = self._level_of[first(terms)]
        return highest if highest.rank > least.rank else least

    def _unknown(self, term: int, known: Bits) -> tuple[str, Bits]:
        """The finding to ask about `term` by, and the terms that a no settles; an open term has an unknown finding."""
        for finding, bit, settles in self._choices[term]:
            if not bit & known:
                return finding, settles
        raise AssertionError(term)
