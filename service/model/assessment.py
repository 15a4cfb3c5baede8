"""The answer to one request, as it goes over the wire (`openapi/openapi.yaml`, schema `Assessment`)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from service.model.scales import Evidence, Level, Likelihood, Running

Number = int | float
Purpose = Literal["safety", "cause"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every part of an answer: frozen, built by name."""


class Reason(Part, frozen=True, kw_only=True):
    """A rule that set a floor under the level, and what made it fire."""

    rule: str
    level: Level
    statement: str
    because: tuple[str, ...]


class Triage(Part, frozen=True, kw_only=True):
    """How urgent it is and why.

    `act_within_hours` is null where there is no deadline.
    `could_rise_to` is the highest level over every way of answering what is still unknown.
    `more_to_ask` is true when questions that could raise the level did not fit into `questions`.
    """

    level: Level
    label: str
    advice: str
    act_within_hours: int | None
    screen_complete: bool
    could_rise_to: Level
    more_to_ask: bool
    referrals: tuple[str, ...]
    reasons: tuple[Reason, ...]


class FiredRedFlag(Part, frozen=True, kw_only=True):
    """A red flag that fired, with the findings that fired it."""

    id: str
    title: str
    level: Level
    because: tuple[str, ...]
    advice: str
    rationale: str
    referrals: tuple[str, ...]
    do_not_drive: bool
    evidence: Evidence
    sources: tuple[str, ...]
    review: str
    codes: tuple[str, ...]


class Contribution(Part, frozen=True, kw_only=True):
    """Points that one statement gave to a cause; `finding` leads `because`, which names all that made it hold."""

    finding: str
    points: int
    because: tuple[str, ...]
    statement: str
    evidence: Evidence


class ConsideredCause(Part, frozen=True, kw_only=True):
    """A cause that fits, with the points for and against it; never a diagnosis or a probability."""

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
    """Something to try; `limits` holds its numbers, the unit at the end of each name."""

    id: str
    title: str
    steps: tuple[str, ...]
    limits: dict[str, Number]
    caveats: tuple[str, ...]
    addresses: tuple[str, ...]
    review_after_days: int
    see_if_not_better: str
    evidence: Evidence
    sources: tuple[str, ...]


class WithheldFix(Part, frozen=True, kw_only=True):
    """A fix that the causes call for and that is not given, with the findings that forbid it."""

    id: str
    because: tuple[str, ...]


class Question(Part, frozen=True, kw_only=True, omit_defaults=True):
    """Something worth asking next; `answer_at` is where the next request carries the answer."""

    id: str
    text: str
    kind: Literal["boolean", "choice", "choices", "integer", "number", "series"]
    purpose: Purpose
    could_raise_to: Level
    answer_at: str
    values: tuple[str, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    unit: str | None = None


class DerivedFinding(Part, frozen=True, kw_only=True):
    """A finding worked out from what was sent, with the value and the threshold it passed."""

    finding: str
    value: float
    unit: str
    threshold: Number
    from_: tuple[str, ...] = msgspec.field(name="from")


class TrainingAdvice(Part, frozen=True, kw_only=True):
    """What the level and the causes mean for an app that owns a training plan."""

    running: Running
    statement: str
    allowed_activities: tuple[str, ...]
    limits: dict[str, Number]
    recheck_after_days: int | None
    return_when: tuple[str, ...]


class KnowledgeVersion(Part, frozen=True, kw_only=True):
    """Which knowledge gave this answer."""

    version: str
    digest: str
    review: str


class ShownNotice(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A statement that the person must be able to read; `number` is the emergency number where it has one."""

    id: str
    text: str
    number: str | None = None


class Assessment(Part, frozen=True, kw_only=True):
    """The whole answer to one request."""

    triage: Triage
    red_flags: tuple[FiredRedFlag, ...]
    causes: tuple[ConsideredCause, ...]
    fixes: tuple[SuggestedFix, ...]
    withheld_fixes: tuple[WithheldFix, ...]
    training_advice: TrainingAdvice
    questions: tuple[Question, ...]
    derived: tuple[DerivedFinding, ...]
    knowledge: KnowledgeVersion
    notices: tuple[ShownNotice, ...]


class EncodedAssessment(NamedTuple):
    """An assessment as the bytes that go over the wire, and the ids that are counted."""

    level: Level
    red_flags: tuple[str, ...]
    leading_cause: str | None
    body: bytes
