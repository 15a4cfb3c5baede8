"""What a solver proves of the shipped rules for every report.

A counterexample is shown as a request that can be pasted into curl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import z3

from service.engine import Engine
from service.engine.atoms import Atom, OneOf, Selection, Within
from service.engine.bitset import Bits, members
from service.engine.rulebook import Rulebook
from service.engine.screen import Screen
from service.knowledge.conditions import named
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Condition
from service.model.scales import Level

from .proof.model import Rules, curl

_RISING = [level for level in Level if level is not Level.SELF_CARE]

# A red flag that never stands alone at its level, and why that is meant.
_SHADOWED: dict[str, str] = {}


@pytest.fixture(scope="module")
def rules(shipped: Knowledge) -> Rules:
    """The shipped rules as formulas."""
    return Rules(shipped)


@pytest.fixture(scope="module")
def rulebook(shipped: Knowledge) -> Rulebook:
    """The shipped rules as the engine compiles them."""
    return Rulebook(shipped)


@pytest.fixture(scope="module")
def solver(rules: Rules) -> z3.Solver:
    """A solver that knows which values a request may carry."""
    solver = z3.Solver()
    solver.add(*rules.domain)
    return solver


def _model(solver: z3.Solver, *claims: Any) -> z3.ModelRef | None:
    solver.push()
    try:
        solver.add(*claims)
        answer = solver.check()
        assert answer != z3.unknown, solver.reason_unknown()
        return solver.model() if answer == z3.sat else None
    finally:
        solver.pop()


def _prove(rules: Rules, solver: z3.Solver, says: str, *breach: Any) -> None:
    """No report makes `breach` true; where one does, it is shown."""
    model = _model(solver, *breach)
    assert model is None, f"{says}: {curl(rules.request(model))}"


def test_reporting_a_red_flag_finding_never_lowers_the_level(rules: Rules, solver: z3.Solver) -> None:
    """Making any finding of a red flag, a screen question or an uncovered sign present never lowers the level."""
    for name in rules.raising():
        before, changes = rules.presence(name)
        lowered = [z3.And(reached, z3.Not(z3.substitute(reached, *changes))) for reached in rules.reaches.values()]
        _prove(rules, solver, f"reporting {name} lowers the level of", before, z3.Or(*lowered))


def test_reporting_a_red_flag_finding_unfires_no_rule(rules: Rules, solver: z3.Solver) -> None:
    """Making any finding of a red flag present leaves every red flag that fired firing."""
    for name in rules.raising():
        before, changes = rules.presence(name)
        unfired = [z3.And(fires, z3.Not(z3.substitute(fires, *changes))) for fires in rules.fires.values()]
        _prove(rules, solver, f"reporting {name} silences a rule in", before, z3.Or(*unfired))


def test_unknown_never_fires_a_rule(rules: Rules, solver: z3.Solver) -> None:
    """A red flag that fires still fires whatever the unknown findings turn out to be."""
    for name in rules.looked_at():
        before, changes = rules.telling(name)
        unfired = [z3.And(fires, z3.Not(z3.substitute(fires, *changes))) for fires in rules.fires.values()]
        _prove(rules, solver, f"a rule fired because {name} was unknown in", before, z3.Or(*unfired))


def test_knowing_more_lowers_the_level_only_by_completing_the_screen(rules: Rules, solver: z3.Solver) -> None:
    """Once the screen is complete, no finding that becomes known lowers the level."""
    complete = z3.Not(rules.screen_open)
    for name in rules.looked_at():
        before, changes = rules.telling(name)
        lowered = [z3.And(reached, z3.Not(z3.substitute(reached, *changes))) for reached in rules.reaches.values()]
        _prove(rules, solver, f"knowing {name} lowers the level of", before, complete, z3.Or(*lowered))


def test_an_open_screen_holds_no_more_than_its_own_level(rules: Rules, solver: z3.Solver) -> None:
    """What a finding that becomes known can lower is only the level that the open screen itself set."""
    above = [level for level in _RISING if level.rank > rules.knowledge.policy.screen_open_level.rank]
    for name in rules.looked_at():
        before, changes = rules.telling(name)
        lowered = [
            z3.And(rules.reaches[level], z3.Not(z3.substitute(rules.reaches[level], *changes))) for level in above
        ]
        _prove(rules, solver, f"knowing {name} lowers the level of", before, z3.Or(*lowered))


def test_self_care_needs_a_complete_screen_all_no(rules: Rules, solver: z3.Solver) -> None:
    """Self-care comes out exactly where every question is settled no, no red flag fires and no sign is uncovered."""
    settled = [
        z3.And(
            z3.Not(rules.yes[id_]),
            *(z3.Not(rules.holds(member)) for member in question.members),
            z3.Or(rules.denied(id_), z3.And(*(rules.fails(member) for member in question.members))),
        )
        for id_, question in rules.questions.items()
    ]
    silent = [z3.Not(fires) for fires in rules.fires.values()]
    signs = [z3.Not(rules.holds(sign)) for sign in rules.knowledge.policy.uncovered_signs]
    self_care = z3.Not(rules.reaches[Level.CONSULTATION])
    _prove(rules, solver, "self-care or not", self_care != z3.And(*settled, *silent, *signs))


def test_every_red_flag_can_fire_and_the_engine_agrees(rules: Rules, solver: z3.Solver, engine: Engine) -> None:
    """Each red flag fires for some report, and the engine fires it for that very report, at the same level."""
    for id_, fires in rules.fires.items():
        model = _model(solver, fires)
        assert model is not None, f"no report fires {id_}"
        _agree(rules, engine, model)
        assessment = engine.assess(engine.read(json.dumps(rules.request(model)).encode()))
        assert id_ in {flag.id for flag in assessment.red_flags}, curl(rules.request(model))


def _agree(rules: Rules, engine: Engine, model: z3.ModelRef) -> None:
    """The engine's level and red flags are those of the formulas."""
    body = rules.request(model)
    assessment = engine.assess(engine.read(json.dumps(body).encode()))
    fired = {id_ for id_, fires in rules.fires.items() if z3.is_true(model.eval(fires, model_completion=True))}
    assert {flag.id for flag in assessment.red_flags} == fired, curl(body)
    reached = [level for level in _RISING if z3.is_true(model.eval(rules.reaches[level], model_completion=True))]
    assert assessment.triage.level is (reached[-1] if reached else Level.SELF_CARE), curl(body)


def test_every_level_can_be_reached_and_the_engine_agrees(rules: Rules, solver: z3.Solver, engine: Engine) -> None:
    """Each of the five levels is the level of some report."""
    for level, higher in zip(Level, [*_RISING, None], strict=True):
        at_least = [] if level is Level.SELF_CARE else [rules.reaches[level]]
        below = [] if higher is None else [z3.Not(rules.reaches[higher])]
        model = _model(solver, *at_least, *below)
        assert model is not None, f"no report comes out at {level}"
        _agree(rules, engine, model)


def test_no_red_flag_is_shadowed(rules: Rules, solver: z3.Solver) -> None:
    """Each red flag fires for some report in which nothing else is as urgent, or stands in the list with a reason."""
    shadowed = []
    for id_, flag in rules.flags.items():
        others = [
            rules.fires[other]
            for other in rules.flags
            if other != id_ and rules.flags[other].level.rank >= flag.level.rank
        ]
        if _model(solver, rules.fires[id_], z3.Not(z3.Or(*others))) is None:
            shadowed.append(id_)
    assert shadowed == sorted(_SHADOWED)


def test_no_two_red_flags_are_one_condition(rules: Rules, solver: z3.Solver) -> None:
    """However they are written, two red flags never fire for exactly the same reports."""
    names = {id_: {n for leaf in rules.leaves(flag.when) for n in named(leaf)} for id_, flag in rules.flags.items()}
    for one, other in combinations(rules.flags, 2):
        if names[one] == names[other]:
            differ = _model(solver, rules.fires[one] != rules.fires[other])
            assert differ is not None, f"{one} and {other} are one condition"


def _conditions(rules: Rules, rulebook: Rulebook) -> Iterator[tuple[str, Condition, Bits]]:
    """Every condition of the knowledge with the terms that the engine made of it."""
    index = rulebook.index
    for pattern, flag in rulebook.red_flags.items():
        yield flag.id, flag.when, index.terms_of[pattern]
    for pattern, derivation in rulebook.derivations.items():
        yield derivation.id, derivation.when or "", index.terms_of[pattern]
    for pattern, cause in rulebook.applies.items():
        yield f"{cause.id} applies", cause.applies_when, index.terms_of[pattern]
    for id_, pattern in rulebook.excludes.items():
        yield f"{id_} excluded", rules.knowledge.causes[id_].excluded_when or "", index.terms_of[pattern]
    for pattern, weighing in rulebook.weights.items():
        yield f"{weighing.cause}: {weighing.weight.statement}", weighing.weight.when, index.terms_of[pattern]
    for id_, pattern in rulebook.withheld.items():
        yield f"{id_} withheld", rules.knowledge.fixes[id_].withheld_when or "", index.terms_of[pattern]


def _passes(rules: Rules, atom: Atom) -> Any:
    """The value of an atom's finding passes, as the engine tests it."""
    variable = rules.variable(atom.finding)
    if isinstance(atom, Within):
        low = [] if atom.low == -float("inf") else [_bound(variable.number, ">", atom.low, is_open=atom.low_open)]
        high = [] if atom.high == float("inf") else [_bound(variable.number, "<", atom.high, is_open=atom.high_open)]
        return z3.And(*low, *high)
    if isinstance(atom, Selection):
        outside = [chosen for value, chosen in variable.chosen.items() if value not in atom.only]
        groups = [z3.Or(*(variable.chosen[value] for value in group)) for group in atom.includes]
        return z3.And(*groups, z3.Not(z3.Or(*outside)))
    assert isinstance(atom, OneOf)
    if variable.kind == "boolean":
        return z3.Or(*(variable.truth if value is True else z3.Not(variable.truth) for value in atom.values))
    return variable.is_one_of([str(value) for value in atom.values])


def _bound(number: Any, side: str, bound: float, *, is_open: bool) -> Any:
    exact = z3.RealVal(str(bound))
    if side == ">":
        return number > exact if is_open else number >= exact
    return number < exact if is_open else number <= exact


def _state(rules: Rules, atom: Atom, screen: Screen, term: int) -> tuple[Any, Any]:
    """When an atom holds, and when it fails: by its finding, or by a no that denies or closes it."""
    variable = rules.variable(atom.finding)
    passes = _passes(rules, atom)
    denials = [
        (question.id, it) for question in screen.questions for it in question.denies if it.finding == atom.finding
    ]
    denying = [id_ for id_, denial in denials if denial.known]
    closing = [id_ for id_, denial in denials if not denial.known and denial.failed >> term & 1]
    no = z3.And(z3.Not(variable.known), z3.Or(*(rules.denied(id_) for id_ in denying)))
    denied_passes = isinstance(atom, OneOf) and False in atom.values
    closed = z3.And(z3.Not(variable.known), z3.Or(*(rules.denied(id_) for id_ in closing)))
    holds = z3.And(variable.known, passes)
    fails = z3.Or(z3.And(variable.known, z3.Not(passes)), closed)
    return (z3.Or(holds, no), fails) if denied_passes else (holds, z3.Or(fails, no))


def _terms(rules: Rules, rulebook: Rulebook, screen: Screen, terms: Bits) -> tuple[Any, Any]:
    """Some term fires; some term is open, as the engine decides them."""
    fired, still_open = [], []
    for term in members(terms):
        states = [_state(rules, atom, screen, term) for atom in rulebook.index.terms[term]]
        fired.append(z3.And(*(holds for holds, _ in states)))
        still_open.append(z3.And(*(z3.Not(fails) for _, fails in states)))
    return z3.Or(*fired), z3.Or(*still_open)


def test_the_compiled_terms_say_what_the_conditions_say(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """For every condition of the knowledge the engine's terms fire exactly where the condition is true."""
    screen = Screen(rulebook)
    for says, condition, terms in _conditions(rules, rulebook):
        fired, _ = _terms(rules, rulebook, screen, terms)
        _prove(rules, solver, f"terms of '{says}' and its condition differ in", fired != rules.holds(condition))


def test_a_condition_is_open_exactly_where_it_could_still_become_true(
    rules: Rules, rulebook: Rulebook, solver: z3.Solver
) -> None:
    """Some term is open exactly where some way of telling what is unknown makes the condition true."""
    screen = Screen(rulebook)
    for says, condition, terms in _conditions(rules, rulebook):
        _, still_open = _terms(rules, rulebook, screen, terms)
        names = {name for leaf in rules.leaves(condition) for name in named(leaf)}
        told, consistent = rules.completion(names)
        true_then = z3.substitute(rules.holds(condition), *told)
        _prove(rules, solver, f"'{says}' is closed too early in", consistent, true_then, z3.Not(still_open))
        # The other way: a term names each finding once and every atom passes some value, so an open term can be met.
        for term in members(terms):
            atoms = rulebook.index.terms[term]
            assert len({atom.finding for atom in atoms}) == len(atoms), says
            for atom in atoms:
                _, fails = _state(rules, atom, screen, term)
                told, consistent = rules.completion({atom.finding})
                met = z3.substitute(_state(rules, atom, screen, term)[0], *told)
                variable = rules.variable(atom.finding)
                unmet = z3.ForAll(_later(told, variable), z3.Not(z3.And(consistent, met)))
                _prove(rules, solver, f"'{says}' is open too long in", z3.Not(fails), unmet)


def _later(told: list[tuple[Any, Any]], variable: Any) -> list[Any]:
    return [then for now, then in told if any(now.eq(part) for part in variable.parts())]


def test_could_rise_to_is_never_exceeded(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """No way of telling what is unknown comes out above the highest of level, open questions and open terms."""
    screen = Screen(rulebook)
    names = {name for name in rules.looked_at() if name in rules.findings}
    told, consistent = rules.completion(names)
    opens = {
        flag.id: _terms(rules, rulebook, screen, rulebook.index.terms_of[pattern])[1]
        for pattern, flag in rulebook.red_flags.items()
    }
    signs = z3.Not(z3.And(*(rules.fails(sign) for sign in rules.knowledge.policy.uncovered_signs)))
    floors = {question.id: question.floor for question in screen.questions}
    assert floors == rules.floors
    # Open questions are answered one way or the other; all others stay as they are.
    answers = [(rules.yes[id_], z3.FreshConst(z3.BoolSort(), id_)) for id_ in rules.questions]
    kept = [
        z3.Implies(z3.Not(rules.open[id_]), then == yes)
        for id_, (yes, then) in zip(rules.questions, answers, strict=True)
    ]
    stay_no = [
        z3.Implies(rules.denied(id_), z3.Not(then)) for id_, (_, then) in zip(rules.questions, answers, strict=True)
    ]
    for level in _RISING:
        claimed = [rules.reaches[level]]
        claimed += [opens[id_] for id_, flag in rules.flags.items() if flag.level.rank >= level.rank]
        claimed += [rules.open[id_] for id_, floor in floors.items() if floor.rank >= level.rank]
        claimed += [signs] if rules.knowledge.policy.uncovered_sign_level.rank >= level.rank else []
        exceeded = z3.substitute(rules.reaches[level], *told, *answers)
        _prove(
            rules,
            solver,
            f"{level} was not foreseen in",
            consistent,
            *kept,
            *stay_no,
            exceeded,
            z3.Not(z3.Or(*claimed)),
        )


_DRINK_NO_MORE: tuple[Condition, ...] = (
    "drank_beyond_thirst",
    "weight_gain_during_run",
    "nsaid_with_run",
    "fluid_restriction_or_organ_disease",
    "kidney_disease",
    "diuretic",
    "pregnant_or_postpartum",
)
_NO_CADENCE_CHANGE: tuple[Condition, ...] = ("calf_cramp", "calf_pain", "hills_new_or_increased", "cramp_on_hills")
_NO_STRETCH: tuple[Condition, ...] = ("swelling_one_leg", "calf_warm_red", "calf_hard_tight", "sudden_pop_back_of_leg")


@pytest.mark.parametrize(
    ("fixes", "forbidding"),
    [
        (("daily_fluids", "sports_drink_on_long_runs"), _DRINK_NO_MORE),
        (("shorten_stride",), _NO_CADENCE_CHANGE),
        (("gentle_calf_stretch",), _NO_STRETCH),
    ],
)
def test_the_interlocks_hold(
    rules: Rules, solver: z3.Solver, fixes: tuple[str, ...], forbidding: tuple[Condition, ...]
) -> None:
    """Drinking more, a new cadence and stretching are withheld for everyone whom they could harm."""
    for id_ in fixes:
        fix = rules.knowledge.fixes[id_]
        assert fix.withheld_when is not None
        assert id_ not in {other.instead for other in rules.knowledge.fixes.values()}
        for condition in forbidding:
            breach = z3.And(rules.holds(condition), z3.Not(rules.holds(fix.withheld_when)))
            _prove(rules, solver, f"{id_} is given in spite of {condition}", breach)


def test_long_runs_forbid_drinking_more(rules: Rules, solver: z3.Solver) -> None:
    """Over 240 minutes no quantity to drink is named."""
    duration = rules.findings["run_duration_min"]
    for id_ in ("daily_fluids", "sports_drink_on_long_runs"):
        withheld = rules.holds(rules.knowledge.fixes[id_].withheld_when or "")
        _prove(
            rules,
            solver,
            f"{id_} is given after a long run in",
            duration.known,
            duration.number > 240,
            z3.Not(withheld),
        )


def test_a_compartment_pattern_is_not_called_overtraining(rules: Rules, solver: z3.Solver) -> None:
    """With both symptoms always at one distance the cause overtraining is excluded and a red flag fires."""
    pattern = [rules.holds(name) for name in ("onset_consistent_distance", "calf_cramp", "foot_numbness")]
    excluded = rules.holds(rules.knowledge.causes["overtraining"].excluded_when or "")
    fires = rules.fires["fixed_distance_cramp_and_numbness"]
    _prove(rules, solver, "overtraining is considered in", *pattern, z3.Not(z3.And(excluded, fires)))


def test_a_pinched_nerve_is_never_self_care(rules: Rules, solver: z3.Solver) -> None:
    """Where the cause applies the level is at least consultation."""
    applies = rules.holds(rules.knowledge.causes["pinched_nerve"].applies_when)
    _prove(rules, solver, "a pinched nerve is self-care in", applies, z3.Not(rules.reaches[Level.CONSULTATION]))


def test_telemetry_is_in_no_red_flag(rules: Rules) -> None:
    """No formula of a red flag or a level names telemetry or what is measured from it."""
    telemetry = {name for name, finding in rules.knowledge.findings.items() if finding.place == "training"}
    assert not (telemetry | rules.measures.keys()) & set(rules.looked_at())
