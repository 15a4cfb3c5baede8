"""Sets the level: the most urgent floor of all that fired, and how far it could still rise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.engine.index import Match
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Question
from service.knowledge.schema import RedFlag
from service.model.assessment import Reason
from service.model.scales import Level

OUT_OF_SCOPE = "out_of_scope"
SCREEN_OPEN = "safety_screen_open"
SCREEN_CLEAR = "safety_screen_clear"
UNCOVERED_SIGN = "uncovered_sign"


@dataclass(frozen=True, slots=True)
class Urgency:
    """The level with its reasons, most urgent first, and the red flags that fired with their findings."""

    level: Level
    could_rise_to: Level
    reasons: tuple[Reason, ...]
    fired: tuple[tuple[RedFlag, tuple[str, ...]], ...]

    @property
    def is_out_of_scope(self) -> bool:
        """Whether a red flag puts this runner outside what the causes were written for."""
        return any(flag.out_of_scope for flag, _ in self.fired)


class Floors:
    """The floors of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._raising = tuple((term, flag.level) for term, flag in rulebook.raising_terms())

    def urgency(self, match: Match, answers: Answers) -> Urgency:
        """The level that the fired rules and the screen set; nothing lowers it."""
        index = self._rulebook.index
        fired = tuple(
            (self._rulebook.red_flags[pattern], index.because(terms))
            for pattern, terms in match.fired.items()
            if pattern in self._rulebook.red_flags
        )
        reasons = sorted(self._reasons(fired, match, answers), key=lambda reason: -reason.level.rank)
        level = reasons[0].level if reasons else Level.SELF_CARE
        if not reasons:
            reasons = [self._reason(SCREEN_CLEAR, level, ("safety_screen",))]
        return Urgency(level, self._could_rise_to(level, match, answers), tuple(reasons), fired)

    def _reasons(
        self, fired: tuple[tuple[RedFlag, tuple[str, ...]], ...], match: Match, answers: Answers
    ) -> Iterator[Reason]:
        covered: set[str] = set()
        for flag, because in fired:
            yield Reason(rule=flag.id, level=flag.level, statement=flag.title, because=because)
            if flag.out_of_scope:
                yield self._reason(OUT_OF_SCOPE, Level.CONSULTATION, because)
            covered.update(because)
        for question in answers.said:
            yield self._screen_reason(question, question.floor, (f"safety_screen.{question.id}",))
        for question in answers.shown:
            if signs := self._signs(question.pattern, match, covered):
                yield self._screen_reason(question, Level.CONSULTATION, signs)
                covered.update(signs)
        policy = self._rulebook.knowledge.policy
        if signs := self._signs(self._rulebook.uncovered_signs, match, covered):
            yield self._reason(UNCOVERED_SIGN, policy.uncovered_sign_level, signs)
        if answers.open:
            still_open = tuple(f"safety_screen.{question.id}" for question in answers.open)
            yield self._reason(SCREEN_OPEN, policy.screen_open_level, still_open)

    def _signs(self, pattern: int, match: Match, covered: set[str]) -> tuple[str, ...]:
        """What holds of a pattern and is not yet part of a reason."""
        because = self._rulebook.index.because(match.fired.get(pattern, ()))
        return tuple(finding for finding in because if finding not in covered)

    def _screen_reason(self, question: Question, level: Level, because: tuple[str, ...]) -> Reason:
        statement = self._rulebook.knowledge.policy.screen_yes_statement
        return Reason(rule=f"safety_screen.{question.id}", level=level, statement=statement, because=because)

    def _reason(self, rule: str, level: Level, because: tuple[str, ...]) -> Reason:
        policy = self._rulebook.knowledge.policy
        statement = {
            OUT_OF_SCOPE: policy.out_of_scope_statement,
            SCREEN_OPEN: policy.screen_open_statement,
            SCREEN_CLEAR: policy.screen_clear_statement,
            UNCOVERED_SIGN: policy.uncovered_sign_statement,
        }[rule]
        return Reason(rule=rule, level=level, statement=statement, because=because)

    def _could_rise_to(self, level: Level, match: Match, answers: Answers) -> Level:
        """The most urgent level over every way of answering what is unknown.

        A term that no known finding fails can be made true, because it names each finding once; and the
        level is the most urgent of single rules. So the most urgent open term tells, exactly.
        """
        reachable = [level, *(question.floor for question in answers.open)]
        highest = next((floor for term, floor in self._raising if term not in match.failed), None)
        if highest is not None:
            reachable.append(highest)
        signs = self._rulebook.index.terms_of[self._rulebook.uncovered_signs]
        if not match.failed.issuperset(signs):
            reachable.append(self._rulebook.knowledge.policy.uncovered_sign_level)
        return max(reachable, key=lambda reached: reached.rank)
