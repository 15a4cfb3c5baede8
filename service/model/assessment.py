"""The response to one request as wire types (`openapi/openapi.yaml`, schema `Assessment`)."""

from __future__ import annotations

from service.model.causes import ConsideredCause
from service.model.fixes import SuggestedFix, WithheldFix
from service.model.interview import Interview
from service.model.part import Number, Part
from service.model.training_advice import TrainingAdvice
from service.model.triage import FiredRedFlag, Triage


class Received(Part, frozen=True, kw_only=True):
    """The number of values read from each part of the request.

    Null and ignored values do not count.
    """

    runner: int
    findings: int
    training: int
    not_known: int


class About(Part, frozen=True, kw_only=True):
    """An explanation of a symptom that was reported."""

    finding: str
    text: str


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
