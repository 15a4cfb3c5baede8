"""Words what to ask next: what could raise the level, then what separates the leading causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from service.engine.bits import first
from service.engine.causes import Causes, Considered
from service.engine.index import Match
from service.engine.mould import GAP, encode, listed, mould
from service.engine.rulebook import Rulebook
from service.engine.safety_questions import SafetyQuestions
from service.engine.screen import Answers, Screen
from service.model.assessment import Question
from service.model.scales import Level

_LEADING_CAUSES = 3
_CAUSE_QUESTIONS = 5


class Questions:
    """The questions of a rulebook."""

    def __init__(self, rulebook: Rulebook, screen: Screen, causes: Causes) -> None:
        self._index = rulebook.index
        self._causes = causes
        self._safety = SafetyQuestions(rulebook, screen)
        self._told_screen = {
            id_: mould(
                Question(
                    id=f"safety_screen.{id_}",
                    text=question.question,
                    kind="boolean",
                    purpose="safety",
                    could_raise_to=GAP,
                    answer_at=f"/safety_screen/{id_}",
                )
            )
            for id_, question in rulebook.knowledge.safety_screen.questions.items()
        }
        self._told = {
            id_: mould(
                Question(
                    id=id_,
                    text=finding.question,
                    kind=finding.kind,
                    purpose=GAP,
                    could_raise_to=GAP,
                    answer_at=rulebook.pointer(id_),
                    values=finding.values,
                    minimum=finding.minimum,
                    maximum=finding.maximum,
                    unit=finding.unit,
                )
            )
            for id_, finding in rulebook.knowledge.findings.items()
        }

    def next(self, level: Level, match: Match, answers: Answers, causes: Sequence[Considered]) -> tuple[bytes, bool]:
        """The questions as they are told, and whether others that could raise the level are left out."""
        still_open = self._safety.still_open(match)
        screen = self._safety.of_the_screen(answers, still_open)
        beside, more_to_ask = self._safety.beside_the_screen(level, match, answers, still_open)
        asked_already = {asked.about for asked in beside}
        separating = (finding for finding in self._separating(match, causes) if finding not in asked_already)
        told = [self._told_screen[id_] % encode(raises) for id_, raises in screen]
        told += [self._told[finding] % (b'"safety"', encode(raises)) for finding, raises in beside]
        told += [
            self._told[finding] % (b'"cause"', encode(self._safety.could_raise_to(finding, level, still_open)))
            for finding in islice(separating, _CAUSE_QUESTIONS)
        ]
        return listed(told), more_to_ask

    def _separating(self, match: Match, causes: Sequence[Considered]) -> Iterator[str]:
        """What the complaint is, where that is open; then the findings that move the leading causes most; each once."""
        complaint: dict[str, None] = {}
        for terms in self._causes.undecided(match):
            names = self._index.because(1 << first(terms))
            complaint |= dict.fromkeys(name for name in names if not self._index.bit_of[name] & match.known)
        yield from complaint
        moves: dict[str, int] = {}
        for cause in causes[:_LEADING_CAUSES]:
            for finding, points in cause.unanswered:
                moves[finding] = max(moves.get(finding, 0), points)
        for finding, _ in sorted(moves.items(), key=lambda item: -item[1]):
            if finding not in complaint:
                yield finding
