"""Templates of the entries: red flags, causes with statements, and fixes."""

from __future__ import annotations

from collections.abc import Mapping

from service.engine.templates import HOLE, Template
from service.knowledge.citations import sources_of
from service.knowledge.reviews import review_of
from service.knowledge.schema.causes import Cause, Weight
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.red_flags import RedFlag
from service.model.causes import ConsideredCause, Contribution
from service.model.fixes import SuggestedFix
from service.model.part import Labelled
from service.model.triage import FiredRedFlag

Referrals = Mapping[str, Labelled]
"""Professionals by id, with the label to show."""


def red_flag_template(flag: RedFlag, referrals: Referrals) -> Template:
    """Return the template of a fired red flag.

    The placeholder is for the findings behind it.
    """
    return Template(
        FiredRedFlag(
            id=flag.id,
            title=flag.title,
            level=flag.level,
            because=HOLE,
            advice=flag.advice,
            rationale=flag.rationale,
            referrals=tuple(referrals[id_] for id_ in flag.referrals),
            do_not_drive=flag.do_not_drive,
            evidence=flag.evidence,
            sources=flag.sources,
            review=review_of(flag),
            codes=flag.codes.symptom if flag.codes is not None else (),
        ),
        "because",
    )


def fix_template(fix: Fix, referrals: Referrals, *, is_first: bool) -> Template:
    """Return the template of a fix.

    The first fix is shown in full, every other one with one short step.
    """
    steps = tuple(statement.text for statement in fix.steps)
    return Template(
        SuggestedFix(
            id=fix.id,
            title=fix.title,
            steps=steps if is_first else (fix.short or steps[0],),
            limits=fix.limits,
            caveats=tuple(statement.text for statement in fix.caveats) if is_first else (),
            addresses=HOLE,
            review_after_days=fix.review_after_days,
            see_if_not_better=referrals[fix.see_if_not_better],
            evidence=fix.evidence,
            sources=sources_of(fix),
        ),
        "addresses",
    )


def cause_template(cause: Cause, *, is_first: bool) -> Template:
    """Return the template of a cause.

    The first cause is shown in full, every other one with only the first statement of its mechanism.
    """
    mechanism = cause.mechanism if is_first else cause.mechanism[:1]
    return Template(
        ConsideredCause(
            id=cause.id,
            name=cause.name,
            regions=cause.regions,
            likelihood=HOLE,
            points=HOLE,
            supporting=HOLE,
            opposing=HOLE,
            unanswered=HOLE,
            mechanism=" ".join(statement.text for statement in mechanism),
            caveats=tuple(statement.text for statement in cause.caveats) if is_first else (),
            fixes=HOLE,
            see_someone=tuple(statement.text for statement in cause.see_someone) if is_first else (),
            evidence=cause.evidence,
            sources=sources_of(cause),
        ),
        "likelihood",
        "points",
        "supporting",
        "opposing",
        "unanswered",
        "fixes",
    )


def contribution_template(weight: Weight) -> Template:
    """Return the template of a statement for or against a cause.

    The placeholder is for the findings behind it.
    """
    return Template(
        Contribution(points=weight.points, because=HOLE, statement=weight.statement, evidence=weight.evidence),
        "because",
    )
