"""Types of the knowledge files, by kind of YAML file.

A file may hold only the fields of its type.

The grammar in words is in `README.md` beside this file; `loader.py` reads the files into these types.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.model.assessment import GroupKind, Purpose
from service.model.scales import Evidence, Level, Likelihood, Running

Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=64)]
FactId = Annotated[str, Meta(pattern=r"^A[0-9]{2}\Z")]
Sentence = Annotated[str, Meta(min_length=3, max_length=700)]
Label = Annotated[str, Meta(min_length=2, max_length=120)]
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
    """Base class of the knowledge types.

    An entry is frozen, has named fields only, and refuses unknown ones.
    """


class Review(Entry, frozen=True, kw_only=True):
    """A clinician's signature of an entry.

    It holds the name, role, date and the digest of the entry without its review.
    """

    by: Annotated[str, Meta(min_length=2, max_length=120)]
    role: Annotated[str, Meta(min_length=2, max_length=120)]
    on: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    digest: Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]


class Clause(Entry, frozen=True, kw_only=True, rename={"not_": "not", "is_": "is", "all_": "all", "any_": "any"}):
    """A condition in exactly one of the forms of the grammar."""

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
    """A clinical statement with its speaker, sources and strength.

    `note` is for editors, not for runners.
    """

    text: Sentence
    evidence: Evidence
    facts: tuple[FactId, ...] = ()
    by: Id | None = None
    sources: tuple[str, ...] = ()
    note: Sentence | None = None


class People(Entry, frozen=True, kw_only=True):
    """The people that a finding can apply to.

    A person whose sex or age is not known counts as one of them.
    """

    sex_at_birth: tuple[Id, ...] = ()
    age_at_least: int | None = None
    age_at_most: int | None = None


class Finding(Entry, frozen=True, kw_only=True):
    """A finding about a runner, as the vocabulary defines it.

    It has an exact meaning, a type of value, and conditions under which it applies.

    `question` is the exact meaning, for integrators and clinicians. `label` is the text that a runner reads.
    `asked_when`: any of these conditions is true. If all are false the finding is closed: not asked, and taken as
    absent. If none is true and some are unknown, it is not asked yet and stays open.
    `asked_of`: the people that it can apply to.
    `implied_by`: any of these conditions makes the finding true. A condition that fails denies nothing.
    `implied_unless`: other findings that open the same details. While one is reported present, a detail that it opens
    implies nothing.
    `settled_by`: a number or choice that gives the same answer: the finding is true if it holds, and absent if not.
    `contradicted_by`: while this holds, a yes is not used, and is listed as a contradiction.
    `covered_by`: for a report-only finding, the item that covers it.
    `keeps`: how long an answer stays valid; only background findings have it.
    """

    question: Sentence
    label: Label | None = None
    asked_when: tuple[Condition, ...] = ()
    asked_of: People | None = None
    implied_by: tuple[Condition, ...] = ()
    implied_unless: tuple[Id, ...] = ()
    settled_by: Condition | None = None
    contradicted_by: Condition | None = None
    covered_by: Id | None = None
    keeps: Literal["always", "4_weeks"] | None = None
    labels: dict[Id, Label] = {}
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
    """The parts of a request, as a case writes them.

    Findings are checked against the vocabulary. `rest: denied` stands for a runner who answers no to every checklist
    item that the case does not mention.
    """

    findings: dict[Id, Value] = {}
    training: dict[Id, Value] = {}
    runner: dict[Id, Value] = {}
    not_known: tuple[Id, ...] = ()
    rest: Literal["unknown", "denied"] = "unknown"


class Case(CaseRequest, frozen=True, kw_only=True):
    """A test case of a rule.

    It has a sentence about one runner, the report, and whether the rule fires.
    """

    name: Sentence
    fires: bool


class Codes(Entry, frozen=True, kw_only=True):
    """Terminology codes of a rule or a cause.

    `symptom` codes may be returned with a symptom. `concept` codes are kept as concept tags.
    """

    symptom: tuple[str, ...] = ()
    concept: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()


class RedFlag(Entry, frozen=True, kw_only=True):
    """A rule that sets the least level."""

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
    review: Review | None = None
    cases: tuple[Case, ...]
    judgement: Sentence | None = None
    do_not_drive: bool = False
    out_of_scope: bool = False
    running: Running | None = None
    facts: tuple[FactId, ...] = ()
    statements: tuple[Statement, ...] = ()
    codes: Codes | None = None


class Weight(Entry, frozen=True, kw_only=True):
    """Points for or against a cause while a condition holds.

    `statement` gives the reason.
    """

    when: Condition
    points: int
    statement: Sentence
    evidence: Evidence
    facts: tuple[FactId, ...] = ()
    sources: tuple[str, ...] = ()
    note: Sentence | None = None


class CauseCase(CaseRequest, frozen=True, kw_only=True):
    """A test case of a cause.

    It has a sentence about one runner, and the place of the cause in the answer.
    """

    name: Sentence
    expect: Literal["leads", "listed", "not_listed"]


class Cause(Entry, frozen=True, kw_only=True):
    """A possible contributor, with the points for and against it."""

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
    evidence: Evidence
    review: Review | None = None
    cases: tuple[CauseCase, ...]
    excluded_when: Condition | None = None
    likelihood_at_most: Likelihood | None = None
    running: Running | None = None
    codes: Codes | None = None


class Fix(Entry, frozen=True, kw_only=True):
    """A remedy to try, with its numbers as data.

    `ask_first` are contraindications that must be known before the fix is given; until then `instead` takes its place.
    `short` replaces the steps if the fix is not the first of a response. `leads_when` moves the fix to the front: it
    fits the report best, or it has helped. `failed_when` leaves it out: the runner has tried it in vain.
    """

    id: Id
    title: Sentence
    steps: tuple[Statement, ...]
    short: Sentence | None = None
    leads_when: Condition | None = None
    failed_when: Condition | None = None
    note: Sentence | None = None
    limits: dict[Id, Number]
    review_after_days: int
    see_if_not_better: Referral
    evidence: Evidence
    review: Review | None = None
    caveats: tuple[Statement, ...] = ()
    withheld_when: Condition | None = None
    ask_first: tuple[Id, ...] = ()
    instead: Id | None = None


class Measure(Entry, frozen=True, kw_only=True):
    """A number computed from telemetry.

    `last_change`: percent change of the newest item of `series` from the one before.
    `excess`: percent by which `value` is over `baseline`.
    `over_median_ratio`: `value` minus the median of `series` / `per` over the `weeks` before the newest.
    Not computable (so unknown) when an input is missing or the baseline is under `baseline_at_least`.
    """

    kind: Literal["last_change", "excess", "over_median_ratio"]
    series: Id | None = None
    per: Id | None = None
    value: Id | None = None
    baseline: Id | None = None
    baseline_at_least: Number | None = None
    weeks: int | None = None


class Derivation(Entry, frozen=True, kw_only=True):
    """A finding that the service derives and a client never sends.

    While it holds, `running` is the least strict advice on running.

    It has either `when` (a named condition) or `measure` with `more_than`.
    """

    id: Id
    title: Sentence
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review | None = None
    cases: tuple[Case, ...]
    when: Condition | None = None
    measure: Measure | None = None
    more_than: Number | None = None
    unit: str | None = None
    running: Running | None = None
    facts: tuple[FactId, ...] = ()


class Checklist(Entry, frozen=True, kw_only=True):
    """A group of items that an app shows together.

    `stage`: `first` is asked as soon as an item applies, `detail` holds items that an earlier answer opens, and
    `separating` holds items that separate the leading causes.
    `role`: `background` items are lasting facts (conditions, medicines, history), the others are signs.
    `separates`: for a separating item, the causes that it separates; it is asked if one of them leads.
    """

    id: Id
    order: int
    kind: GroupKind
    purpose: Purpose
    text: Label
    items: tuple[Id, ...]
    stage: Literal["first", "detail", "separating"] = "first"
    role: Literal["sign", "background"] = "sign"
    separates: dict[Id, tuple[Id, ...]] = {}


class SymptomText(Entry, frozen=True, kw_only=True):
    """An explanation of a symptom.

    It is shown under `about` while `when` holds. `finding` is the id that it is shown under.
    """

    finding: Id
    when: Condition
    statements: tuple[Statement, ...]


class FirstSteps(Entry, frozen=True, kw_only=True):
    """The fix for a complaint for which no cause gives one.

    `regions` are those of the causes that replace it.
    """

    when: Condition
    regions: tuple[Literal["calf", "foot"], ...]
    fix: Id


class AddedFix(Entry, frozen=True, kw_only=True):
    """A fix given while `when` holds, regardless of the causes."""

    when: Condition
    fix: Id


class Retired(Entry, frozen=True, kw_only=True):
    """A name from an earlier contract.

    `code` is `renamed` or `removed`. `detail` is a sentence that says what to send instead.
    """

    code: Literal["renamed", "removed"]
    detail: Sentence
    instead: Id | None = None


class LevelText(Entry, frozen=True, kw_only=True):
    """The meaning of one level, in words for the reader.

    `advice_while_open` is shown instead of `advice` while safety questions are open that hold the level.
    `referral` is the professional to see at this level, for any reason.
    """

    label: Sentence
    advice: Sentence
    advice_while_open: Sentence | None = None
    act_within_hours: int | None
    running: Running
    sources: tuple[str, ...]
    review: Review | None = None
    referral: Referral | None = None


class Goal(Entry, frozen=True, kw_only=True):
    """A goal to reach before training continues.

    It is shown while `when` holds, or always if there is none.
    """

    text: Sentence
    when: Condition | None = None


class RaceAnswer(Entry, frozen=True, kw_only=True):
    """The answer to a runner who plans a race.

    The race is, for example, one in a number of days. The answer is shown while `when` holds.
    """

    text: Sentence
    when: Condition


class RunningRule(Entry, frozen=True, kw_only=True):
    """The least strict advice on running while a condition holds.

    The strictest of all counts.
    """

    when: Condition
    running: Running
    sources: tuple[str, ...]
    evidence: Evidence
    note: Sentence | None = None


class RunningText(Entry, frozen=True, kw_only=True):
    """The text of one answer on running.

    Of `race`, the first answer with a condition that holds is shown.
    """

    statement: Sentence
    allowed_activities: tuple[Id, ...]
    limits: dict[Id, Number]
    recheck_after_days: int | None
    return_when: tuple[Goal, ...]
    evidence: Evidence
    review: Review | None = None
    race: tuple[RaceAnswer, ...] = ()


class Source(Entry, frozen=True, kw_only=True):
    """A source of statements.

    It names where a statement can be read. `status` is how far the source was read.
    """

    title: Sentence
    status: Literal["found", "found in part", "second-hand", "article"]
    url: str | None = None
    note: Sentence | None = None


class Fact(Entry, frozen=True, kw_only=True):
    """A fact of the source article or of the clinical reference.

    A fact of the article has its speaker. A fact of the reference is one of its rows.
    """

    text: Sentence
    by: Id | None = None
    sources: tuple[str, ...]


class Speaker(Entry, frozen=True, kw_only=True):
    """A person or an organization that the article quotes."""

    name: Sentence
    role: Sentence


class Notice(Entry, frozen=True, kw_only=True):
    """A statement that every answer carries.

    `{number}` stands for the emergency number.
    """

    text: Sentence


class EmergencyNumber(Entry, frozen=True, kw_only=True):
    """The emergency number of one country."""

    number: Annotated[str, Meta(pattern=r"^[0-9]{2,4}\Z")]
    evidence: Evidence
    sources: tuple[str, ...] = ()


class EmergencyNumbers(Entry, frozen=True, kw_only=True):
    """Emergency numbers by ISO 3166-1 alpha-2 country.

    `default` is the number to give if the country is not known.
    """

    default: EmergencyNumber
    countries: dict[Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")], EmergencyNumber]


class Policy(Entry, frozen=True, kw_only=True):
    """The numbers and sentences that belong to no single rule.

    `incomplete_level`: the least level while a safety question is open.
    `not_known_sign_level`: the least level while an open rule depends on a sign that is not known.
    `not_known_background_from`: the level that an open rule must reach for unknown background to count the same.
    `never_closed`: signs that are asked even if all else is denied.
    `most_fixes`: the most fixes in one response.
    `cause_questions_per_response`: the most cause items in one response.
    `separating_questions`: the most separating items, over the whole conversation.
    `leading_causes`: the number of causes whose separating items are asked.
    `act_on_likelihood`: the least likelihood of a cause whose fixes are given, unless no cause reaches it.
    """

    version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+\Z")]
    likelihood_from_points: dict[Likelihood, int]
    act_on_likelihood: Likelihood
    no_fixes_from: Level
    no_causes_from: Level
    incomplete_level: Level
    not_known_sign_level: Level
    not_known_background_from: Level
    out_of_scope_level: Level
    uncovered_sign_level: Level
    uncovered_signs: tuple[Id, ...]
    measurements: tuple[Id, ...]
    complaints: tuple[Id, ...]
    never_closed: tuple[Id, ...]
    first_steps: tuple[FirstSteps, ...]
    most_fixes: int
    added_fixes: tuple[AddedFix, ...] = ()
    cause_questions_per_response: int
    separating_questions: int
    leading_causes: int
    send_at_once_from: Level
    none_text: Label
    not_known_text: Label
    incomplete_statement: Sentence
    not_known_statement: Sentence
    screen_clear_statement: Sentence
    uncovered_sign_statement: Sentence
    out_of_scope_statement: Sentence
    contradiction_denied_statement: Sentence
    contradiction_not_known_statement: Sentence
    referral_labels: dict[Referral, Label]
    activity_labels: dict[Id, Label]
    emergency_number_first_from: Level
