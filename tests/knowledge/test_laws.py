"""The safety laws, tried on the shipped engine with reports at the edges of its rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from service.engine import Engine
from service.engine.atoms import Atom, OneOf, Selection, Within, selections
from service.engine.bitset import members
from service.engine.matcher import Match
from service.knowledge.conditions import named
from service.knowledge.expansion import red_flag_findings
from service.knowledge.knowledge import Knowledge
from service.model.assessment import Assessment
from service.model.scales import Level, Likelihood, Running
from service.report.report import Report

from .proof.record import ANSWERS, answers_digest, corpus
from .reports import Body, body, encoded, engine, known_in, reports, shipped, values

_laws = settings(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
_REPORTS = st.deferred(reports)


def _assess(request: Body) -> Assessment:
    return engine().assess(engine().read(encoded(request)))


def _answer(request: Body) -> bytes:
    return engine().answer(engine().read(encoded(request))).body


def _match(request: Body) -> tuple[Report, dict[str, Any], Match]:
    """What the engine has decided of a report, looked at from inside."""
    one = engine()
    report = one.read(encoded(request))
    known, _, match = one._decided(report)
    return report, {**known, **one._screen.absent(report)}, match


def _flags(assessment: Assessment) -> set[str]:
    return {flag.id for flag in assessment.red_flags}


def _with(request: Body, name: str, value: Any) -> Body:
    return body({**known_in(request), name: value}, request.get("safety_screen", {}))


def _raising_atoms(name: str) -> list[Atom]:
    one = engine()
    return [atom for atom, terms in one._index.atoms_on(name).items() if one._screen._rulebook.raising & terms]


def _as_read(name: str, value: Any) -> Any:
    return engine().read(encoded(body({name: value}, {}))).known[name]


@_laws
@given(_REPORTS)
def test_there_is_always_an_answer_with_a_level(request_: Body) -> None:
    """Whatever is reported, the level is the most urgent of the reasons, and no rule that fired is above it."""
    triage = (assessment := _assess(request_)).triage
    assert triage.level is max((reason.level for reason in triage.reasons), key=lambda level: level.rank)
    assert all(flag.level.rank <= triage.level.rank for flag in assessment.red_flags)
    assert triage.could_rise_to.rank >= triage.level.rank


@_laws
@given(_REPORTS)
def test_an_emergency_is_sent_to_an_emergency_department(request_: Body) -> None:
    """Whatever set the level, and whatever less urgent fired beside it."""
    triage = _assess(request_).triage
    assert triage.level.rank < Level.EMERGENCY.rank or "emergency_department" in triage.referrals


def _turned(value: Any) -> Any:
    return {key: _turned(part) for key, part in reversed(value.items())} if isinstance(value, dict) else value


@_laws
@given(_REPORTS)
def test_the_same_report_is_answered_with_the_same_bytes(request_: Body) -> None:
    """Twice, and in any order of names."""
    answer = _answer(request_)
    assert _answer(request_) == answer
    assert _answer(_turned(request_)) == answer


def _complaint() -> set[str]:
    """The findings that causes are weighed by: to report one is to describe the complaint, which may add a fix."""
    knowledge = shipped()
    names: set[str] = set()
    for cause in knowledge.causes.values():
        for pattern in engine()._causes._rulebook.weights_of[cause.id]:
            names.update(engine()._index.because(engine()._index.terms_of[pattern]))
    for pattern in engine()._causes._rulebook.applies:
        names.update(engine()._index.because(engine()._index.terms_of[pattern]))
    return names


def _more_present(request: Body, name: str) -> list[Any]:
    """The values of `name` that pass every red-flag test that its value in `request` passes, and at least one more."""
    atoms = _raising_atoms(name)
    now = engine().read(encoded(request)).known.get(name)
    passed = {atom for atom in atoms if now is not None and atom.holds(now)}
    # A number that a screen question rules out is then an answer to it, not a sign.
    members = [atom for atom in _members() if atom.finding == name and isinstance(atom, Within) and now is None]
    found = []
    for value in values(name):
        read = _as_read(name, value)
        passes = {atom for atom in atoms if atom.holds(read)}
        if passed < passes and all(member.holds(read) for member in members):
            found.append(value)
    return found


def _members() -> list[Atom]:
    rulebook = engine()._screen._rulebook
    return [atom for id_ in rulebook.screen for (atom,) in rulebook.members_of(id_)]


@_laws
@given(_REPORTS, st.data())
def test_a_red_flag_finding_that_becomes_present_never_lowers_the_level(request_: Body, data: st.DataObject) -> None:
    """Nor does it silence a rule; and it adds no fix, unless it says what the complaint is."""
    name = data.draw(st.sampled_from(sorted(red_flag_findings(shipped()))))
    present = _more_present(request_, name)
    assume(present)
    before, after = _assess(request_), _assess(_with(request_, name, data.draw(st.sampled_from(present))))
    assert after.triage.level.rank >= before.triage.level.rank
    assert _flags(before) <= _flags(after)
    if name not in _complaint():
        assert {fix.id for fix in after.fixes} <= {fix.id for fix in before.fixes}
    if after.triage.level.rank >= Level.CONSULTATION_24.rank:
        assert after.fixes == ()


@_laws
@given(_REPORTS, st.data())
def test_unknown_never_acts_as_absent(request_: Body, data: st.DataObject) -> None:
    """Leaving an answer out fires no rule, completes no screen, and foresees whatever the answer would have done."""
    known = known_in(request_)
    assume(known)
    left_out = data.draw(st.sampled_from(sorted(known)))
    told = _assess(request_)
    rest = {name: value for name, value in known.items() if name != left_out}
    untold = _assess(body(rest, request_.get("safety_screen", {})))
    assert _flags(untold) <= _flags(told)
    assert untold.triage.screen_complete <= told.triage.screen_complete
    screen = request_.get("safety_screen", {})
    denied = left_out in _match(body(rest, screen))[1] or _is_screened(left_out)
    if not denied:
        assert untold.triage.could_rise_to.rank >= told.triage.could_rise_to.rank


def _is_screened(name: str) -> bool:
    return any(atom.finding == name for atom in _members())


@_laws
@given(_REPORTS)
def test_self_care_needs_a_complete_screen_all_no(request_: Body) -> None:
    """One open question, one yes, one red flag, or one sign without a rule is enough to be at least consultation."""
    assessment = _assess(request_)
    report, _, match = _match(request_)
    answers = engine()._screen.answers(report, match)
    clear = not (answers.said or answers.shown or answers.open or assessment.red_flags)
    uncovered = any(report.known.get(sign) is True for sign in shipped().policy.uncovered_signs)
    assert (assessment.triage.level is Level.SELF_CARE) == (clear and not uncovered)
    assert assessment.triage.screen_complete == (not answers.open)


def _passing(atom: Atom) -> Any:
    """A value, as a client sends it, that passes `atom`."""
    if isinstance(atom, OneOf):
        return min(atom.values, key=str)
    if isinstance(atom, Selection):
        return sorted(next(chosen for chosen in selections(atom.choices) if atom.holds(chosen)))
    assert isinstance(atom, Within)
    return next(value for value in values(atom.finding) if atom.holds(value))


@_laws
@given(_REPORTS)
def test_could_rise_to_can_be_reached(request_: Body) -> None:
    """Where it is above the level, some way of telling what is unknown comes out exactly there."""
    triage = _assess(request_).triage
    assume(triage.could_rise_to is not triage.level)
    report, known, match = _match(request_)
    one = engine()
    answers = one._screen.answers(report, match)
    by_answer = [question for question in answers.open if question.floor is triage.could_rise_to]
    if by_answer:
        screen = {**request_.get("safety_screen", {}), by_answer[0].id: True}
        reached = _assess(body(known_in(request_), screen))
    else:
        raising = one._screen._rulebook.raising_terms()
        term = next(t for t, level in raising if level is triage.could_rise_to and not match.failed >> t & 1)
        more = {atom.finding: _passing(atom) for atom in one._index.terms[term] if atom.finding not in known}
        reached = _assess(body({**known_in(request_), **more}, request_.get("safety_screen", {})))
    assert reached.triage.level is triage.could_rise_to


@_laws
@given(_REPORTS, reports())
def test_could_rise_to_is_never_exceeded(request_: Body, more: Body) -> None:
    """However the rest is told, the level stays within what was foreseen."""
    _, known, match = _match(request_)
    told = known_in(request_)
    closed = {atom.finding for term in members(match.failed) for atom in engine()._index.terms[term]} & _ranged()
    later = {name: value for name, value in known_in(more).items() if name not in known and name not in closed}
    after = _assess(body({**told, **later}, request_.get("safety_screen", {})))
    assert after.triage.level.rank <= _assess(request_).triage.could_rise_to.rank


def _ranged() -> set[str]:
    """The numbers that a no to a screen question says something of, without telling the number."""
    return {it.finding for question in engine()._screen.questions for it in question.denies if not it.known}


def _no_to(name: str) -> list[Any]:
    """The values of a finding that pass no red-flag test: a no, where the question is not a yes/no one."""
    atoms = _raising_atoms(name)
    return [value for value in values(name) if not any(atom.holds(_as_read(name, value)) for atom in atoms)]


@_laws
@given(_REPORTS)
def test_noes_to_every_safety_question_settle_the_level(request_: Body) -> None:
    """When nothing is left out of the questions, answering all of them no leaves no way up."""
    assessment = _assess(request_)
    assume(not assessment.triage.more_to_ask)
    known, screen = known_in(request_), dict(request_.get("safety_screen", {}))
    for question in assessment.questions:
        if question.purpose == "safety" and question.id.startswith("safety_screen."):
            screen[question.id.removeprefix("safety_screen.")] = False
        elif question.purpose == "safety":
            noes = _no_to(question.id)
            assume(noes)
            known[question.id] = noes[-1]
    after = _assess(body(known, screen)).triage
    if not any(question.id.startswith("safety_screen.") for question in assessment.questions):
        assert after.could_rise_to is after.level
    assert after.could_rise_to.rank <= max(after.level.rank, assessment.triage.level.rank)


@_laws
@given(_REPORTS)
def test_urgent_answers_offer_nothing_to_try(request_: Body) -> None:
    """No fix from consultation_24 up, and no cause for those whom the causes were not written for."""
    assessment = _assess(request_)
    rules = {reason.rule for reason in assessment.triage.reasons}
    if assessment.triage.level.rank >= Level.CONSULTATION_24.rank:
        assert assessment.fixes == assessment.withheld_fixes == ()
        assert all(cause.fixes == () for cause in assessment.causes)
    if "out_of_scope" in rules:
        assert assessment.causes == assessment.fixes == ()


@_laws
@given(_REPORTS)
def test_contested_and_nerve_causes_keep_their_bounds(request_: Body) -> None:
    """Dehydration is never called likely, and a pinched nerve is never left to self-care."""
    assessment = _assess(request_)
    for cause in assessment.causes:
        assert cause.id != "dehydration_electrolyte" or cause.likelihood is not Likelihood.LIKELY
        assert cause.id != "pinched_nerve" or assessment.triage.level.rank >= Level.CONSULTATION.rank


_DRINK_NO_MORE = (
    "drank_beyond_thirst",
    "weight_gain_during_run",
    "nsaid_with_run",
    "fluid_restriction_or_organ_disease",
    "kidney_disease",
    "diuretic",
    "pregnant_or_postpartum",
)


@_laws
@given(_REPORTS, st.sampled_from([*_DRINK_NO_MORE, "run_duration_min"]))
def test_nobody_at_risk_is_told_to_drink_more(request_: Body, name: str) -> None:
    """With one of the interlock's findings no quantity to drink and no sports drink is given."""
    thirsty = _with(_with(request_, "calf_cramp", value=True), "heavy_or_salty_sweat", value=True)
    assessment = _assess(_with(thirsty, name, 241 if name == "run_duration_min" else True))
    assert not {"daily_fluids", "sports_drink_on_long_runs"} & {fix.id for fix in assessment.fixes}


@_laws
@given(_REPORTS)
def test_no_cadence_change_while_the_calf_cramps(request_: Body) -> None:
    """Steps are not shortened with active calf cramps."""
    assessment = _assess(_with(_with(request_, "calf_cramp", value=True), "foot_numbness", value=True))
    assert "shorten_stride" not in {fix.id for fix in assessment.fixes}


@_laws
@given(_REPORTS, reports())
def test_running_is_never_less_strict_at_a_higher_level(one: Body, other: Body) -> None:
    """Of two answers the one at the higher level asks for at least as much of the runner."""
    lower, higher = sorted((_assess(one), _assess(other)), key=lambda answer: answer.triage.level.rank)
    if lower.triage.level is not higher.triage.level:
        assert lower.training_advice.running.rank <= higher.training_advice.running.rank
    assert higher.training_advice.running.rank >= shipped().levels[higher.triage.level].running.rank


def test_the_strictest_advice_at_a_level_is_no_stricter_than_the_mildest_at_the_next(shipped: Knowledge) -> None:
    """Causes, and red flags at their own level, never ask for more than the next level's floor."""
    causes = max(cause.running or Running.AS_PLANNED for cause in shipped.causes.values())
    assert causes.rank <= shipped.levels[Level.CONSULTATION].running.rank
    for flag in shipped.red_flags.values():
        higher = [level for level in Level if level.rank > flag.level.rank]
        if flag.running is not None and higher:
            assert flag.running.rank <= shipped.levels[higher[0]].running.rank


def test_who_is_told_not_to_drive_gets_the_notice(shipped: Knowledge) -> None:
    """An app that shows the notices alone still tells so whoever a red flag's advice tells it."""
    told = {flag.id for flag in shipped.red_flags.values() if re.search("drive|the wheel|take you", flag.advice)}
    assert told
    assert told <= {flag.id for flag in shipped.red_flags.values() if flag.do_not_drive}


@_laws
@given(_REPORTS)
def test_telemetry_never_changes_the_level(request_: Body) -> None:
    """What a watch recorded may point to a cause; it raises and lowers nothing."""
    with_, without = _assess(request_), _assess({k: v for k, v in request_.items() if k != "training"})
    assert with_.triage.level is without.triage.level
    assert with_.triage.could_rise_to is without.triage.could_rise_to
    assert (with_.triage.reasons, with_.red_flags) == (without.triage.reasons, without.red_flags)


@pytest.fixture(scope="module")
def answers(shipped: Knowledge, engine: Engine) -> list[Assessment]:
    """The answers to the whole corpus."""
    return [engine.assess(engine.read(request)) for request in corpus(shipped)]


def test_every_level_rule_cause_and_fix_is_reached(shipped: Knowledge, answers: list[Assessment]) -> None:
    """Nothing in the knowledge is dead: some case shows each of them."""
    assert {answer.triage.level for answer in answers} == set(Level)
    assert {flag.id for answer in answers for flag in answer.red_flags} == shipped.red_flags.keys()
    assert {cause.id for answer in answers for cause in answer.causes} == shipped.causes.keys()
    assert {fix.id for answer in answers for fix in answer.fixes} == shipped.fixes.keys()
    assert {answer.training_advice.running for answer in answers} == set(Running)


_LEAST_ASKED = {
    "Q1": {"chest_pain", "breathless_unexplained", "fainted", "coughing_blood"},
    "Q2": {"face_droop", "arm_weakness_one_side", "speech_difficulty", "sudden_vision_loss"},
    "Q3": {"confusion", "seizure", "collapsed", "body_temp_c"},
    "Q4": {"saddle_numbness", "bladder_change_new", "bowel_change_new", "bilateral_sciatica_or_weakness"},
    "Q5": {"swelling_one_leg", "calf_warm_red", "whole_leg_swollen"},
    "Q6": {"foot_cold_one_side", "foot_pale_blue_mottled"},
    "Q7": {"pain_severe_unrelenting", "calf_hard_tight"},
    "Q8": {"urine_dark_brown_red"},
    "Q9": {"weakness_new", "numbness_spreading_up", "weakness_progressing_days", "foot_drop_new"},
    "Q10": {"sudden_pop_back_of_leg", "cannot_tiptoe_one_leg", "cannot_bear_weight"},
    "Q11": {"fever", "foot_wound", "spreading_redness"},
    "Q12": {"diabetes", "pregnant_or_postpartum", "prior_clot", "active_cancer", "anticoagulant", "age_years"},
    "Q13": {"numbness_random", "night_electric_shocks", "numbness_persists_at_rest"},
}


def test_the_screen_asks_at_least_what_self_care_rests_on(shipped: Knowledge) -> None:
    """No sign that the reference wants answered before self-care has dropped out of its question."""
    for question in shipped.safety_screen.questions.values():
        asked = {name for member in question.members for name in named(member)}
        assert asked >= _LEAST_ASKED[question.reference]
    assert {question.reference for question in shipped.safety_screen.questions.values()} == _LEAST_ASKED.keys()


def test_every_question_is_reached(shipped: Knowledge, answers: list[Assessment]) -> None:
    """Each screen question, and each finding of a red flag that the screen does not ask, is asked in some answer.

    Where everything else is answered, and the rest of a rule holds, its last finding is asked for.
    """
    one = engine()
    asked = {question.id for answer in answers for question in answer.questions}
    assert {f"safety_screen.{id_}" for id_ in shipped.safety_screen.questions} <= asked
    raising = red_flag_findings(shipped)
    noes = {name: no[-1] for name in sorted(raising) if (no := _no_to(name))}
    for term in members(one._screen._rulebook.raising):
        atoms = one._index.terms[term]
        for left_out in atoms:
            known = {**noes, **{atom.finding: _passing(atom) for atom in atoms}}
            del known[left_out.finding]
            asked |= {question.id for question in _assess(body(known, {"none_of_these": True})).questions}
    unasked = {name for name in raising if name not in asked and not _is_screened(name)}
    assert unasked == set()


def test_the_answers_are_the_recorded_bytes(shipped: Knowledge) -> None:
    """On every Python and every machine; `make prove` records them anew when the knowledge has changed."""
    assert answers_digest(shipped) == ANSWERS.read_text(encoding="ascii").strip()
