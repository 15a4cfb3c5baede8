"""Sets the level: the most urgent floor of all that fired, and how far it could still rise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final, NamedTuple

from service.engine.bitset import Bits
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.engine.screen import Answers, Screen
from service.engine.templates import GAP, encode, listed, mould
from service.knowledge.schema import RedFlag
from service.model.assessment import FiredRedFlag, Reason
from service.model.scales import Level

OUT_OF_SCOPE: Final = "out_of_scope"
_RANK: Final = attrgetter("rank")
SCREEN_OPEN: Final = "safety_screen_open"
SCREEN_CLEAR: Final = "safety_screen_clear"
UNCOVERED_SIGN: Final = "uncovered_sign"


class Fired(NamedTuple):
    """A red flag that fired, and the findings that fired it."""

    flag: RedFlag
    because: tuple[str, ...]


class Floor(NamedTuple):
    """A level that an answer may not go below, and the reason as it is told."""

    level: Level
    reason: bytes


class Urgency(NamedTuple):
    """The level with its reasons, most urgent first, and the red flags that fired."""

    level: Level
    could_rise_to: Level
    reasons: bytes
    fired: tuple[Fired, ...]

    @property
    def is_out_of_scope(self) -> bool:
        """Whether a red flag puts this runner outside what the causes were written for."""
        return any(fired.flag.out_of_scope for fired in self.fired)


class Floors:
    """The floors of a rulebook."""

    def __init__(self, rulebook: Rulebook, screen: Screen) -> None:
        policy, index = rulebook.knowledge.policy, rulebook.index
        self._index = index
        self._red_flags = rulebook.red_flags
        self._falling = rulebook.falling
        self._flagging = rulebook.flagging
        self._shown_flags = {flag.id: _shown(flag) for flag in rulebook.red_flags.values()}
        self._flag_reasons = {flag.id: _reason(flag.id, flag.level, flag.title) for flag in rulebook.red_flags.values()}
        self._screen_reasons = {
            (question.id, level): _reason(question.path, level, policy.screen_yes_statement)
            for question in screen.questions
            for level in (question.floor, Level.CONSULTATION)
        }
        self._uncovered = index.terms_of[rulebook.uncovered_signs]
        self._uncovered_level = policy.uncovered_sign_level
        self._open_level = policy.screen_open_level
        self._uncovered_reason = _reason(UNCOVERED_SIGN, self._uncovered_level, policy.uncovered_sign_statement)
        self._open_reason = _reason(SCREEN_OPEN, self._open_level, policy.screen_open_statement)
        self._scope_reason = _reason(OUT_OF_SCOPE, Level.CONSULTATION, policy.out_of_scope_statement)
        clear = _reason(SCREEN_CLEAR, Level.SELF_CARE, policy.screen_clear_statement) % encode(["safety_screen"])
        self._clear = listed([clear])

    def urgency(self, match: Match, answers: Answers) -> Urgency:
        """The level that the fired rules and the screen set; nothing lowers it."""
        fired = tuple(
            Fired(self._red_flags[pattern], self._index.because(terms))
            for pattern, terms in self._index.patterns(match.fired & self._flagging)
        )
        floors = sorted(self._floors(fired, match, answers), key=lambda floor: -floor.level.rank)
        level = floors[0].level if floors else Level.SELF_CARE
        reasons = listed([floor.reason for floor in floors]) if floors else self._clear
        return Urgency(level, self._could_rise_to(level, match, answers), reasons, fired)

    def red_flags(self, urgency: Urgency) -> bytes:
        """The red flags that fired, as they are told."""
        return listed([self._shown_flags[flag.id] % encode(because) for flag, because in urgency.fired])

    def _floors(self, fired: Iterable[Fired], match: Match, answers: Answers) -> Iterator[Floor]:
        covered: set[str] = set()
        for flag, because in fired:
            yield Floor(flag.level, self._flag_reasons[flag.id] % encode(because))
            if flag.out_of_scope:
                yield Floor(Level.CONSULTATION, self._scope_reason % encode(because))
            covered.update(because)
        for question in answers.said:
            said = self._screen_reasons[question.id, question.floor]
            yield Floor(question.floor, said % encode([question.path]))
        for question in answers.shown:
            if signs := self._signs(question.terms & match.fired, covered):
                yield Floor(Level.CONSULTATION, self._screen_reasons[question.id, Level.CONSULTATION] % encode(signs))
                covered.update(signs)
        if signs := self._signs(self._uncovered & match.fired, covered):
            yield Floor(self._uncovered_level, self._uncovered_reason % encode(signs))
        if answers.open:
            still_open = encode([question.path for question in answers.open])
            yield Floor(self._open_level, self._open_reason % still_open)

    def _signs(self, terms: Bits, covered: set[str]) -> tuple[str, ...]:
        """What `terms` name and is not yet part of a reason."""
        return tuple(finding for finding in self._index.because(terms) if finding not in covered)

    def _could_rise_to(self, level: Level, match: Match, answers: Answers) -> Level:
        """The most urgent level over every way of answering what is unknown.

        A term that no known finding fails can be made true, because it names each finding once; and the
        level is the most urgent of single rules. So the most urgent term that has not failed tells exactly.
        """
        highest = match.highest(self._falling, level)
        if highest is Level.EMERGENCY_AMBULANCE:
            return highest
        return max((highest, *(question.floor for question in answers.open)), key=_RANK)


def _reason(rule: str, level: Level, statement: str) -> bytes:
    return mould(Reason(rule=rule, level=level, statement=statement, because=GAP))


def _shown(flag: RedFlag) -> bytes:
    return mould(
        FiredRedFlag(
            id=flag.id,
            title=flag.title,
            level=flag.level,
            because=GAP,
            advice=flag.advice,
            rationale=flag.rationale,
            referrals=flag.referrals,
            do_not_drive=flag.do_not_drive,
            evidence=flag.evidence,
            sources=flag.sources,
            review=flag.review,
            codes=flag.codes.symptom if flag.codes is not None else (),
        )
    )
