"""Types of the vocabulary: findings by subject, and retired names."""

from __future__ import annotations

from typing import Literal

from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Label, Number, Sentence


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


class Retired(Entry, frozen=True, kw_only=True):
    """A name from an earlier contract.

    `code` is `renamed` or `removed`. `detail` is a sentence that says what to send instead.
    """

    code: Literal["renamed", "removed"]
    detail: Sentence
    instead: Id | None = None
