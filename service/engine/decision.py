"""The decision on one report.

A decision holds ids, numbers and levels. It holds neither sentences nor bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from service.engine.matcher import Match
from service.model.interview import StopReason
from service.model.scales import Level, Likelihood, Running
from service.report.report import Report, Reported


class FiredFlag(msgspec.Struct, frozen=True):
    """A fired red flag with the findings that fired it."""

    id: str
    because: tuple[str, ...]


class LevelReason(msgspec.Struct, frozen=True):
    """A floor under the level with the findings behind it.

    `rule` is the id of a red flag or a rule of the policy.
    """

    rule: str
    level: Level
    because: tuple[str, ...]


class WeighedStatement(msgspec.Struct, frozen=True):
    """A statement that counts for or against a cause.

    `number` is its index in the supports of the cause, followed by its opposes.
    """

    number: int
    because: tuple[str, ...]


class ListedCause(msgspec.Struct, frozen=True):
    """A cause with points left.

    `unanswered` are the items whose answer could still change its points.
    """

    id: str
    likelihood: Likelihood
    points: int
    supporting: tuple[WeighedStatement, ...]
    opposing: tuple[WeighedStatement, ...]
    unanswered: tuple[str, ...]


class GivenFix(msgspec.Struct, frozen=True):
    """A fix to show, with the causes that call for it.

    `addresses` is empty if the fix is the first step for a complaint.
    """

    id: str
    addresses: tuple[str, ...]


class WithheldFix(msgspec.Struct, frozen=True):
    """A withheld fix with the findings that forbid it."""

    id: str
    because: tuple[str, ...]


class AskedItem(msgspec.Struct, frozen=True, cache_hash=True):
    """An item to ask.

    `could_raise_to` is the highest level that its answer could lead to.
    """

    id: str
    could_raise_to: Level


class AskedGroup(msgspec.Struct, frozen=True):
    """A checklist with the items to show from it."""

    id: str
    items: tuple[AskedItem, ...]


class InterviewDecision(msgspec.Struct, frozen=True):
    """The next questions, or the reason to stop.

    `stop_reason` is None while there are questions.
    """

    groups: tuple[AskedGroup, ...]
    measurements: tuple[AskedItem, ...]
    items_left: int
    stop_reason: StopReason | None

    @property
    def should_stop(self) -> bool:
        """Whether the conversation is over."""
        return not self.groups


class RunningDecision(msgspec.Struct, frozen=True):
    """The advice on running.

    `goals` are the indexes of its goals that apply. `race` is the index of the answer on a race.
    """

    running: Running
    goals: tuple[int, ...]
    race: int | None


class Derived(msgspec.Struct, frozen=True):
    """A derived finding that is true.

    `measured` is its number if telemetry gave one.
    """

    id: str
    computed_from: tuple[str, ...]
    measured: float | None = None
    threshold: int | float | None = None


class Conflict(msgspec.Struct, frozen=True):
    """Values that contradict each other, by JSON Pointer.

    `is_denial` is true if another finding shows a denied one. Otherwise an answer is also listed as not known.
    """

    is_denial: bool
    pointers: tuple[str, ...]


class Urgency(msgspec.Struct, frozen=True):
    """The level with its reasons and the fired red flags.

    The reasons are ordered, most urgent first. `is_held_open` is true if only open questions hold the level up. Then no
    reported finding requires it.
    """

    level: Level
    could_rise_to: Level
    screen_complete: bool
    is_held_open: bool
    is_out_of_scope: bool
    reasons: tuple[LevelReason, ...]
    fired: tuple[FiredFlag, ...]


class Decision(msgspec.Struct, frozen=True):
    """The complete decision on one report.

    `known` are the findings as matched, with implied and measured ones. `match` is their effect. `about` are indexes in
    the list of symptom texts. `is_not_to_drive` is true if the person must not drive.
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
        """The highest level over all answers that are still possible."""
        return self.urgency.could_rise_to

    @property
    def screen_complete(self) -> bool:
        """Whether no open rule sets a higher level.

        Rules that wait for a reading or for an answer that is not known do not count.
        """
        return self.urgency.screen_complete

    @property
    def fired(self) -> tuple[FiredFlag, ...]:
        """The fired red flags, most urgent first."""
        return self.urgency.fired
