"""The fixes of a plain decision as pydantic models."""

from __future__ import annotations

from collections.abc import Iterator

from service.knowledge.citations import sources_of
from service.knowledge.schema.causes import Cause
from service.knowledge.schema.fixes import Fix
from tests.benchmarks.peers import fastapi_models as said
from tests.benchmarks.peers.plain import Decided, PlainRules


class ChosenFixes:
    """The fixes of a decision: shown, withheld, and guards to ask.

    There are none at an urgent level or outside the scope.
    """

    def __init__(self, rules: PlainRules, decided: Decided) -> None:
        self._rules, self._facts = rules, decided.facts
        self.withheld: dict[str, said.WithheldFix] = {}
        self.ask_first: list[str] = []
        self.shown: list[said.Fix] = []
        policy = rules.knowledge.policy
        if decided.level.rank < policy.no_fixes_from.rank and not decided.is_out_of_scope:
            likely = [fit.cause for fit in decided.causes if fit.likelihood.rank >= policy.act_on_likelihood.rank]
            addresses = self._addresses(likely or [fit.cause for fit in decided.causes])
            fixes = rules.knowledge.fixes
            ids = sorted(addresses, key=lambda id_: not self._leads(fixes[id_]))[: policy.most_fixes]
            labels = {str(id_): label for id_, label in policy.referral_labels.items()}
            self.shown = [
                _fix(fixes[id_], addresses[id_], is_first=id_ == ids[0], referral=labels[fixes[id_].see_if_not_better])
                for id_ in ids
            ]

    def _addresses(self, causes: list[Cause]) -> dict[str, list[str]]:
        """The causes of each fix; none for first steps and added fixes."""
        addresses: dict[str, list[str]] = {}
        regions: set[str] = set()
        for cause in causes:
            for id_ in dict.fromkeys(self._allowed(called) for called in cause.fixes):
                if id_ is not None:
                    addresses.setdefault(id_, []).append(cause.id)
                    regions.update(cause.regions)
        for called in self._called_without_cause(regions):
            if (id_ := self._allowed(called)) is not None:
                addresses.setdefault(id_, [])
        return addresses

    def _called_without_cause(self, regions: set[str]) -> Iterator[str]:
        policy, holds = self._rules.knowledge.policy, self._rules.conditions.holds
        for steps in policy.first_steps:
            if holds(steps.when, self._facts) and regions.isdisjoint(steps.regions):
                yield steps.fix
        yield from (added.fix for added in policy.added_fixes if holds(added.when, self._facts))

    def _allowed(self, id_: str) -> str | None:
        """The fix or its replacement, if allowed."""
        fix, holds, facts = self._rules.knowledge.fixes[id_], self._rules.conditions.holds, self._facts
        if fix.failed_when is not None and holds(fix.failed_when, facts):
            return None
        unknown = [name for name in fix.ask_first if name not in facts]
        if fix.withheld_when is not None and holds(fix.withheld_when, facts):
            because = self._rules.conditions.because(fix.withheld_when, facts)
            self.withheld[id_] = said.WithheldFix(id=id_, label=fix.title, because=because)
        elif unknown:
            self.ask_first += unknown
        else:
            return id_
        return None if fix.instead is None else self._allowed(fix.instead)

    def _leads(self, fix: Fix) -> bool:
        return fix.leads_when is not None and bool(self._rules.conditions.holds(fix.leads_when, self._facts))


def _fix(fix: Fix, addresses: list[str], *, is_first: bool, referral: str) -> said.Fix:
    steps = [statement.text for statement in fix.steps]
    return said.Fix(
        id=fix.id,
        title=fix.title,
        steps=steps if is_first else [fix.short or steps[0]],
        limits=fix.limits,
        caveats=[statement.text for statement in fix.caveats] if is_first else [],
        addresses=addresses,
        review_after_days=fix.review_after_days,
        see_if_not_better=said.Labelled(id=fix.see_if_not_better, label=referral),
        evidence=fix.evidence,
        sources=list(sources_of(fix)),
    )
