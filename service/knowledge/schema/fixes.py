"""The type of a fix."""

from __future__ import annotations

from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Entry, Review
from service.knowledge.schema.scalars import Id, Number, Referral, Sentence
from service.knowledge.schema.statements import Statement
from service.model.scales import Evidence


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
