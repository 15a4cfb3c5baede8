"""The response to one request as wire types (`openapi/openapi.yaml`, schema `Assessment`)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from service.model.scales import Evidence, Level, Likelihood, Running

Number = int | float


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every part of a response: frozen, with named members."""


class Purpose(StrEnum):
    """The reason for a group of items.

    An item of safety can raise the level; an item of cause separates causes.
    """

    SAFETY = "safety"
    CAUSE = "cause"


class GroupKind(StrEnum):
    """The way to show a group.

    checklist: tick what applies, with one entry for none of these. questions: ask each item by itself.
    """

    CHECKLIST = "checklist"
    QUESTIONS = "questions"


class ItemKind(StrEnum):
    """The type of an answer."""

    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


class StopReason(StrEnum):
    """The reason for the end of the conversation.

    It is the first that applies, in this order.
    """

    ACT_NOW = "act_now"
    OUT_OF_SCOPE = "out_of_scope"
    NO_COMPLAINT = "no_complaint"
    CANNOT_BE_KNOWN = "cannot_be_known"
    ONLY_MEASUREMENTS_LEFT = "only_measurements_left"
    SETTLED = "settled"


class Labelled(Part, frozen=True, kw_only=True):
    """An id with the text to show for it."""

    id: str
    label: str


class Received(Part, frozen=True, kw_only=True):
    """The number of values read from each part of the request.

    Null and ignored values do not count.
    """

    runner: int
    findings: int
    training: int
    not_known: int


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


class About(Part, frozen=True, kw_only=True):
    """An explanation of a symptom that was reported."""

    finding: str
    text: str


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


class Contribution(Part, frozen=True, kw_only=True):
    """The points that one statement gives to a cause.

    `because` names the findings that made it hold.
    """

    points: int
    because: tuple[str, ...]
    statement: str
    evidence: Evidence


class ConsideredCause(Part, frozen=True, kw_only=True):
    """A cause that fits, with the points for and against it.

    It is not a diagnosis, and the points are not a probability.
    """

    id: str
    name: str
    regions: tuple[str, ...]
    likelihood: Likelihood
    points: int
    supporting: tuple[Contribution, ...]
    opposing: tuple[Contribution, ...]
    unanswered: tuple[str, ...]
    mechanism: str
    caveats: tuple[str, ...]
    fixes: tuple[str, ...]
    see_someone: tuple[str, ...]
    evidence: Evidence
    sources: tuple[str, ...]


class SuggestedFix(Part, frozen=True, kw_only=True):
    """Something to try.

    `limits` holds its numbers, with the unit at the end of each name. The first fix of a
    response has all its steps and caveats, the others one short step.
    """

    id: str
    title: str
    steps: tuple[str, ...]
    limits: dict[str, Number]
    caveats: tuple[str, ...]
    addresses: tuple[str, ...]
    review_after_days: int
    see_if_not_better: Labelled
    evidence: Evidence
    sources: tuple[str, ...]


class WithheldFix(Part, frozen=True, kw_only=True):
    """A fix that a cause calls for and a finding forbids."""

    id: str
    label: str
    because: tuple[str, ...]


class TrainingAdvice(Part, frozen=True, kw_only=True):
    """The advice on running, for an app with a training plan.

    `race` is null unless a race is planned.
    """

    running: Running
    statement: str
    allowed_activities: tuple[Labelled, ...]
    limits: dict[str, Number]
    recheck_after_days: int | None
    return_when: tuple[str, ...]
    race: str | None


class Item(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A finding to ask about, answered under its id in `findings`.

    `kind` is absent in a checklist, where each item is a yes or no.
    `send_at_once` is true if a yes alone sets an emergency level: send the request with this answer immediately.
    `keeps` says how long an answer stays valid, so that an app can send it again from a profile.
    """

    id: str
    text: str
    could_raise_to: Level
    send_at_once: bool = False
    kind: ItemKind | None = None
    choices: tuple[Labelled, ...] = ()
    unit: str | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    keeps: str | None = None


class Group(Part, frozen=True, kw_only=True):
    """Items to show together, in display order.

    `none_text` is the entry for none of these; null if the group is not a checklist.
    """

    id: str
    kind: GroupKind
    purpose: Purpose
    text: str
    none_text: str | None
    items: tuple[Item, ...]


class Interview(Part, frozen=True, kw_only=True):
    """The next questions and the end of the conversation.

    `items_left` counts the items in `groups` and those that a limit holds back, without details that may follow.
    `measurements` are readings that may be sent at any time; they never keep the conversation open.
    """

    should_stop: bool
    stop_reason: StopReason | None
    items_left: int
    not_known_text: str
    groups: tuple[Group, ...]
    measurements: tuple[Item, ...]


class DerivedFinding(Part, frozen=True, kw_only=True):
    """A finding worked out from other values.

    `measured`, `unit` and `threshold` are null unless a number was computed from telemetry.
    """

    finding: str
    value: bool
    computed_from: tuple[str, ...]
    measured: float | None
    unit: str | None
    threshold: Number | None


class Ignored(Part, frozen=True, kw_only=True):
    """A value that was dropped, with the reason."""

    pointer: str
    code: str
    detail: str


class Contradiction(Part, frozen=True, kw_only=True):
    """Values that contradict each other; the more urgent reading was used."""

    pointers: tuple[str, ...]
    detail: str


class KnowledgeVersion(Part, frozen=True, kw_only=True):
    """The knowledge that gave this response."""

    version: str
    digest: str
    review: str


class ShownNotice(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A statement that the person must be able to read.

    `number` is the emergency number if it has one.
    """

    id: str
    text: str
    number: str | None = None


class Assessment(Part, frozen=True, kw_only=True):
    """The response to one request."""

    received: Received
    triage: Triage
    about: tuple[About, ...]
    red_flags: tuple[FiredRedFlag, ...]
    causes: tuple[ConsideredCause, ...]
    fixes: tuple[SuggestedFix, ...]
    withheld_fixes: tuple[WithheldFix, ...]
    training_advice: TrainingAdvice
    interview: Interview
    derived: tuple[DerivedFinding, ...]
    ignored: tuple[Ignored, ...]
    contradictions: tuple[Contradiction, ...]
    language: str
    knowledge: KnowledgeVersion
    notices: tuple[ShownNotice, ...]
