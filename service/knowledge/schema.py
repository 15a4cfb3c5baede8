"""The shape of the knowledge files: what each kind of YAML file may say, and nothing else.

The grammar in words is in `README.md` beside this file; `loader.py` reads the files into these types.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.model.scales import Evidence, Level, Likelihood, Running

Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=64)]
FactId = Annotated[str, Meta(pattern=r"^A[0-9]{2}\Z")]
Sentence = Annotated[str, Meta(min_length=3, max_length=700)]
NOT_REVIEWED = "not reviewed by a clinician"
Review = Literal["not reviewed by a clinician"]
Number = int | float
Value = bool | int | float | str | list[float | str]
Referral = Literal[
    "emergency_department",
    "primary_care",
    "physical_therapist",
    "endocrinologist",
    "podiatrist",
    "sports_medicine",
    "vascular_specialist",
    "prescriber_or_pharmacist",
    "maternity_care",
]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every type of the knowledge: frozen, named fields only, nothing unknown."""


class Clause(Entry, frozen=True, kw_only=True, rename={"not_": "not", "is_": "is", "all_": "all", "any_": "any"}):
    """One condition; exactly one of the forms that the grammar names."""

    all_: tuple[Condition, ...] | None = None
    any_: tuple[Condition, ...] | None = None
    at_least_of: int | None = None
    of: tuple[Condition, ...] | None = None
    not_: Id | None = None
    finding: Id | None = None
    is_: str | tuple[str, ...] | None = None
    includes: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    less_than: Number | None = None


Condition = Id | Clause


class Statement(Entry, frozen=True, kw_only=True):
    """One clinical statement with who said it, where, and how strong it is."""

    text: Sentence
    evidence: Evidence
    facts: tuple[FactId, ...] = ()
    by: Id | None = None
    sources: tuple[str, ...] = ()


class Finding(Entry, frozen=True, kw_only=True):
    """One thing that can be known of a runner: a question and the type of its answer."""

    question: Sentence
    kind: Literal["boolean", "choice", "choices", "integer", "number", "series"]
    place: Literal["runner", "findings", "training"] = "findings"
    values: tuple[Id, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    min_items: int | None = None
    max_items: int | None = None
    unit: str | None = None
    note: Sentence | None = None
    context_only: Sentence | None = None


class Vocabulary(Entry, frozen=True, kw_only=True):
    """A file of findings on one subject, in asking order."""

    subject: Sentence
    findings: dict[Id, Finding]


class CaseRequest(Entry, frozen=True, kw_only=True):
    """The parts of a request as a case writes them; findings are checked against the vocabulary."""

    findings: dict[Id, Value] = {}
    training: dict[Id, Value] = {}
    runner: dict[Id, Value] = {}
    safety_screen: dict[Id, bool] = {}


class Case(CaseRequest, frozen=True, kw_only=True):
    """A sentence about one runner, what is reported, and whether the rule fires."""

    name: Sentence
    fires: bool


class Codes(Entry, frozen=True, kw_only=True):
    """Codes that may be returned with a symptom (`symptom`) or kept as concept tags (`concept`)."""

    symptom: tuple[str, ...] = ()
    concept: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()


class RedFlag(Entry, frozen=True, kw_only=True):
    """A rule that sets a floor under the level."""

    id: Id
    reference: str
    title: Sentence
    level: Level
    when: Condition
    advice: Sentence
    rationale: Sentence
    referrals: tuple[Referral, ...]
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review
    cases: tuple[Case, ...]
    judgement: Sentence | None = None
    do_not_drive: bool = False
    out_of_scope: bool = False
    running: Running | None = None
    facts: tuple[FactId, ...] = ()
    statements: tuple[Statement, ...] = ()
    codes: Codes | None = None


class Weight(Entry, frozen=True, kw_only=True):
    """Points for or against a cause when a condition holds; `statement` says why."""

    when: Condition
    points: int
    statement: Sentence
    evidence: Evidence
    facts: tuple[FactId, ...] = ()
    sources: tuple[str, ...] = ()


class CauseCase(CaseRequest, frozen=True, kw_only=True):
    """A sentence about one runner and the place of the cause in the answer."""

    name: Sentence
    expect: Literal["leads", "listed", "not_listed"]


class Cause(Entry, frozen=True, kw_only=True):
    """A possible contributor, with what speaks for and against it."""

    id: Id
    name: Sentence
    regions: tuple[Literal["calf", "foot"], ...]
    rank: int
    applies_when: Condition
    mechanism: tuple[Statement, ...]
    caveats: tuple[Statement, ...]
    supports: tuple[Weight, ...]
    opposes: tuple[Weight, ...]
    fixes: tuple[Id, ...]
    referrals: tuple[Referral, ...]
    see_someone: tuple[Statement, ...]
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review
    cases: tuple[CauseCase, ...]
    excluded_when: Condition | None = None
    likelihood_at_most: Likelihood | None = None
    running: Running | None = None
    codes: Codes | None = None


class Fix(Entry, frozen=True, kw_only=True):
    """Something to try, with its numbers as data."""

    id: Id
    title: Sentence
    steps: tuple[Statement, ...]
    limits: dict[Id, Number]
    review_after_days: int
    see_if_not_better: Referral
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review
    caveats: tuple[Statement, ...] = ()
    withheld_when: Condition | None = None
    instead: Id | None = None


class Measure(Entry, frozen=True, kw_only=True):
    """A number computed from telemetry.

    `last_change`: percent change of the newest item of `series` from the one before.
    `excess`: percent by which `value` is over `baseline`.
    `over_median_ratio`: `value` minus the median of `series` / `per` over the `weeks` before the newest.
    `step_length_mismatch`: percent between `step_length_m` and 60 x speed / cadence.
    Not computable (so unknown) when an input is missing or the baseline is under `baseline_at_least`.
    """

    kind: Literal["last_change", "excess", "over_median_ratio", "step_length_mismatch"]
    series: Id | None = None
    per: Id | None = None
    value: Id | None = None
    baseline: Id | None = None
    baseline_at_least: Number | None = None
    weeks: int | None = None


class Derivation(Entry, frozen=True, kw_only=True):
    """A finding that the service works out and a client never sends; while it holds, `running` is the least advice.

    Either `when` (a named condition) or `measure` with `more_than`.
    """

    id: Id
    title: Sentence
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review
    cases: tuple[Case, ...]
    when: Condition | None = None
    measure: Measure | None = None
    more_than: Number | None = None
    unit: str | None = None
    discards: tuple[Id, ...] = ()
    running: Running | None = None
    facts: tuple[FactId, ...] = ()


class ScreenQuestion(Entry, frozen=True, kw_only=True):
    """One question of the safety screen and the conditions a no rules out."""

    reference: str
    question: Sentence
    members: tuple[Condition, ...]


class SafetyScreen(Entry, frozen=True, kw_only=True):
    """The questions that must all be answered no before `self_care`."""

    questions: dict[Id, ScreenQuestion]
    none_of_these: Sentence
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review


class LevelText(Entry, frozen=True, kw_only=True):
    """What one level means to the person who reads it; `referral` is whom to see at it, whatever set it."""

    label: Sentence
    advice: Sentence
    act_within_hours: int | None
    running: Running
    sources: tuple[str, ...]
    review: Review
    referral: Referral | None = None


class RunningText(Entry, frozen=True, kw_only=True):
    """What one answer on running allows and asks for."""

    statement: Sentence
    allowed_activities: tuple[Id, ...]
    limits: dict[Id, Number]
    recheck_after_days: int | None
    return_when: tuple[Sentence, ...]
    evidence: Evidence
    review: Review


class Source(Entry, frozen=True, kw_only=True):
    """Where a statement can be read, and how far it was read."""

    title: Sentence
    status: Literal["found", "found in part", "second-hand", "memory", "article", "convention"]
    url: str | None = None
    note: Sentence | None = None


class Speaker(Entry, frozen=True, kw_only=True):
    """Someone or some body that the article quotes."""

    name: Sentence
    role: Sentence


class Notice(Entry, frozen=True, kw_only=True):
    """A statement that every answer carries; `{number}` stands for the emergency number."""

    text: Sentence


class EmergencyNumber(Entry, frozen=True, kw_only=True):
    """The number to call in one country."""

    number: Annotated[str, Meta(pattern=r"^[0-9]{2,4}\Z")]
    sources: tuple[str, ...]


class EmergencyNumbers(Entry, frozen=True, kw_only=True):
    """Emergency numbers by ISO 3166-1 alpha-2 country, and the one to give where it is not known."""

    default: EmergencyNumber
    countries: dict[Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")], EmergencyNumber]


class Policy(Entry, frozen=True, kw_only=True):
    """The numbers and sentences that belong to no single rule."""

    version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+\Z")]
    review: Review
    likelihood_from_points: dict[Likelihood, int]
    no_fixes_from: Level
    no_causes_from: Level
    screen_open_level: Level
    uncovered_sign_level: Level
    uncovered_signs: tuple[Id, ...]
    screen_open_statement: Sentence
    screen_yes_statement: Sentence
    screen_clear_statement: Sentence
    uncovered_sign_statement: Sentence
    out_of_scope_statement: Sentence
