"""The decision on one report: ids, numbers and levels, without sentences and without bytes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from service.engine.matcher import Match
from service.model.assessment import StopReason
from service.model.scales import Level, Likelihood, Running
from service.report.report import Report, Reported


class FiredFlag(msgspec.Struct, frozen=True):
    """A red flag that fired, and the findings that fired it."""

    id: str
    because: tuple[str, ...]


class LevelReason(msgspec.Struct, frozen=True):
    """A floor under the level: a red flag's id or a rule of the policy, and the findings behind it."""

    rule: str
    level: Level
    because: tuple[str, ...]


class WeighedStatement(msgspec.Struct, frozen=True):
    """A statement that counts for or against a cause.

    `number` is its place among the supports and then the opposes of the cause.
    """

    number: int
    because: tuple[str, ...]


class ListedCause(msgspec.Struct, frozen=True):
    """A cause with points left; `unanswered` are items whose answer could still change its points."""

    id: str
    likelihood: Likelihood
    points: int
    supporting: tuple[WeighedStatement, ...]
    opposing: tuple[WeighedStatement, ...]
    unanswered: tuple[str, ...]


class GivenFix(msgspec.Struct, frozen=True):
    """A fix to show, and the causes that call for it; none if it is the first step for a complaint."""

    id: str
    addresses: tuple[str, ...]


class WithheldFix(msgspec.Struct, frozen=True):
    """A fix that is held back, and the findings that forbid it."""

    id: str
    because: tuple[str, ...]


class AskedItem(msgspec.Struct, frozen=True):
    """An item to ask, and the highest level that its answer could lead to."""

    id: str
    could_raise_to: Level


class AskedGroup(msgspec.Struct, frozen=True):
    """A checklist with the items to show of it."""

    id: str
    items: tuple[AskedItem, ...]


class InterviewDecision(msgspec.Struct, frozen=True):
    """The next questions; `stop_reason` is None while there are some."""

    groups: tuple[AskedGroup, ...]
    measurements: tuple[AskedItem, ...]
    items_left: int
    stop_reason: StopReason | None

    @property
    def should_stop(self) -> bool:
        """Whether the conversation is over."""
        return not self.groups


class RunningDecision(msgspec.Struct, frozen=True):
    """The advice on running, the places of its goals that apply, and the place of the answer on a race."""

    running: Running
    goals: tuple[int, ...]
    race: int | None


class Derived(msgspec.Struct, frozen=True):
    """A finding that was worked out and is true; `measured` is its number, if telemetry gave one."""

    id: str
    computed_from: tuple[str, ...]
    measured: float | None = None
    threshold: int | float | None = None


class Conflict(msgspec.Struct, frozen=True):
    """Values that contradict each other, by JSON Pointer.

    `is_denial` if a denied finding is shown by another one, else an answer is also listed as not known.
    """

    is_denial: bool
    pointers: tuple[str, ...]


class Urgency(msgspec.Struct, frozen=True):
    """The level with its reasons, most urgent first, and the red flags that fired.

    `is_held_open` if only open questions hold the level up, so that nothing reported asks for it.
    """

    level: Level
    could_rise_to: Level
    screen_complete: bool
    is_held_open: bool
    is_out_of_scope: bool
    reasons: tuple[LevelReason, ...]
    fired: tuple[FiredFlag, ...]


class Decision(msgspec.Struct, frozen=True):
    """All that was decided on one report.

    `known` are the findings as they were matched, with implied and measured ones, and `match` is their effect.
    `about` are places in the list of symptom texts. `is_not_to_drive` if the person must not drive.
    """

    report: Report
    known: Mapping[str, Reported]
    match: Match
    urgency: Urgency
    about: tuple[int, ...]
    causes: tuple[ListedCause, ...]
    fixes: tuple[GivenFix, ...]
    withheld: tuple[WithheldFix, ...]
    running: RunningDecision
    interview: InterviewDecision
    derived: tuple[Derived, ...]
    conflicts: tuple[Conflict, ...]
    referrals: tuple[str, ...]
    is_not_to_drive: bool

    @property
    def level(self) -> Level:
        """The level of urgency."""
        return self.urgency.level

    @property
    def could_rise_to(self) -> Level:
        """The highest level over all answers a person could still give."""
        return self.urgency.could_rise_to

    @property
    def screen_complete(self) -> bool:
        """Whether no open rule sets a higher level, except for readings and answers not known."""
        return self.urgency.screen_complete

    @property
    def fired(self) -> tuple[FiredFlag, ...]:
        """The red flags that fired, most urgent first."""
        return self.urgency.fired
