"""The measurement of the knowledge with the vignettes.

The figures are safety, over-triage, leading causes and fixes. The measurement is pure: it depends only on the vignettes
and the knowledge. The figures hold for this corpus only, not for real runners.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from service.engine.engine import Engine
from service.errors import BrokenContract, Issue, KnowledgeFault
from service.knowledge.knowledge import Knowledge
from service.model.scales import Level
from service.review.cases import body_of
from service.review.vignettes import FOLDER, Vignette

SAFE_AT_LEAST = 0.99
SELF_CARE_OVER_AT_MOST = 0.10
TOP_1_AT_LEAST = 0.85
_TOP = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """The level, causes and fixes that the engine decided for one vignette."""

    vignette: Vignette
    level: Level
    causes: tuple[str, ...]
    fixes: tuple[str, ...]

    @property
    def is_under(self) -> bool:
        """Whether the level is less urgent than the right one."""
        return self.level.rank < self.vignette.expect.level.rank

    @property
    def is_over(self) -> bool:
        """Whether the level is too urgent.

        It is more urgent than the right one and than every acceptable one.
        """
        expected = self.vignette.expect
        return self.level.rank > max(level.rank for level in (expected.level, *expected.acceptable))

    @property
    def is_missed(self) -> bool:
        """Whether the level is dangerously low."""
        return self.is_under and self.vignette.expect.must_escalate

    @property
    def names_a_leader(self) -> bool:
        """Whether the vignette names the first cause."""
        return self.vignette.expect.leads is not None

    @property
    def names_causes(self) -> bool:
        """Whether the vignette names causes among the first three."""
        return self.names_a_leader or bool(self.vignette.expect.top_3)

    @property
    def leads_right(self) -> bool:
        """Whether the first cause is the right one."""
        return self.causes[:1] == (self.vignette.expect.leads,)

    @property
    def has_top_3(self) -> bool:
        """Whether the first three causes contain each named cause."""
        expected = self.vignette.expect
        wanted = {*expected.top_3, *((expected.leads,) if expected.leads else ())}
        return wanted <= set(self.causes[:_TOP])

    @property
    def forbidden_fixes(self) -> tuple[str, ...]:
        """The given fixes that must not be given."""
        return tuple(fix for fix in self.fixes if fix in self.vignette.expect.without_fixes)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All outcomes with their figures and targets."""

    outcomes: tuple[Outcome, ...]

    @property
    def missed(self) -> tuple[Outcome, ...]:
        """The must-escalate cases with a level that is too low."""
        return tuple(outcome for outcome in self.outcomes if outcome.is_missed)

    @property
    def safe(self) -> float:
        """The share of cases at the right level or above."""
        return 1 - _share(self.outcomes, lambda outcome: outcome.is_under)

    @property
    def self_care_over(self) -> float:
        """The share of self-care cases above each acceptable level."""
        return _share(self._at(Level.SELF_CARE), lambda outcome: outcome.is_over)

    @property
    def top_1(self) -> float:
        """The share of cases in which the named first cause leads.

        Only cases that name a first cause count.
        """
        return _share(self._with(lambda outcome: outcome.names_a_leader), lambda outcome: outcome.leads_right)

    @property
    def top_3(self) -> float:
        """The share of cases with all named causes among the first three.

        Only cases that name causes count.
        """
        return _share(self._with(lambda outcome: outcome.names_causes), lambda outcome: outcome.has_top_3)

    @property
    def top_1_harmless(self) -> float:
        """The share of `top_1` among the self-care cases."""
        return _share(self._harmless_with_leader(), lambda outcome: outcome.leads_right)

    @property
    def self_care_without_fix(self) -> float:
        """The share of self-care responses that give no fix."""
        return _share(self._with(lambda outcome: outcome.level is Level.SELF_CARE), lambda outcome: not outcome.fixes)

    def table(self) -> str:
        """Return the figures as two Markdown tables.

        One table is by level, the other one has the targets.
        """
        return "\n".join((*self._by_level(), "", *self._against_targets()))

    def differences(self) -> Iterator[str]:
        """Yield one line for each difference from an expectation."""
        for outcome in self.outcomes:
            expected = outcome.vignette.expect
            if outcome.is_under or outcome.is_over:
                way = "MISSED" if outcome.is_missed else "under" if outcome.is_under else "over"
                yield f"{way}: {outcome.level}, expected {expected.level}: {outcome.vignette.name}"
            if outcome.names_a_leader and not outcome.leads_right:
                yield f"leads: {outcome.causes[:_TOP]}, expected {expected.leads}: {outcome.vignette.name}"
            elif not outcome.has_top_3:
                yield f"top 3: {outcome.causes[:_TOP]}, expected {expected.top_3}: {outcome.vignette.name}"
            if outcome.forbidden_fixes:
                yield f"fixes: {outcome.forbidden_fixes} must not be given: {outcome.vignette.name}"

    def _by_level(self) -> Iterator[str]:
        yield "| right level | cases | same | acceptable | over-triage | under-triage | must escalate | missed |"
        yield "|---|--:|--:|--:|--:|--:|--:|--:|"
        for level in Level:
            yield _row(level, self._at(level))
        yield _row("all", self.outcomes)

    def _against_targets(self) -> Iterator[str]:
        leading = self._with(lambda outcome: outcome.names_a_leader)
        naming = self._with(lambda outcome: outcome.names_causes)
        misadvised = self._with(lambda outcome: bool(outcome.forbidden_fixes))
        yield "| figure | here | target |"
        yield "|---|--:|--:|"
        yield f"| must-escalate cases missed | {len(self.missed)} | 0 |"
        yield f"| at the right level or above | {self.safe:.1%} | at least {SAFE_AT_LEAST:.0%} |"
        yield f"| self-care cases sent further | {self.self_care_over:.1%} | at most {SELF_CARE_OVER_AT_MOST:.0%} |"
        yield f"| right cause first ({len(leading)} cases) | {self.top_1:.1%} | at least {TOP_1_AT_LEAST:.0%} |"
        harmless = len(self._harmless_with_leader())
        yield f"| right cause first, self-care cases ({harmless} cases) | {self.top_1_harmless:.1%} | |"
        yield f"| right causes among the first three ({len(naming)} cases) | {self.top_3:.1%} | |"
        yield f"| self-care responses without a fix | {self.self_care_without_fix:.1%} | |"
        yield f"| responses with a fix that must not be given | {len(misadvised)} | 0 |"

    def _at(self, level: Level) -> tuple[Outcome, ...]:
        return self._with(lambda outcome: outcome.vignette.expect.level is level)

    def _harmless_with_leader(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self._at(Level.SELF_CARE) if outcome.names_a_leader)

    def _with(self, holds: Callable[[Outcome], bool]) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if holds(outcome))


def score(knowledge: Knowledge, vignettes: Iterable[Vignette]) -> Scorecard:
    """Return the scorecard of `knowledge`.

    Raises `KnowledgeFault` with each vignette that is not a valid request.
    """
    engine = Engine(knowledge)
    outcomes: list[Outcome] = []
    issues: list[Issue] = []
    for vignette in vignettes:
        try:
            outcomes.append(_outcome(engine, knowledge, vignette))
        except BrokenContract as refused:
            issues.extend(Issue(FOLDER, fault.pointer, f"{fault.detail}: {vignette.name}") for fault in refused.faults)
    if issues:
        raise KnowledgeFault(tuple(issues))
    return Scorecard(tuple(outcomes))


def _outcome(engine: Engine, knowledge: Knowledge, vignette: Vignette) -> Outcome:
    decision = engine.decide(engine.read(body_of(vignette, knowledge)))
    return Outcome(
        vignette,
        decision.level,
        tuple(cause.id for cause in decision.causes),
        tuple(fix.id for fix in decision.fixes),
    )


def _row(name: str, outcomes: tuple[Outcome, ...]) -> str:
    same = sum(outcome.level is outcome.vignette.expect.level for outcome in outcomes)
    over = sum(outcome.is_over for outcome in outcomes)
    under = sum(outcome.is_under for outcome in outcomes)
    urgent = sum(outcome.vignette.expect.must_escalate for outcome in outcomes)
    missed = sum(outcome.is_missed for outcome in outcomes)
    acceptable = len(outcomes) - same - over - under
    return f"| {name} | {len(outcomes)} | {same} | {acceptable} | {over} | {under} | {urgent} | {missed} |"


def _share(outcomes: tuple[Outcome, ...], holds: Callable[[Outcome], bool]) -> float:
    """Return the share of `outcomes` for which `holds` is true.

    The share is 0 if there are no outcomes.
    """
    return sum(map(holds, outcomes)) / len(outcomes) if outcomes else 0.0
