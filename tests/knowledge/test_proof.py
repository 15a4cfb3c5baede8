"""Properties of the shipped rules, proved by a solver for every report.

A counterexample is shown as a request for curl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import z3

from service.engine import Engine
from service.engine.bitset import members
from service.engine.items import Items
from service.engine.rulebook import Rulebook
from service.engine.terms import Term
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Condition
from service.model.scales import Level

from .proof import compiled
from .proof.changes import answer, completion, presence, signs
from .proof.model import Rules, curl
from .reports import DRINK_NO_MORE

_RISING = [level for level in Level if level is not Level.SELF_CARE]

# A red flag that is never alone at its level, and the reason.
_SHADOWED: dict[str, str] = {}


@pytest.fixture(scope="module")
def rules(shipped: Knowledge) -> Rules:
    """The shipped rules as formulas."""
    return Rules(shipped)


@pytest.fixture(scope="module")
def rulebook(shipped: Knowledge) -> Rulebook:
    """The shipped rules as compiled by the engine."""
    return Rulebook(shipped)


@pytest.fixture(scope="module")
def solver(rules: Rules) -> z3.Solver:
    """A solver with the values that a request may contain."""
    return solver_of(rules)


def solver_of(rules: Rules) -> z3.Solver:
    """A solver for reports to `rules`."""
    solver = z3.Solver()
    solver.add(*rules.domain)
    return solver


def _terms_with_levels(rulebook: Rulebook) -> Iterator[tuple[int, Level]]:
    """Each term that sets a level, by number, with that level."""
    for terms, level in rulebook.terms_by_level:
        for number in members(terms):
            yield number, level


def _model(solver: z3.Solver, *claims: Any) -> z3.ModelRef | None:
    solver.push()
    try:
        solver.add(*claims)
        result = solver.check()
        assert result != z3.unknown, solver.reason_unknown()
        return solver.model() if result == z3.sat else None
    finally:
        solver.pop()


def _prove(rules: Rules, solver: z3.Solver, says: str, *breach: Any) -> None:
    """Fail with a request if a report makes `breach` true."""
    model = _model(solver, *breach)
    assert model is None, f"{says}: {curl(rules.request(model))}"


def _lost(formulas: Any, changes: Any) -> Any:
    """One of `formulas` is true before and false after `changes`."""
    return z3.Or(*(z3.And(one, z3.Not(z3.substitute(one, *changes))) for one in formulas.values()))


def test_a_sign_that_becomes_present_never_lowers_the_level(rules: Rules, solver: z3.Solver) -> None:
    """Making any finding present, or a detail that implies it, never lowers a level that a rule set."""
    for name in signs(rules):
        before, changes = presence(rules, name)
        _prove(rules, solver, f"reporting {name} lowers the level of", before, _lost(rules.reaches, changes))


def test_a_sign_that_becomes_present_silences_no_rule(rules: Rules, solver: z3.Solver) -> None:
    """Making any finding present silences no red flag."""
    for name in signs(rules):
        before, changes = presence(rules, name)
        _prove(rules, solver, f"reporting {name} silences a rule in", before, _lost(rules.fires, changes))


def test_no_answer_lowers_the_level(rules: Rules, solver: z3.Solver) -> None:
    """No value of an unknown finding silences a red flag or lowers a level that a rule set."""
    for name in signs(rules):
        before, changes = answer(rules, name)
        lost = z3.Or(_lost(rules.fires, changes), _lost(rules.reaches, changes))
        _prove(rules, solver, f"knowing {name} lowers the level of", before, lost)


def test_not_known_changes_no_rule(rules: Rules, solver: z3.Solver) -> None:
    """Sending any unreported finding as not known fires and silences no red flag."""
    changes = [(variable.not_known, z3.FreshConst(z3.BoolSort())) for variable in rules.findings.values()]
    unreported = [
        z3.Implies(variable.known, variable.not_known == later)
        for variable, (_, later) in zip(rules.findings.values(), changes, strict=True)
    ]
    for id_, fires in rules.fires.items():
        _prove(rules, solver, f"not known changes {id_} in", *unreported, fires != z3.substitute(fires, *changes))


def test_a_closed_detail_cannot_fire(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """Answers to findings that are not closed never fulfil a rule that names a closed finding."""
    for number, _ in _terms_with_levels(rulebook):
        term = rulebook.matcher.terms[number]
        conditional = [atom.finding for atom in term if atom.finding in {*rulebook.asked_when, *rulebook.asked_of}]
        if conditional:
            later, kept = completion(rules, compiled.is_true(rules, term))
            is_closed = z3.Or(*map(rules.closed, conditional))
            _prove(rules, solver, f"{conditional} fire in", _not_denied(rules, term), is_closed, kept, later)


def _not_denied(rules: Rules, term: Term) -> Any:
    """No finding of the term is absent, so no contradiction can occur."""
    booleans = [atom.finding for atom in term if rules.findings[atom.finding].kind == "boolean"]
    return z3.And(*(z3.Not(rules.absent(name)) for name in booleans))


def test_the_engine_closes_the_same_findings(
    rules: Rules, rulebook: Rulebook, solver: z3.Solver, engine: Engine
) -> None:
    """For each conditional finding, the engine and the formulas agree on a report that closes it or makes it wait."""
    items = Items(rulebook)
    conditional = {*rulebook.asked_when, *rulebook.asked_of} & rules.findings.keys()
    never_closed = {id_ for id_ in conditional if _model(solver, rules.closed(id_)) is None}
    assert never_closed <= set(rules.knowledge.policy.measurements)  # a usual value waits for its measurement
    for id_ in conditional:
        for claim in (rules.closed(id_), rules.waiting(id_)):
            model = _model(solver, claim)
            if model is None:
                continue
            report = engine.read(json.dumps(rules.request(model)).encode())
            known = engine.decide(report).known
            situation = items.situation(rulebook.matcher.match(known), known, report)
            for formula, bits in ((rules.closed(id_), situation.closed), (rules.waiting(id_), situation.waiting)):
                is_set = bool(bits & rulebook.matcher.bit_of[id_])
                says = z3.is_true(model.eval(formula, model_completion=True))
                assert is_set == says, curl(rules.request(model))


@pytest.fixture(scope="module")
def foreseen(rules: Rules, rulebook: Rulebook) -> dict[Level, Any]:
    """For each level, that a term at or above is open."""
    return foreseen_by(rules, rulebook)


def foreseen_by(rules: Rules, rulebook: Rulebook) -> dict[Level, Any]:
    """The formula of `could_rise_to` at each level, without the level itself."""
    terms = [
        (level, compiled.is_open(rules, rulebook.matcher.terms[number]))
        for number, level in _terms_with_levels(rulebook)
    ]
    return {level: z3.Or(*(is_open for own, is_open in terms if own.rank >= level.rank)) for level in _RISING}


def test_could_rise_to_is_never_exceeded(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """Answers to findings that are not closed, without measurements, fulfil only open terms.

    A yes that contradicts an earlier no is excluded, because it is the urgent value of a contradiction.
    """
    for number, level in _terms_with_levels(rulebook):
        term = rulebook.matcher.terms[number]
        later, kept = completion(rules, compiled.is_true(rules, term))
        barred = z3.Not(compiled.is_open(rules, term))
        _prove(rules, solver, f"{level} was not foreseen in", _not_denied(rules, term), barred, kept, later)


def test_could_rise_to_is_reached(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """Each open term above the level becomes true if its unknown findings, none closed, get values that pass.

    A term of a finding that another value contradicts stays open, which can only show too high a level.
    """
    for number, level in _terms_with_levels(rulebook):
        term = rulebook.matcher.terms[number]
        assert len({atom.finding for atom in term}) == len(term)
        changes: list[tuple[Any, Any]] = []
        allowed: list[Any] = []
        for atom in term:
            variable = rules.findings[atom.finding]
            is_known = rules.is_known(atom.finding)
            later = [z3.FreshConst(part.sort(), atom.finding) for part in variable.parts()]
            own = list(zip(variable.parts(), later, strict=True))
            met = z3.substitute(
                z3.And(
                    *variable.domain(rules.knowledge.findings[atom.finding]),
                    variable.truth if variable.kind == "boolean" else compiled.passes(rules, atom),
                ),
                *own,
            )
            assert _model(solver, met) is not None, f"no value passes {atom}"
            same = z3.And(*(now == then for now, then in own))
            allowed.append(z3.If(z3.And(is_known, variable.known), same, met))
            changes += [(variable.known, z3.BoolVal(True)), *own]  # noqa: FBT003 - the constant itself
        reached = z3.substitute(compiled.is_true(rules, term), *changes)
        usable = [z3.Not(rules.is_contradicted(atom.finding)) for atom in term]
        unmet = (z3.Not(rules.reaches[level]), compiled.is_open(rules, term), *usable, *allowed, z3.Not(reached))
        _prove(rules, solver, f"a term of {level} is open and cannot be met in", *unmet)


def test_settled_means_settled(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """If every answer is known, each open term above the level has a finding that is asked, or its opener."""
    items = frozenset(id_ for checklist in rules.knowledge.checklists.values() for id_ in checklist.items)
    all_known = [z3.Not(variable.not_known) for variable in rules.findings.values()]
    for number, level in _terms_with_levels(rulebook):
        term = rulebook.matcher.terms[number]
        asked = z3.Or(*(compiled.asked(rules, atom.finding, items) for atom in term))
        end = (compiled.is_open(rules, term), z3.Not(compiled.is_true(rules, term)), z3.Not(asked))
        names = ", ".join(atom.finding for atom in term)
        _prove(rules, solver, f"{names} ({level}) is open and not asked in", *end, *all_known)


def _agree(rules: Rules, foreseen: dict[Level, Any], engine: Engine, model: z3.ModelRef) -> None:
    """The engine's level, red flags and `could_rise_to` equal the formulas'."""
    body = rules.request(model)
    decision = engine.decide(engine.read(json.dumps(body).encode()))

    def says(formula: Any) -> bool:
        return bool(z3.is_true(model.eval(formula, model_completion=True)))

    assert {flag.id for flag in decision.fired} == {id_ for id_, fires in rules.fires.items() if says(fires)}, curl(
        body
    )
    reached = [level for level in _RISING if says(rules.reaches[level])]
    least = Level.CONSULTATION if decision.urgency.is_held_open else Level.SELF_CARE
    held = [reason.level for reason in decision.urgency.reasons if reason.rule == "sign_not_known"]
    assert decision.level is max([*reached, *held, least], key=lambda level: level.rank), curl(body)
    higher = [level for level in _RISING if says(foreseen[level])]
    assert decision.could_rise_to is max([*higher, decision.level], key=lambda level: level.rank), curl(body)


def test_every_red_flag_can_fire_and_the_engine_agrees(
    rules: Rules, foreseen: dict[Level, Any], solver: z3.Solver, engine: Engine
) -> None:
    """Each red flag fires for some report, and the engine fires it at the same level."""
    for id_, fires in rules.fires.items():
        model = _model(solver, fires)
        assert model is not None, f"no report fires {id_}"
        _agree(rules, foreseen, engine, model)


def test_every_level_can_be_reached_and_the_engine_agrees(
    rules: Rules, foreseen: dict[Level, Any], solver: z3.Solver, engine: Engine
) -> None:
    """Each of the five levels is the most urgent that rules set for some report."""
    for level, higher in zip(Level, [*_RISING, None], strict=True):
        at_least = [] if level is Level.SELF_CARE else [rules.reaches[level]]
        below = [] if higher is None else [z3.Not(rules.reaches[higher])]
        model = _model(solver, *at_least, *below)
        assert model is not None, f"no report comes out at {level}"
        _agree(rules, foreseen, engine, model)


def test_the_compiled_terms_equal_the_conditions(rules: Rules, rulebook: Rulebook, solver: z3.Solver) -> None:
    """For every condition, some term of the engine is true exactly if the condition is."""
    for says, condition, terms in compiled.conditions(rules, rulebook):
        fired = z3.Or(*(compiled.is_true(rules, term) for term in compiled.some(rulebook, terms)))
        _prove(rules, solver, f"terms of '{says}' and its condition differ in", fired != rules.holds(condition))


def test_no_red_flag_is_shadowed(rules: Rules, solver: z3.Solver) -> None:
    """Each red flag fires alone at its level for some report, or is listed with a reason."""
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
    """Two red flags never fire for exactly the same reports."""
    names = {id_: compiled.names(rules, flag.when) for id_, flag in rules.flags.items()}
    for one, other in combinations(rules.flags, 2):
        if names[one] == names[other]:
            differ = _model(solver, rules.fires[one] != rules.fires[other])
            assert differ is not None, f"{one} and {other} are one condition"


_NO_CADENCE_CHANGE: tuple[Condition, ...] = ("calf_cramp", "calf_pain", "hills_new_or_increased", "cramp_on_hills")
_NO_STRETCH: tuple[Condition, ...] = ("swelling_one_leg", "calf_warm_red", "calf_hard_tight", "sudden_pop_back_of_leg")


@pytest.mark.parametrize(
    ("fixes", "forbidding"),
    [
        (("daily_fluids", "sports_drink_on_long_runs"), DRINK_NO_MORE),
        (("shorten_stride",), _NO_CADENCE_CHANGE),
        (("gentle_calf_stretch",), _NO_STRETCH),
    ],
)
def test_the_interlocks_hold(
    rules: Rules, solver: z3.Solver, fixes: tuple[str, ...], forbidding: tuple[Condition, ...]
) -> None:
    """Drinking more, a new cadence and stretching are withheld from everyone whom they could harm."""
    for id_ in fixes:
        fix = rules.knowledge.fixes[id_]
        assert fix.withheld_when is not None
        assert id_ not in {other.instead for other in rules.knowledge.fixes.values()}
        for condition in forbidding:
            breach = z3.And(rules.holds(condition), z3.Not(rules.holds(fix.withheld_when)))
            _prove(rules, solver, f"{id_} is given in spite of {condition}", breach)


def test_long_runs_forbid_drinking_more(rules: Rules, solver: z3.Solver) -> None:
    """After more than 240 minutes the response has no quantity to drink."""
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
    """If both symptoms always come at one distance, overtraining is excluded and a red flag fires."""
    pattern = [rules.holds(name) for name in ("onset_consistent_distance", "calf_cramp", "foot_numbness")]
    excluded = rules.holds(rules.knowledge.causes["overtraining"].excluded_when or "")
    fires = rules.fires["fixed_distance_cramp_and_numbness"]
    _prove(rules, solver, "overtraining is considered in", *pattern, z3.Not(z3.And(excluded, fires)))


def test_a_pinched_nerve_is_never_self_care(rules: Rules, solver: z3.Solver) -> None:
    """If a pinched nerve is considered, the level is at least consultation."""
    applies = rules.holds(rules.knowledge.causes["pinched_nerve"].applies_when)
    _prove(rules, solver, "a pinched nerve is self-care in", applies, z3.Not(rules.reaches[Level.CONSULTATION]))


def test_telemetry_is_in_no_red_flag(rules: Rules) -> None:
    """No formula of a red flag or a level contains telemetry or a measure of it."""
    telemetry = {name for name, finding in rules.knowledge.findings.items() if finding.place == "training"}
    assert not (telemetry | rules.measures.keys()) & set(signs(rules))
