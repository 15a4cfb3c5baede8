"""The request and the answer as pydantic models, as one would write them from the contract."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, create_model

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Finding

Number = int | float


def request_model(knowledge: Knowledge) -> type[BaseModel]:
    """The request of a vocabulary: closed, and each property typed with its range."""
    places: dict[str, dict[str, Any]] = {
        place: {id_: _type(finding) for id_, finding in knowledge.findings.items() if finding.place == place}
        for place in ("runner", "findings", "training")
    }
    places["runner"]["country"] = Annotated[str, Field(pattern="^[A-Z]{2}$")]
    places["safety_screen"] = dict.fromkeys(("none_of_these", *knowledge.safety_screen.questions), StrictBool)
    parts = {place: _closed(place, fields) for place, fields in places.items()}
    findings = parts.pop("findings")
    request: type[BaseModel] = create_model(
        "Request",
        __config__=ConfigDict(extra="forbid"),
        findings=(findings, ...),
        **{name: (part | None, None) for name, part in parts.items()},  # type: ignore[call-overload]
    )
    return request


def _closed(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    optional: dict[str, Any] = {field: (kind | None, None) for field, kind in fields.items()}
    model: type[BaseModel] = create_model(name.title(), __config__=ConfigDict(extra="forbid"), **optional)
    return model


def _type(finding: Finding) -> Any:
    if finding.kind == "boolean":
        return StrictBool
    if finding.kind in ("choice", "choices"):
        choice = Literal[finding.values]
        return choice if finding.kind == "choice" else Annotated[list[choice], Field(min_length=1)]  # type: ignore[valid-type]
    strict: Any = StrictInt if finding.kind == "integer" else StrictInt | StrictFloat
    number = Annotated[strict, Field(ge=finding.minimum, le=finding.maximum)]
    if finding.kind != "series":
        return number
    return Annotated[list[number], Field(min_length=finding.min_items, max_length=finding.max_items)]


class Reason(BaseModel):
    """A rule that set a floor under the level."""

    rule: str
    level: str
    statement: str
    because: list[str]


class Triage(BaseModel):
    """How urgent it is and why."""

    level: str
    label: str
    advice: str
    act_within_hours: int | None
    screen_complete: bool
    could_rise_to: str
    more_to_ask: bool
    referrals: list[str]
    reasons: list[Reason]


class RedFlag(BaseModel):
    """A red flag that fired."""

    id: str
    title: str
    level: str
    because: list[str]
    advice: str
    rationale: str
    referrals: list[str]
    do_not_drive: bool
    evidence: str
    sources: list[str]
    review: str
    codes: list[str]


class Contribution(BaseModel):
    """Points that one statement gave to a cause."""

    finding: str
    points: int
    because: list[str]
    statement: str
    evidence: str


class Cause(BaseModel):
    """A cause that fits."""

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
    """Something to try."""

    id: str
    title: str
    steps: list[str]
    limits: dict[str, Number]
    caveats: list[str]
    addresses: list[str]
    review_after_days: int
    see_if_not_better: str
    evidence: str
    sources: list[str]


class Question(BaseModel):
    """Something worth asking next."""

    id: str
    text: str
    kind: str
    purpose: str
    could_raise_to: str
    answer_at: str


class TrainingAdvice(BaseModel):
    """What it means for a training plan."""

    running: str
    statement: str
    allowed_activities: list[str]
    limits: dict[str, Number]
    recheck_after_days: int | None
    return_when: list[str]


class Version(BaseModel):
    """Which knowledge gave this answer."""

    version: str
    digest: str
    review: str


class Notice(BaseModel):
    """A statement that the person must be able to read."""

    id: str
    text: str
    number: str | None = None


class Assessment(BaseModel):
    """The whole answer."""

    triage: Triage
    red_flags: list[RedFlag]
    causes: list[Cause]
    fixes: list[Fix]
    training_advice: TrainingAdvice
    questions: list[Question]
    knowledge: Version
    notices: list[Notice]
