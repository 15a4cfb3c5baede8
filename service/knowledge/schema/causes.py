"""Types of a cause and of its points."""

from __future__ import annotations

from typing import Literal

from service.knowledge.schema.cases import CauseCase
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Codes, Entry, Review
from service.knowledge.schema.scalars import FactId, Id, Referral, Sentence
from service.knowledge.schema.statements import Statement
from service.model.scales import Evidence, Likelihood, Running


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
