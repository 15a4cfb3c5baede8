"""The contract's request and response as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, create_model

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.findings import Finding

Number = int | float

# A type checker accepts these for types only; here they are built from the knowledge.
_LITERAL: Final[Any] = Literal
_LIST: Final[Any] = list


def request_model(knowledge: Knowledge) -> type[BaseModel]:
    """A vocabulary's request: closed, each strict property typed with its range.

    Telemetry and the country are not typed, because they never cause a rejection.
    """
    fields: dict[str, dict[str, Any]] = {
        place: {id_: _type(finding) for id_, finding in knowledge.findings.items() if finding.place == place}
        for place in ("runner", "findings")
    }
    fields["runner"]["country"] = Any
    parts: dict[str, Any] = {place: _closed(place, own) for place, own in fields.items()}
    parts["training"] = Any
    parts["not_known"] = _LIST[_LITERAL[tuple(fields["findings"])]]
    return _closed("request", parts)


def _closed(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    optional: dict[str, Any] = {field: (kind | None, None) for field, kind in fields.items()}
    model: type[BaseModel] = create_model(name.title(), __config__=ConfigDict(extra="forbid"), **optional)
    return model


def _type(finding: Finding) -> Any:
    if finding.kind == "boolean":
        return StrictBool
    if finding.kind in ("choice", "choices"):
        choice = _LITERAL[finding.values]
        return choice if finding.kind == "choice" else _LIST[choice]
    strict: Any = StrictInt if finding.kind == "integer" else StrictInt | StrictFloat
    return Annotated[strict, Field(ge=finding.minimum, le=finding.maximum)]


class Received(BaseModel):
    """The number of values read from each part of the request."""

    runner: int
    findings: int
    training: int
    not_known: int


class Labelled(BaseModel):
    """An id with its displayed text."""

    id: str
    label: str


class Reason(BaseModel):
    """A rule that sets a minimum level."""

    rule: str
    level: str
    statement: str
    because: list[str]


class Triage(BaseModel):
    """The level and its reasons."""

    level: str
    label: str
    advice: str
    act_within_hours: int | None
    screen_complete: bool
    could_rise_to: str
    referrals: list[Labelled]
    reasons: list[Reason]


class About(BaseModel):
    """An explanation of a symptom."""

    finding: str
    text: str


class RedFlag(BaseModel):
    """A red flag that fired."""

    id: str
    title: str
    level: str
    because: list[str]
    advice: str
    rationale: str
    referrals: list[Labelled]
    do_not_drive: bool
    evidence: str
    sources: list[str]
    review: str
    codes: list[str]


class Contribution(BaseModel):
    """The points of one statement for a cause."""

    points: int
    because: list[str]
    statement: str
    evidence: str


class Cause(BaseModel):
    """A listed cause."""

    id: str
    name: str
    regions: list[str]
    likelihood: str
    points: int
    supporting: list[Contribution]
    opposing: list[Contribution]
    unanswered: list[str]
    mechanism: str
    caveats: list[str]
    fixes: list[str]
    see_someone: list[str]
    evidence: str
    sources: list[str]


class Fix(BaseModel):
    """A fix."""

    id: str
    title: str
    steps: list[str]
    limits: dict[str, Number]
    caveats: list[str]
    addresses: list[str]
    review_after_days: int
    see_if_not_better: Labelled
    evidence: str
    sources: list[str]


class WithheldFix(BaseModel):
    """A fix that a finding forbids."""

    id: str
    label: str
    because: list[str]


class Item(BaseModel):
    """A question about a finding."""

    id: str
    text: str
    could_raise_to: str
    send_at_once: bool = False
    kind: str | None = None
    choices: list[Labelled] = []
    unit: str | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    keeps: str | None = None


class Group(BaseModel):
    """Items on one screen."""

    id: str
    kind: str
    purpose: str
    text: str
    none_text: str | None
    items: list[Item]


class Interview(BaseModel):
    """The next questions."""

    should_stop: bool
    stop_reason: str | None
    items_left: int
    not_known_text: str
    groups: list[Group]
    measurements: list[Item]


class TrainingAdvice(BaseModel):
    """The advice on running."""

    running: str
    statement: str
    allowed_activities: list[Labelled]
    limits: dict[str, Number]
    recheck_after_days: int | None
    return_when: list[str]
    race: str | None


class Version(BaseModel):
    """The knowledge of this response."""

    version: str
    digest: str
    review: str


class Notice(BaseModel):
    """A statement for the person."""

    id: str
    text: str
    number: str | None = None


class Assessment(BaseModel):
    """The complete response."""

    received: Received
    triage: Triage
    about: list[About]
    red_flags: list[RedFlag]
    causes: list[Cause]
    fixes: list[Fix]
    withheld_fixes: list[WithheldFix]
    training_advice: TrainingAdvice
    interview: Interview
    language: str
    knowledge: Version
    notices: list[Notice]
