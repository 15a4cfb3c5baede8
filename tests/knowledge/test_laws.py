"""The safety laws of the level, on the shipped engine."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from service.engine import Engine
from service.engine.decision import Decision
from service.engine.terms import terms_of
from service.knowledge.knowledge import Knowledge
from service.model.scales import Level, Running

from .proof.record import ANSWERS, answers_digest, corpus
from .reports import LAWS, REPORTS, Body, decide, encoded, engine, is_true, known_in, plus, shipped, values
from .three_valued import RaisingTerm, closed, open_terms, passing, raising_terms, rule_level, waits_for_a_reading

_TELEMETRY = [name for name, finding in shipped().findings.items() if finding.place == "training"] + ["unheard_of"]
_JUNK: list[Any] = [None, True, "many", -1, 0, 1e9, [], [1, "2"], [[]], {}, {"km": 3}, [0.0] * 400]


def _flags(decision: Decision) -> set[str]:
    return {fired.id for fired in decision.fired}


def _top(terms: list[RaisingTerm], least: Level) -> Level:
    return max((least, *(raising.level for raising in terms)), key=lambda level: level.rank)


@LAWS
@given(REPORTS)
def test_the_level_is_the_most_urgent_of_its_reasons(request_: Body) -> None:
    """No fired rule is above the level, and `could_rise_to` is not below it."""
    decision = decide(request_)
    reasons = [reason.level for reason in decision.urgency.reasons]
    assert decision.level is max(reasons, key=lambda level: level.rank)
    assert all(shipped().red_flags[id_].level.rank <= decision.level.rank for id_ in _flags(decision))
    assert decision.could_rise_to.rank >= decision.level.rank


@LAWS
@given(REPORTS)
def test_exactly_the_true_rules_fire(request_: Body) -> None:
    """A red flag fires exactly if one of its terms is true of the known findings."""
    decision = decide(request_)
    true = {raising.rule for raising in raising_terms() if is_true(raising.term, decision.known)}
    assert _flags(decision) == true - {"uncovered_sign"}


@LAWS
@given(REPORTS)
def test_an_emergency_is_sent_to_an_emergency_department(request_: Body) -> None:
    """The emergency department is a referral of each emergency."""
    decision = decide(request_)
    assert decision.level.rank < Level.EMERGENCY.rank or "emergency_department" in decision.referrals


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(part) for key, part in reversed(value.items())}
    return value


@LAWS
@given(REPORTS)
def test_the_same_report_gets_the_same_bytes(request_: Body) -> None:
    """A report in another order, or sent twice, gets the same response, explained or not."""
    turned = _turned(request_) | ({"not_known": request_["not_known"][::-1]} if "not_known" in request_ else {})
    one = engine()
    for answer in (one.answer, one.answer_explained):
        expected = answer(one.read(encoded(request_))).body
        assert answer(one.read(encoded(request_))).body == expected
        assert answer(one.read(encoded(turned))).body == expected


@cache
def _tests_of(name: str) -> frozenset[Any]:
    """The tests of a finding in rules, implications and settlements."""
    knowledge = shipped()
    tests = {atom for raising in raising_terms() for atom in raising.term if atom.finding == name}
    for finding in knowledge.findings.values():
        for condition in (*finding.implied_by, *((finding.settled_by,) if finding.settled_by is not None else ())):
            tests |= {atom for term in terms_of(condition, knowledge) for atom in term if atom.finding == name}
    return frozenset(tests)


@cache
def _signs() -> list[str]:
    """The findings of rules, and those that imply or settle one."""
    return sorted(name for name in shipped().findings if _tests_of(name))


def _more_present(request: Body, name: str) -> list[Any]:
    """Values of `name` that pass all earlier tests and one more."""
    now = engine().read(encoded(request)).known.get(name)
    passed = {test for test in _tests_of(name) if now is not None and test.holds(now)}
    return [value for value in values(name) if passed < _passes(name, value)]


def _passes(name: str, value: Any) -> set[Any]:
    read = frozenset(value) if isinstance(value, list) else value
    return {test for test in _tests_of(name) if test.holds(read)}


@LAWS
@given(REPORTS, st.data())
def test_a_sign_that_becomes_present_never_lowers_the_level(request_: Body, data: st.DataObject) -> None:
    """A new sign silences no rule and lowers no level of a rule; a denied one lowers no level."""
    name = data.draw(st.sampled_from(_signs()))
    present = _more_present(request_, name)
    assume(present)
    before, after = decide(request_), decide(plus(request_, {name: data.draw(st.sampled_from(present))}))
    assert _flags(before) <= _flags(after)
    assert rule_level(after).rank >= rule_level(before).rank
    if name in before.known:
        assert after.level.rank >= before.level.rank


@LAWS
@given(REPORTS, REPORTS)
def test_no_answer_lowers_a_level_that_a_rule_set(request_: Body, more: Body) -> None:
    """Answers silence no rule, and lower only the level of open questions and unknown signs."""
    before = decide(request_)
    known = known_in(request_)
    answers = {name: value for name, value in known_in(more).items() if name not in known}
    after = decide(plus(request_, answers))
    assert _flags(before) <= _flags(after)
    assert rule_level(after).rank >= rule_level(before).rank
    if after.level.rank < before.level.rank:
        assert before.level is shipped().policy.incomplete_level
        assert rule_level(before).rank < before.level.rank


@LAWS
@given(REPORTS)
def test_could_rise_to_is_the_highest_open_term(request_: Body) -> None:
    """`could_rise_to` is the most urgent term that answers can make true, and some completion reaches it."""
    decision = decide(request_)
    by_answers = [term for term in open_terms(decision) if not waits_for_a_reading(term, decision)]
    assert decision.could_rise_to is _top(by_answers, decision.level)
    assume(decision.could_rise_to is not decision.level)
    chosen = next(raising for raising in by_answers if raising.level is decision.could_rise_to)
    answers = {atom.finding: passing(atom) for atom in chosen.term if atom.finding not in decision.known}
    assert decide(plus(request_, answers)).level is decision.could_rise_to


@LAWS
@given(REPORTS, REPORTS)
def test_could_rise_to_is_never_exceeded(request_: Body, more: Body) -> None:
    """Answers to unknown findings that are not closed never exceed it without contradicting a no."""
    before = decide(request_)
    shut = {*before.known, *known_in(request_), *closed(before.known), *shipped().policy.measurements}
    answers = {name: value for name, value in known_in(more).items() if name not in shut and not _repeats(name, before)}
    after = decide(plus(request_, answers))
    assume(set(after.conflicts) <= set(before.conflicts))
    assert after.level.rank <= before.could_rise_to.rank


def _repeats(name: str, decision: Decision) -> bool:
    """Whether a report-only finding repeats an answered or closed item."""
    return shipped().findings[name].covered_by in {*decision.known, *closed(decision.known)}


@LAWS
@given(REPORTS)
def test_self_care_needs_an_end_to_the_safety_questions(request_: Body) -> None:
    """Self-care results exactly if no rule, no open question and no unknown sign sets more."""
    decision = decide(request_)
    held = {reason.rule for reason in decision.urgency.reasons} & {"safety_questions_open", "sign_not_known"}
    is_calm = rule_level(decision) is Level.SELF_CARE and not held
    assert (decision.level is Level.SELF_CARE) == is_calm
    assert decision.level is not Level.SELF_CARE or decision.screen_complete
    safety = {
        item.id
        for group in decision.interview.groups
        for item in group.items
        if item.could_raise_to.rank > rule_level(decision).rank
    }
    assert decision.screen_complete == (not safety)


@LAWS
@given(REPORTS)
def test_self_care_gives_something_to_try(request_: Body) -> None:
    """Every self-care response has a fix, unless the report contradicts itself."""
    decision = decide(request_)
    assert decision.level is not Level.SELF_CARE or decision.fixes or decision.conflicts


@LAWS
@given(REPORTS, st.data())
def test_a_detail_counts_although_its_parent_was_denied(request_: Body, data: st.DataObject) -> None:
    """The urgent value counts and is listed as a contradiction, unless another complaint explains the detail."""
    parent, detail = data.draw(st.sampled_from(_details()))
    denied = decide(plus(request_, {parent: False, detail: True}))
    affirmed = decide(plus(request_, {parent: True, detail: True}))
    if any(known_in(request_).get(name) is True for name in shipped().findings[parent].implied_unless):
        return
    assert denied.known[parent] is True
    pointer = f"/{shipped().findings[parent].place}/{parent}"
    assert any(pointer in conflict.pointers for conflict in denied.conflicts)
    if any(known_in(request_).get(id_) is False for id_ in _explained_by(parent)):
        # Only a reported complaint explains the details of another one, so a denied one may leave more flags.
        assert rule_level(denied).rank >= rule_level(affirmed).rank
        assert _flags(denied) >= _flags(affirmed)
    else:
        assert rule_level(denied) is rule_level(affirmed)
        assert _flags(denied) == _flags(affirmed)


def _explained_by(parent: str) -> list[str]:
    """The findings whose details a complaint explains."""
    return [id_ for id_, finding in shipped().findings.items() if parent in finding.implied_unless]


@cache
def _details() -> list[tuple[str, str]]:
    """Each parent with each yes/no detail that implies it."""
    return [
        (parent, detail)
        for parent, finding in shipped().findings.items()
        for detail in finding.implied_by
        if isinstance(detail, str)
    ]


@LAWS
@given(REPORTS, st.lists(st.tuples(st.sampled_from(_TELEMETRY), st.sampled_from(_JUNK))), st.sampled_from(_JUNK))
def test_telemetry_never_rejects_and_never_changes_the_level(
    request_: Body, sent: list[tuple[str, Any]], whole: Any
) -> None:
    """Telemetry may point to a cause, and never changes the level."""
    plain = decide({part: value for part, value in request_.items() if part != "training"})
    for training in ({**request_.get("training", {}), **dict(sent)}, whole):
        decision = decide({**request_, "training": training})
        assert (decision.level, decision.could_rise_to) == (plain.level, plain.could_rise_to)
        assert decision.urgency.reasons == plain.urgency.reasons


def test_every_level_rule_cause_and_fix_is_reached(shipped: Knowledge, engine: Engine) -> None:
    """Some case or vignette reaches each level, rule, cause and fix."""
    decisions = [engine.decide(engine.read(request)) for request in corpus(shipped)]
    assert {decision.level for decision in decisions} == set(Level)
    assert {fired.id for decision in decisions for fired in decision.fired} == shipped.red_flags.keys()
    assert {cause.id for decision in decisions for cause in decision.causes} == shipped.causes.keys()
    assert {fix.id for decision in decisions for fix in decision.fixes} == shipped.fixes.keys()
    assert {decision.running.running for decision in decisions} == set(Running)


def test_the_answers_are_the_recorded_bytes(shipped: Knowledge) -> None:
    """The responses have the recorded bytes on every machine; `make prove` records them after a change."""
    assert answers_digest(shipped) == ANSWERS.read_text(encoding="ascii").strip()
