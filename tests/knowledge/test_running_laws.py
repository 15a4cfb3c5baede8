"""The laws of the advice on running, on the shipped engine."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from service.engine.decision import Decision
from service.engine.terms import Term, terms_of
from service.knowledge.schema.conditions import Condition
from service.model.scales import Running

from .reports import LAWS, REPORTS, Body, decide, engine, is_true, known_in, plus, shipped
from .three_valued import passing

_PAINFUL = ("calf_pain", "calf_tightness_pressure", "calf_tender_to_touch", "sudden_sharp_calf_pain")


class _Support(NamedTuple):
    """A term with weight for a cause."""

    cause: str
    term: Term


def _rank(decision: Decision) -> int:
    return decision.running.running.rank


@cache
def _supports() -> list[_Support]:
    """The terms without telemetry measured over weeks."""
    return [
        _Support(cause.id, term)
        for cause in shipped().causes.values()
        for weight in cause.supports
        for term in terms_of(weight.when, shipped())
        if all(atom.finding in shipped().findings for atom in term)
    ]


def _opposing(decision: Decision) -> set[tuple[str, int]]:
    return {(cause.id, statement.number) for cause in decision.causes for statement in cause.opposing}


@LAWS
@given(REPORTS, st.data())
def test_more_support_for_a_cause_never_makes_running_milder(request_: Body, data: st.DataObject) -> None:
    """More support makes running no milder, except by opposing another cause or closing a question."""
    support = data.draw(st.sampled_from(_supports()))
    known = known_in(request_)
    answers = {atom.finding: passing(atom) for atom in support.term if atom.finding not in known}
    before, after = decide(request_), decide(plus(request_, answers))
    assume(before.level.rank <= after.level.rank and _opposing(after) <= _opposing(before))
    assume({cause.id for cause in before.causes} <= {cause.id for cause in after.causes})
    assert _rank(after) >= _rank(before)


def _holds(condition: Condition, decision: Decision) -> bool:
    return any(is_true(term, decision.known) for term in terms_of(condition, shipped()))


@LAWS
@given(REPORTS)
def test_the_strictest_sign_decides(request_: Body) -> None:
    """Level, red flags, signs and the causes in use decide; a less likely cause does not."""
    knowledge, decision = shipped(), decide(request_)
    demands: list[Running | None] = [knowledge.levels[decision.level].running]
    demands += [knowledge.red_flags[flag.id].running for flag in decision.fired]
    demands += [rule.running for rule in knowledge.running_rules if _holds(rule.when, decision)]
    demands += [
        derivation.running
        for derivation in knowledge.derivations.values()
        if any(derived.finding == derivation.id for derived in _derived(decision))
    ]
    demands += [
        knowledge.causes[cause.id].running
        for cause in decision.causes
        if cause.likelihood.rank >= knowledge.policy.act_on_likelihood.rank
    ]
    assert _rank(decision) == max(demand.rank for demand in demands if demand is not None)


class _DerivedIn(msgspec.Struct):
    finding: str


class _Derivations(msgspec.Struct):
    derived: list[_DerivedIn]


def _derived(decision: Decision) -> list[_DerivedIn]:
    return msgspec.json.decode(engine().render(decision), type=_Derivations).derived


@LAWS
@given(REPORTS)
def test_running_is_not_advised_with_sudden_sharp_pain(request_: Body) -> None:
    """A strained calf rests until walking is free of pain."""
    assert _rank(decide(plus(request_, {"sudden_sharp_calf_pain": True}))) >= Running.PAUSE.rank


@LAWS
@given(REPORTS, st.sampled_from(_PAINFUL))
def test_the_goals_name_pain_if_there_is_pain(request_: Body, name: str) -> None:
    """The goals of a runner with calf pain include pain, besides cramps and numbness."""
    decision = decide(plus(request_, {name: True}))
    goals = shipped().running[decision.running.running].return_when
    shown: list[Any] = [goals[number].text for number in decision.running.goals]
    assert decision.running.running is Running.STOP or any("pain" in text for text in shown)
