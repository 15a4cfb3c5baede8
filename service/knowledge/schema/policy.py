"""Types of the policy, and of the fixes that it gives."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Label, Referral, Sentence
from service.model.scales import Level, Likelihood


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
