"""Words the fixes of a plain decision as pydantic models."""

from __future__ import annotations

from service.knowledge.schema import Fix
from tests.benchmarks.peers import fastapi_models as said
from tests.benchmarks.peers.plain import Decided, PlainRules

Fixes = tuple[list[said.Fix], list[said.WithheldFix], list[str]]
"""The fixes to show, those that are withheld, and the contraindications to ask first."""


def fixes_of(rules: PlainRules, decided: Decided) -> Fixes:
    """The fixes of a decision; none at an urgent level or out of scope."""
    knowledge, holds, facts = rules.knowledge, rules.conditions.holds, decided.facts
    policy = knowledge.policy
    if decided.level.rank >= policy.no_fixes_from.rank or decided.is_out_of_scope:
        return [], [], []
    likely = [fit.cause for fit in decided.causes if fit.likelihood.rank >= policy.act_on_likelihood.rank]
    acted_on = likely or [fit.cause for fit in decided.causes]
    withheld: dict[str, said.WithheldFix] = {}
    ask_first: list[str] = []

    def allowed(id_: str) -> str | None:
        fix = knowledge.fixes[id_]
        if fix.failed_when is not None and holds(fix.failed_when, facts):
            return None
        unknown = [name for name in fix.ask_first if name not in facts]
        if fix.withheld_when is not None and holds(fix.withheld_when, facts):
            because = rules.conditions.because(fix.withheld_when, facts)
            withheld[id_] = said.WithheldFix(id=id_, label=fix.title, because=because)
        elif unknown:
            ask_first.extend(unknown)
        else:
            return id_
        return None if fix.instead is None else allowed(fix.instead)

    addresses: dict[str, list[str]] = {}
    regions: set[str] = set()
    for cause in acted_on:
        given = [id_ for called in cause.fixes if (id_ := allowed(called)) is not None]
        for id_ in dict.fromkeys(given):
            addresses.setdefault(id_, []).append(cause.id)
            regions.update(cause.regions)
    first_steps = [
        it.fix for it in policy.first_steps if holds(it.when, facts) and not regions.intersection(it.regions)
    ]
    for called in [*first_steps, *(it.fix for it in policy.added_fixes if holds(it.when, facts))]:
        if (id_ := allowed(called)) is not None:
            addresses.setdefault(id_, [])

    def leads(id_: str) -> bool:
        leads_when = knowledge.fixes[id_].leads_when
        return leads_when is not None and bool(holds(leads_when, facts))

    shown = sorted(addresses, key=lambda id_: not leads(id_))[: policy.most_fixes]
    fixes = [
        _fix(knowledge.fixes[id_], addresses[id_], is_first=place == 0, labels=dict(policy.referral_labels))
        for place, id_ in enumerate(shown)
    ]
    return fixes, list(withheld.values()), ask_first


def _fix(fix: Fix, addresses: list[str], *, is_first: bool, labels: dict[str, str]) -> said.Fix:
    steps = [statement.text for statement in fix.steps]
    return said.Fix(
        id=fix.id,
        title=fix.title,
        steps=steps if is_first else [fix.short or steps[0]],
        limits=fix.limits,
        caveats=[statement.text for statement in fix.caveats] if is_first else [],
        addresses=addresses,
        review_after_days=fix.review_after_days,
        see_if_not_better=said.Labelled(id=fix.see_if_not_better, label=labels[fix.see_if_not_better]),
        evidence=fix.evidence,
        sources=list(fix.sources),
    )
