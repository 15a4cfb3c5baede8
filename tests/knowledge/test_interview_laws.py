"""The laws of questions, unknown answers, and the fixes' contraindications."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.engine.decision import AskedItem, Decision
from service.model.assessment import Assessment
from service.model.interview import StopReason
from service.model.scales import Level

from .reports import LAWS, REPORTS, Body, body, decide, encoded, engine, known_in, plus, shipped, values
from .three_valued import closed, open_terms, rule_level, waits_for_a_reading

_CALM = {"spo2_pct": 98, "resting_heart_rate_bpm": 60, "breaths_per_min": 14, "body_temp_c": 36.5}


def _asked(decision: Decision) -> list[AskedItem]:
    return [item for group in decision.interview.groups for item in group.items]


def _unknown_signs(decision: Decision) -> tuple[str, ...]:
    return next((reason.because for reason in decision.urgency.reasons if reason.rule == "sign_not_known"), ())


@LAWS
@given(REPORTS)
def test_no_item_could_raise_the_level_above_could_rise_to(request_: Body) -> None:
    """`could_raise_to` of an item is never above `could_rise_to` of the response."""
    decision = decide(request_)
    assert all(item.could_raise_to.rank <= decision.could_rise_to.rank for item in _asked(decision))


@LAWS
@given(REPORTS)
def test_a_closed_finding_is_not_asked_and_cannot_fire(request_: Body) -> None:
    """A closed finding is asked only if it is a contraindication of a fix of a listed cause."""
    decision = decide(request_)
    shut = closed(decision.known)
    contraindications = {id_ for fix in shipped().fixes.values() for id_ in fix.ask_first}
    assert {item.id for item in _asked(decision)} & shut <= contraindications
    assert shut.isdisjoint(decision.known)
    assert not {name for fired in decision.fired for name in fired.because if name not in decision.known} & shut


@LAWS
@given(REPORTS)
def test_urgent_levels_ask_only_items_that_lead_higher(request_: Body) -> None:
    """With an ambulance there are no questions, and at an emergency only those that can lead to an ambulance."""
    decision = decide(request_)
    if decision.level is Level.EMERGENCY_AMBULANCE:
        assert _asked(decision) == []
    if decision.level is Level.EMERGENCY:
        assert {item.could_raise_to for item in _asked(decision)} <= {Level.EMERGENCY_AMBULANCE}


@pytest.mark.parametrize("id_", [id_ for checklist in shipped().checklists.values() for id_ in checklist.items])
def test_an_item_is_sent_at_once_if_its_yes_alone_is_an_emergency(id_: str) -> None:
    """`send_at_once` is set exactly if an item's yes alone sets the policy's level or more."""
    assert _is_sent_at_once(id_) == _is_urgent_alone(id_)


def _is_urgent_alone(id_: str) -> bool:
    if shipped().findings[id_].kind != "boolean":
        return False
    return decide(body({id_: True})).level.rank >= shipped().policy.send_at_once_from.rank


def _is_sent_at_once(id_: str) -> bool:
    """The flag of an item that is asked after its opener."""
    for opener in ({}, *({name: True} for name in _openers(id_))):
        response: Assessment = engine().assess(engine().read(encoded(body(opener))))
        for group in response.interview.groups:
            for item in group.items:
                if item.id == id_:
                    return item.send_at_once
    return _is_urgent_alone(id_)


def _openers(id_: str) -> list[str]:
    return [condition for condition in shipped().findings[id_].asked_when if isinstance(condition, str)]


@LAWS
@given(REPORTS)
def test_the_conversation_stops_if_and_only_if_nothing_is_asked(request_: Body) -> None:
    """`should_stop` is true exactly without groups, and the first applicable reason is given."""
    decision = decide(request_)
    interview = decision.interview
    assert interview.should_stop == (not interview.groups) == (interview.stop_reason is not None)
    assert interview.should_stop <= (interview.items_left == 0)
    assert interview.items_left >= len(_asked(decision))
    if interview.should_stop:
        assert interview.stop_reason is _reason(decision)


def _reason(decision: Decision) -> StopReason:
    """The first applicable reason, by a plain reading of the rules."""
    above = [raising for raising in open_terms(decision) if raising.level.rank > rule_level(decision).rank]
    if decision.level.rank >= Level.EMERGENCY.rank:
        return StopReason.ACT_NOW
    if any(shipped().red_flags[fired.id].out_of_scope for fired in decision.fired):
        return StopReason.OUT_OF_SCOPE
    if all(decision.known.get(id_) is False for id_ in shipped().policy.complaints):
        return StopReason.NO_COMPLAINT
    if not all(waits_for_a_reading(raising, decision) for raising in above):
        return StopReason.CANNOT_BE_KNOWN
    if decision.interview.measurements:
        return StopReason.ONLY_MEASUREMENTS_LEFT
    return StopReason.CANNOT_BE_KNOWN if above else StopReason.SETTLED


@LAWS
@given(REPORTS)
def test_only_not_known_answers_end_an_open_conversation(request_: Body) -> None:
    """Below an emergency, if no question is left, each open term waits for a measurement or an unknown answer."""
    decision = decide(request_)
    assume(decision.interview.should_stop and decision.level.rank < Level.EMERGENCY.rank)
    unknown = decision.report.not_known - decision.known.keys()
    for raising in open_terms(decision):
        if raising.level.rank > rule_level(decision).rank and not waits_for_a_reading(raising, decision):
            assert any(_waits_for(atom.finding, unknown, decision) for atom in raising.term), raising


def _waits_for(id_: str, unknown: frozenset[str] | set[str], decision: Decision) -> bool:
    """Whether a finding or its opener is not known."""
    if id_ in decision.known:
        return False
    return id_ in unknown or any(_waits_for(opener, unknown, decision) for opener in _openers(id_))


@LAWS
@given(REPORTS, st.data())
def test_settled_means_settled(request_: Body, data: st.DataObject) -> None:
    """After the reason `settled` no applicable answer or measurement exceeds the level."""
    readings = {id_: min(values(id_)) for id_ in shipped().policy.measurements} | _CALM | known_in(request_)
    left_out = data.draw(st.sampled_from([(), *((id_,) for id_ in shipped().policy.measurements)]))
    known = {name: value for name, value in readings.items() if name not in left_out}
    not_known = data.draw(st.sampled_from([(), left_out, ("leg_swollen",), request_.get("not_known", ())]))
    request = body(known, not_known)
    decision = decide(request)
    shut = closed(decision.known)
    later = [plus(request, {id_: value}) for id_ in left_out if id_ not in shut for value in values(id_)]
    if any(decide(more).level.rank > decision.level.rank for more in later):
        assert decision.interview.stop_reason is not StopReason.SETTLED
    if decision.interview.stop_reason is StopReason.SETTLED:
        assert decision.could_rise_to is decision.level


@LAWS
@given(REPORTS)
def test_a_reading_is_offered_at_the_level_that_it_could_set(request_: Body) -> None:
    """No applicable measurement exceeds the level, `could_rise_to` and its own `could_raise_to`."""
    decision = decide({**request_, "not_known": []})
    offered = {item.id: item.could_raise_to.rank for item in decision.interview.measurements}
    for id_ in shipped().policy.measurements:
        if id_ not in decision.known and id_ not in closed(decision.known):
            most = max(decision.could_rise_to.rank, offered.get(id_, 0))
            later = {**request_, "not_known": []}
            assert max(decide(plus(later, {id_: value})).level.rank for value in values(id_)) <= most


@LAWS
@given(REPORTS, st.data())
def test_not_known_is_never_a_no(request_: Body, data: st.DataObject) -> None:
    """Not known fires and silences no rule, lowers no level that a no keeps, and is not asked again."""
    id_ = data.draw(st.sampled_from([name for name, it in shipped().findings.items() if it.place == "findings"]))
    known = {name: value for name, value in known_in(request_).items() if name != id_}
    listed = {*request_.get("not_known", ()), id_}
    unsent, not_known = decide(body(known, listed - {id_})), decide(body(known, listed))
    assert id_ not in {item.id for item in _asked(not_known)}
    if id_ not in not_known.report.not_known or id_ in not_known.known:
        return
    assert (not_known.fired, rule_level(not_known)) == (unsent.fired, rule_level(unsent))
    assert not_known.could_rise_to is unsent.could_rise_to or not_known.could_rise_to is not_known.level
    if shipped().findings[id_].kind == "boolean":
        denied = decide(body({**known, id_: False}, listed - {id_}))
        assert not_known.could_rise_to.rank >= denied.could_rise_to.rank
        assert not_known.level.rank >= rule_level(denied).rank


@LAWS
@given(REPORTS, st.data())
def test_an_answer_beside_not_known_counts_only_if_it_is_urgent(request_: Body, data: st.DataObject) -> None:
    """A yes, a measurement and a choice count, a no does not, and the contradiction is listed."""
    id_ = data.draw(st.sampled_from([name for name, it in shipped().findings.items() if it.place == "findings"]))
    value = data.draw(st.sampled_from(values(id_)))
    others = {*request_.get("not_known", ())} - {id_}
    known = {name: it for name, it in known_in(request_).items() if name != id_}
    both = decide(body({**known, id_: value}, {*others, id_}))
    alone = decide(body(known, {*others, id_}) if value is False else body({**known, id_: value}, others))
    assert (both.urgency, both.causes, both.fixes) == (alone.urgency, alone.causes, alone.fixes)
    assert (f"/findings/{id_}", "/not_known") in {conflict.pointers for conflict in both.conflicts}


@LAWS
@given(REPORTS, st.sets(st.sampled_from(sorted(shipped().findings)), max_size=6))
def test_an_unknown_sign_holds_the_level_while_a_term_depends_on_it(request_: Body, unknown: set[str]) -> None:
    """An unknown sign holds the level for any open term, background from the policy's level on, numbers never."""
    policy = shipped().policy
    listed = {id_ for id_ in unknown if shipped().findings[id_].place == "findings"}
    known = {name: value for name, value in known_in(request_).items() if name not in listed}
    decision = decide(body(known, listed))
    background = {
        id_ for checklist in shipped().checklists.values() if checklist.role == "background" for id_ in checklist.items
    }
    named = {atom.finding: raising.level for raising in reversed(list(open_terms(decision))) for atom in raising.term}
    held = set(_unknown_signs(decision))
    assert all(shipped().findings[id_].kind == "boolean" for id_ in held)
    for id_ in listed - decision.known.keys():
        least = policy.not_known_background_from if id_ in background else policy.not_known_sign_level
        is_needed = id_ in named and named[id_].rank >= least.rank and shipped().findings[id_].kind == "boolean"
        if is_needed:
            assert decision.level.rank >= policy.not_known_sign_level.rank
            assert id_ in held or rule_level(decision).rank >= policy.not_known_sign_level.rank
