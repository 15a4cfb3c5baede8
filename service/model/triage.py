"""The level of urgency in a response, with its red flags."""

from __future__ import annotations

from service.model.part import Labelled, Part
from service.model.scales import Evidence, Level


class Reason(Part, frozen=True, kw_only=True):
    """A rule that raised the level, with the findings that fired it."""

    rule: str
    level: Level
    statement: str
    because: tuple[str, ...]


class Triage(Part, frozen=True, kw_only=True):
    """The level of urgency and its reasons.

    `act_within_hours` is null if there is no deadline.
    `screen_complete` is true if no open rule sets a higher level, except for readings and answers not known.
    `could_rise_to` is the highest level over all answers a person could still give.
    """

    level: Level
    label: str
    advice: str
    act_within_hours: int | None
    screen_complete: bool
    could_rise_to: Level
    referrals: tuple[Labelled, ...]
    reasons: tuple[Reason, ...]


class FiredRedFlag(Part, frozen=True, kw_only=True):
    """A red flag that fired, with the findings that fired it."""

    id: str
    title: str
    level: Level
    because: tuple[str, ...]
    advice: str
    rationale: str
    referrals: tuple[Labelled, ...]
    do_not_drive: bool
    evidence: Evidence
    sources: tuple[str, ...]
    review: str
    codes: tuple[str, ...]
