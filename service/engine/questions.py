"""Chooses what to ask next: what could raise the level, then what separates the leading causes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.engine.causes import Causes
from service.engine.index import Match
from service.engine.presentation import Reported
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Screen
from service.model.assessment import ConsideredCause, Question
from service.model.scales import Level

_LEADING_CAUSES = 3
_CAUSE_QUESTIONS = 5
_URGENT_QUESTIONS = 24
_LESS_URGENT_QUESTIONS = 6


@dataclass(frozen=True, slots=True)
class _Key:
    """A finding that some terms are asked about by, most urgent first."""

    finding: str
    level: Level
    terms: tuple[int, ...]


class Questions:
    """The questions of a rulebook.

    Each term of a red flag is asked about by one unknown finding of it, the one that most terms of that red flag
    share: when all the listed questions have been answered no, none of those terms can hold.
    """

    def __init__(self, rulebook: Rulebook, screen: Screen, causes: Causes) -> None:
        self._rulebook = rulebook
        self._causes = causes
        raising = list(rulebook.raising_terms())
        self._level_of = {term: flag.level for term, flag in raising}
        pattern_of = rulebook.index.pattern_of
        shared = Counter((pattern_of[term], name) for term, _ in raising for name in rulebook.index.because((term,)))
        order = {finding: number for number, finding in enumerate(rulebook.knowledge.findings)}
        screened = {finding: id_ for id_ in rulebook.screen for finding in self._members(id_)}
        self._asking = {
            term: sorted(
                rulebook.index.because((term,)),
                key=lambda name: (name not in screened, -shared[pattern_of[term], name], order[name]),
            )
            for term, _ in raising
        }
        self._screened = screened
        self._mentions: dict[str, list[int]] = {}
        for term, _ in raising:
            for finding in self._asking[term]:
                self._mentions.setdefault(finding, []).append(term)
        self._members_mentions = {
            question.id: sorted(
                {term for finding in self._members(question.id) for term in self._mentions.get(finding, ())}
            )
            for question in screen.questions
        }
        self._keys = self._keyed(order)

    def _members(self, question: str) -> tuple[str, ...]:
        return tuple(atom.finding for (atom,) in self._rulebook.members(question))

    def _keyed(self, order: Mapping[str, int]) -> list[_Key]:
        terms: dict[str, list[int]] = {}
        for term in self._asking:
            terms.setdefault(self._asking[term][0], []).append(term)
        keys = [_Key(finding, self._level_of[own[0]], tuple(own)) for finding, own in terms.items()]
        return sorted(keys, key=lambda key: (-key.level.rank, order[key.finding]))

    def next(
        self,
        level: Level,
        match: Match,
        known: Mapping[str, Reported],
        answers: Answers,
        causes: Sequence[ConsideredCause],
    ) -> tuple[tuple[Question, ...], bool]:
        """The questions, most urgent first, and whether others that could raise the level are left out."""
        asked = [self._screen_question(question.id, question.floor, match) for question in answers.open]
        asked.sort(key=lambda question: -question.could_raise_to.rank)
        safety, more_to_ask = self._safety(level, match, known, answers)
        asked += [self._question(finding, "safety", raises) for finding, raises in safety.items()]
        separating = dict.fromkeys(self._separating(match, known, causes))
        about = (finding for finding in separating if finding not in safety)
        asked += [
            self._question(finding, "cause", self._could_raise_to(finding, level, match))
            for _, finding in zip(range(_CAUSE_QUESTIONS), about, strict=False)
        ]
        return tuple(asked), more_to_ask

    def _safety(
        self, level: Level, match: Match, known: Mapping[str, Reported], answers: Answers
    ) -> tuple[dict[str, Level], bool]:
        """What open terms above `level` are asked about by, outside the open screen questions, and if there is more.

        While the screen is open only what can reach an emergency is asked beside it.
        """
        open_questions = {question.id for question in answers.open}
        room = {True: _URGENT_QUESTIONS, False: 0 if open_questions else _LESS_URGENT_QUESTIONS}
        found: dict[str, Level] = {}
        more_to_ask = False
        for term in self._open_terms(level, match, known):
            finding = next((name for name in self._asking[term] if name not in known), None)
            if finding is None or finding in found or self._screened.get(finding) in open_questions:
                continue
            is_urgent = self._level_of[term].rank >= Level.EMERGENCY.rank
            if room[is_urgent]:
                room[is_urgent] -= 1
                found[finding] = self._could_raise_to(finding, level, match)
            else:
                more_to_ask = True
                if term not in match.touched:
                    break
        return dict(sorted(found.items(), key=lambda item: -item[1].rank)), more_to_ask

    def _open_terms(self, level: Level, match: Match, known: Mapping[str, Reported]) -> Iterator[int]:
        """Open terms above `level`: those that a known finding touches, then one for each finding to ask about."""
        for term in sorted(self._level_of.keys() & match.touched.keys()):
            if self._level_of[term].rank > level.rank and term not in match.failed:
                yield term
        for key in self._keys:
            if key.level.rank <= level.rank:
                break
            if key.finding not in known:
                yield from itertools.islice((term for term in key.terms if term not in match.failed), 1)

    def _could_raise_to(self, finding: str, level: Level, match: Match) -> Level:
        """The most urgent level that is open once `finding` is present."""
        open_terms = (term for term in self._mentions.get(finding, ()) if term not in match.failed)
        highest = next((self._level_of[term] for term in open_terms), level)
        return max(level, highest, key=lambda reached: reached.rank)

    def _separating(
        self, match: Match, known: Mapping[str, Reported], causes: Sequence[ConsideredCause]
    ) -> Iterator[str]:
        """The unknown findings that move the leading causes most; what the complaint is, where that is open."""
        moves: Counter[str] = Counter()
        for cause in causes[:_LEADING_CAUSES]:
            for finding, points in self._causes.unanswered(cause.id, match, known).items():
                moves[finding] = max(moves[finding], points)
        index = self._rulebook.index
        for pattern in self._rulebook.applies:
            open_terms = [term for term in index.terms_of[pattern] if term not in match.failed]
            if pattern not in match.fired and open_terms:
                yield from (finding for finding in index.because(open_terms[:1]) if finding not in known)
        for finding, _ in sorted(moves.items(), key=lambda item: -item[1]):
            yield finding

    def _screen_question(self, id_: str, floor: Level, match: Match) -> Question:
        open_terms = (term for term in self._members_mentions[id_] if term not in match.failed)
        highest = next((self._level_of[term] for term in open_terms), floor)
        return Question(
            id=f"safety_screen.{id_}",
            text=self._rulebook.knowledge.safety_screen.questions[id_].question,
            kind="boolean",
            purpose="safety",
            could_raise_to=max(highest, floor, key=lambda level: level.rank),
            answer_at=f"/safety_screen/{id_}",
        )

    def _question(self, finding: str, purpose: str, raises: Level) -> Question:
        asked = self._rulebook.knowledge.findings[finding]
        return Question(
            id=finding,
            text=asked.question,
            kind=asked.kind,
            purpose="safety" if purpose == "safety" else "cause",
            could_raise_to=raises,
            answer_at=self._rulebook.pointer(finding),
            values=asked.values,
            minimum=asked.minimum,
            maximum=asked.maximum,
            unit=asked.unit,
        )
