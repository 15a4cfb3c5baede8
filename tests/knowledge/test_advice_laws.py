"""The laws of causes, fixes and advice on running."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from service.engine.decision import Decision
from service.engine.terms import terms_of
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Condition
from service.model.interview import StopReason
from service.model.scales import Level, Likelihood, Running

from .reports import DRINK_NO_MORE, LAWS, REPORTS, Body, decide, is_true, plus, shipped

_THIRSTY = {"calf_cramp": True, "heavy_or_salty_sweat": True}
_FLUIDS = {"daily_fluids", "sports_drink_on_long_runs"}


def _holds(condition: Condition, decision: Decision) -> bool:
    return any(is_true(term, decision.known) for term in terms_of(condition, shipped()))


def _given(decision: Decision) -> set[str]:
    return {fix.id for fix in decision.fixes}


@LAWS
@given(REPORTS)
def test_no_fix_is_given_before_its_contraindications_are_known(request_: Body) -> None:
    """Each finding of `ask_first` is known, and a contraindicated fix is not given."""
    for decision in (decide(request_), decide(plus(request_, _THIRSTY))):
        for id_ in _given(decision):
            fix = shipped().fixes[id_]
            assert set(fix.ask_first) <= decision.known.keys()
            assert fix.withheld_when is None or not _holds(fix.withheld_when, decision)
        assert _given(decision).isdisjoint(withheld.id for withheld in decision.withheld)


@LAWS
@given(REPORTS)
def test_urgent_levels_offer_nothing_to_try(request_: Body) -> None:
    """From the policy's level up, and outside the scope, there are no fixes and no causes."""
    decision = decide(request_)
    policy = shipped().policy
    if decision.level.rank >= policy.no_fixes_from.rank or decision.urgency.is_out_of_scope:
        assert (decision.fixes, decision.withheld) == ((), ())
    if decision.level.rank >= policy.no_causes_from.rank or decision.urgency.is_out_of_scope:
        assert decision.causes == ()


@LAWS
@given(REPORTS)
def test_no_response_is_empty(request_: Body) -> None:
    """A self-care response to a complaint has a fix; without a complaint no fix has a cause."""
    decision = decide(request_)
    has_complaint = any(decision.known.get(id_) is True for id_ in shipped().policy.complaints)
    if decision.level is Level.SELF_CARE:
        assert has_complaint <= bool(decision.fixes)
    if decision.interview.stop_reason is StopReason.NO_COMPLAINT:
        assert decision.causes == ()
        assert all(fix.addresses == () for fix in decision.fixes)


@LAWS
@given(REPORTS)
def test_contested_and_nerve_causes_keep_their_bounds(request_: Body) -> None:
    """Dehydration is never called likely, and a pinched nerve is never self-care."""
    decision = decide(request_)
    for cause in decision.causes:
        assert cause.id != "dehydration_electrolyte" or cause.likelihood is not Likelihood.LIKELY
        assert cause.id != "pinched_nerve" or decision.level.rank >= Level.CONSULTATION.rank


@LAWS
@given(REPORTS, st.sampled_from([*DRINK_NO_MORE, "run_duration_min"]))
def test_no_one_at_risk_is_advised_to_drink_more(request_: Body, name: str) -> None:
    """With a contraindication, the response has no quantity to drink and no sports drink."""
    decision = decide(plus(request_, {**_THIRSTY, name: 241 if name == "run_duration_min" else True}))
    assert not _FLUIDS & _given(decision)


@LAWS
@given(REPORTS)
def test_no_cadence_change_while_the_calf_cramps(request_: Body) -> None:
    """A runner with active calf cramps is not advised to shorten steps."""
    decision = decide(plus(request_, {"calf_cramp": True, "foot_numbness": True}))
    assert "shorten_stride" not in _given(decision)


@LAWS
@given(REPORTS)
def test_running_is_at_least_as_strict_as_the_level(request_: Body) -> None:
    """No response allows more running than its level does; a lint keeps the levels in order."""
    decision = decide(request_)
    assert decision.running.running.rank >= shipped().levels[decision.level].running.rank


def test_advice_on_running_stays_within_its_bounds(shipped: Knowledge) -> None:
    """A cause never stops all running, and a red flag is never stricter than the next level's minimum."""
    for cause in shipped.causes.values():
        assert cause.running is None or cause.running.rank < Running.STOP.rank
    for flag in shipped.red_flags.values():
        higher = [level for level in Level if level.rank > flag.level.rank]
        if flag.running is not None and higher:
            assert flag.running.rank <= shipped.levels[higher[0]].running.rank


def test_advice_against_driving_comes_with_the_notice(shipped: Knowledge) -> None:
    """Each advice of a red flag not to drive is also a notice, for apps that show only notices."""
    advised = {flag.id for flag in shipped.red_flags.values() if re.search("drive|the wheel|take you", flag.advice)}
    assert advised
    assert advised <= {flag.id for flag in shipped.red_flags.values() if flag.do_not_drive}
