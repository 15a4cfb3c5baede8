"""Words what to ask next: what could raise the level, then what separates the leading causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final

from service.engine.causes import Causes, Considered
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.engine.safety_questions import SafetyQuestions
from service.engine.screen import Answers, Screen
from service.engine.templates import encode, listed
from service.knowledge.schema import Finding, ScreenQuestion
from service.model.assessment import Purpose, Question
from service.model.scales import Level

_LEADING_CAUSES = 3
_CAUSE_QUESTIONS = 5
_POINTS: Final = itemgetter(1)


class Questions:
    """The questions of a rulebook."""

    def __init__(self, rulebook: Rulebook, screen: Screen, causes: Causes) -> None:
        self._index = rulebook.index
        self._causes = causes
        told_screen = {
            id_: {level: encode(_of_the_screen(id_, question, level)) for level in Level}
            for id_, question in rulebook.knowledge.safety_screen.questions.items()
        }
        self._safety = SafetyQuestions(rulebook, screen, told_screen, self._told_about(rulebook, "safety"))
        self._told_cause = self._told_about(rulebook, "cause")

    @staticmethod
    def _told_about(rulebook: Rulebook, purpose: Purpose) -> dict[str, dict[Level, bytes]]:
        return {
            id_: {level: encode(_about(id_, finding, rulebook.pointer(id_), purpose, level)) for level in Level}
            for id_, finding in rulebook.knowledge.findings.items()
        }

    def next(
        self, level: Level, match: Match, answers: Answers, causes: Sequence[Considered], reported: Mapping[str, object]
    ) -> tuple[bytes, bool]:
        """The questions as they are told, and whether others that could raise the level are left out."""
        screen = self._safety.of_the_screen(answers, match)
        beside, more_to_ask = self._safety.beside_the_screen(level, match, answers, reported)
        told = [asked.told for asked in (*screen, *beside)]
        already = {asked.id for asked in beside}
        room = len(told) + _CAUSE_QUESTIONS
        for finding in self._separating(match, causes):
            if finding not in already:
                already.add(finding)
                told.append(self._told_cause[finding][self._safety.could_raise_to(finding, level, match)])
                if len(told) == room:
                    break
        return listed(told), more_to_ask

    def _separating(self, match: Match, causes: Sequence[Considered]) -> Iterator[str]:
        """What the complaint is, where that is open; then the findings that move the leading causes most."""
        for term in self._causes.undecided(match):
            for atom in term:
                if not self._index.bit_of[atom.finding] & match.known:
                    yield atom.finding
        moving = [mover for cause in causes[:_LEADING_CAUSES] for mover in cause.unanswered]
        moving.sort(key=_POINTS, reverse=True)
        for finding, _ in moving:
            yield finding


def _of_the_screen(id_: str, question: ScreenQuestion, raises: Level) -> Question:
    return Question(
        id=f"safety_screen.{id_}",
        text=question.question,
        kind="boolean",
        purpose="safety",
        could_raise_to=raises,
        answer_at=f"/safety_screen/{id_}",
    )


def _about(id_: str, finding: Finding, pointer: str, purpose: Purpose, raises: Level) -> Question:
    return Question(
        id=id_,
        text=finding.question,
        kind=finding.kind,
        purpose=purpose,
        could_raise_to=raises,
        answer_at=pointer,
        values=finding.values,
        minimum=finding.minimum,
        maximum=finding.maximum,
        unit=finding.unit,
    )
