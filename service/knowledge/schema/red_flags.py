"""The type of a red flag."""

from __future__ import annotations

from service.knowledge.schema.cases import Case
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Codes, Entry, Review
from service.knowledge.schema.scalars import FactId, Id, Referral, Sentence
from service.knowledge.schema.statements import Statement
from service.model.scales import Evidence, Level, Running


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
