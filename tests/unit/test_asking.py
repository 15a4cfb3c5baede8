"""What is asked about because it could raise the level, over rules that are made up: nothing open is left unasked."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.engine import Engine
from service.engine.bitset import members
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.model.scales import Level
from service.report.report import Report

EngineOf = Callable[[dict[str, Any]], Engine]
_NAMES = ("ache", "hot_run", "salty", "shoe", "near_miss", "odd_sign", "sign_1", "sign_3", "sign_5", "sign_7")
_LEVELS = ("consultation", "consultation_24", "emergency", "emergency_ambulance")
_ATOMS = st.sampled_from([*_NAMES, *({"not": name} for name in _NAMES), {"finding": "temp", "at_least": 40}])
_TERMS = st.lists(_ATOMS, min_size=1, max_size=3).map(lambda atoms: {"all": atoms})
_CONDITIONS = st.lists(_TERMS, min_size=1, max_size=3).map(lambda terms: {"any": terms})
_FLAGS = st.lists(st.tuples(st.sampled_from(_LEVELS), _CONDITIONS), min_size=1, max_size=8)
_KNOWN = st.fixed_dictionaries({}, optional={name: st.booleans() for name in _NAMES} | {"temp": st.just(37)})
_SCREENS = st.one_of(
    st.just({"none_of_these": True}),
    st.just({}),
    st.dictionaries(st.sampled_from([f"question_{n}" for n in range(1, 9)]), st.booleans(), min_size=1, max_size=2),
    st.dictionaries(st.sampled_from([*(f"question_{n}" for n in range(1, 14)), "none_of_these"]), st.booleans()),
)
_MEMBERS = st.dictionaries(st.sampled_from([f"question_{n}" for n in (2, 4, 6)]), st.sampled_from(_NAMES), max_size=2)
_made_up = settings(
    max_examples=600, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _engine(values: dict[str, Any], flags: list[Any], also: dict[str, str], engine_of: EngineOf) -> Engine:
    """The small knowledge with these red flags alone, findings in more questions of the screen, and a discard."""
    made = copy.deepcopy(values)
    pattern = made["red_flags"]["wobble"]
    made["red_flags"] = {
        f"flag_{number}": pattern | {"id": f"flag_{number}", "level": level, "when": when}
        for number, (level, when) in enumerate(flags)
    }
    for question, finding in also.items():
        made["safety_screen"]["questions"][question]["members"].append(finding)
    made["safety_screen"]["questions"]["question_8"]["members"].append({"finding": "temp", "at_least": 40})
    made["derivations"]["jump"]["discards"] = ["temp"]
    return engine_of(made)


def _left_open(engine: Engine, report: Report, match: Match, asked: set[str]) -> list[int]:
    """The open terms of red flags above the level that no asked finding and no asked question of the screen is in."""
    safety = engine._questions._safety
    level = engine.answer(report).level
    open_terms = members(match.still_open(safety._above[level]))
    screened = {name for id_, names in safety._members.items() if f"safety_screen.{id_}" in asked for name in names}
    return [
        term
        for term in open_terms
        if not any(atom.finding in asked or atom.finding in screened for atom in engine._index.terms[term])
    ]


def _ways_up(engine: Engine, match: Match) -> list[tuple[str, Level]]:
    """Each finding that an open term of a red flag or an uncovered sign names, with the level that it sets."""
    return [
        (atom.finding, level)
        for term, level in Rulebook(engine._knowledge).raising_terms()
        if match.still_open(1 << term)
        for atom in engine._index.terms[term]
    ]


@_made_up
@given(flags=_FLAGS, known=_KNOWN, screen=_SCREENS, also=_MEMBERS, jumps=st.booleans())
def test_every_open_term_is_asked_about_or_said_to_wait(  # noqa: PLR0913 (two fixtures, and a report in its parts)
    *,
    small_values: dict[str, Any],
    engine_of: EngineOf,
    flags: list[Any],
    known: dict[str, Any],
    screen: dict[str, bool],
    also: dict[str, str],
    jumps: bool,
) -> None:
    """Whatever the rules, the report and the screen: no way up is passed over, and nothing that is known is asked."""
    engine = _engine(small_values, flags, also, engine_of)
    telemetry = {"km": (30.0, 40.0)} if jumps else {}
    report = Report({**known, **telemetry}, *_said(screen))
    _, _, match = engine._decided(report)
    assessment = engine.assess(report)
    asked = {question.id for question in assessment.questions}
    if not assessment.triage.more_to_ask:
        assert _left_open(engine, report, match, asked) == []
    beside = [question.id for question in assessment.questions if question.purpose == "safety"]
    bit_of = engine._index.bit_of
    assert not any(bit_of[id_] & match.known for id_ in beside if not id_.startswith("safety_screen."))
    assert len(set(beside)) == len(beside)
    ways_up = _ways_up(engine, match)
    for question in assessment.questions:
        if not question.id.startswith("safety_screen."):
            levels = [assessment.triage.level, *(level for finding, level in ways_up if finding == question.id)]
            assert question.could_raise_to is max(levels, key=lambda level: level.rank)


def _said(screen: dict[str, bool]) -> tuple[dict[str, bool], bool]:
    answers = dict(screen)
    none_of_these = answers.pop("none_of_these", False)
    return answers, none_of_these
