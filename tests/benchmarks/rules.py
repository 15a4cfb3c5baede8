"""Rules engines on the same rules and cases, and their agreement.

Our engine reports fired rules and reasons, so its ratio is to a peer that reports them too. A verdict alone, without
its reasons, has a row of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from service.engine import Engine
from service.engine.bitset import Bits
from service.engine.causes import Causes
from service.engine.derive import Derivations
from service.engine.floors import FloorRules
from service.engine.implied import Implications
from service.engine.items import Items, Situation
from service.engine.rulebook import Rulebook
from service.engine.urgency import Urgencies
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.causes import Cause
from service.report.report import Report
from tests.benchmarks.corpus import Decision, decided
from tests.benchmarks.peers.clips import Clips
from tests.benchmarks.peers.json_logic import DataLogic, PanziJsonLogic
from tests.benchmarks.peers.sheet import Sheet, sheet_of
from tests.benchmarks.peers.zen_engine import ZenEngine
from tests.benchmarks.row import Row
from tests.benchmarks.timing import Work, best

REPORTING: tuple[Callable[[Sheet], Any], ...] = (ZenEngine, DataLogic)
"""The two fastest, which also report red flags and weights, like a response."""

PEERS: tuple[Callable[[Sheet], Any], ...] = (ZenEngine, Clips, PanziJsonLogic, DataLogic)


def request_of(body: bytes) -> dict[str, Any]:
    """A body as JSON objects without nulls, like a plain service's."""
    return {name: _without_nulls(part) for name, part in msgspec.json.decode(body).items() if part is not None}


def _without_nulls(part: Any) -> Any:
    return {name: value for name, value in part.items() if value is not None} if isinstance(part, dict) else part


def disagreements(peer: Any, knowledge: Knowledge, bodies: Sequence[bytes]) -> list[tuple[bytes, Decision, Decision]]:
    """The bodies that `peer` decides differently, with both decisions."""
    engine, sheet = Engine(knowledge), sheet_of(knowledge)
    both = ((body, peer.decide(peer.prepared(sheet.facts(request_of(body)))), decided(engine, body)) for body in bodies)
    return [(body, theirs, ours) for body, theirs, ours in both if theirs != ours]


def rows(knowledge: Knowledge, bodies: Sequence[bytes], rounds: int) -> list[Row]:
    """The time for one case: peers decide, ours includes the response."""
    engine, sheet = Engine(knowledge), sheet_of(knowledge)
    parts = _Parts(knowledge)
    works: dict[str, Work] = {
        "ours": lambda: [engine.answer(engine.read(body)).body for body in bodies],
        _ENGINE: _deciding_here(engine, parts, bodies, _details),
        _VERDICT: _deciding_here(engine, parts, bodies, _verdict),
    }
    for make in PEERS:
        peer = make(sheet)
        if wrong := disagreements(peer, knowledge, bodies):
            raise RuntimeError(f"{peer.name} decides {len(wrong)} cases differently: {wrong[0]}")
        prepared = [peer.prepared(sheet.facts(request_of(body))) for body in bodies]
        works[peer.name] = _deciding(peer, prepared)
        if make in REPORTING:
            works[peer.name + _REPORTING] = _reporting(peer, prepared)
        works[peer.name + _FROM_BODY] = _from_body(peer, sheet, bodies)
    seconds = {name: spent / len(bodies) for name, spent in best(works, rounds).items()}
    part, ours = "rules engines, corpus mix", seconds.pop("ours")
    label = "our service: body to response, with fired rules, reasons and questions"
    return [
        Row(part, label, _us(ours)),
        _row_of_ours(seconds, _ENGINE, [name for name in seconds if name.endswith(_REPORTING)], "at least 5"),
        _row_of_ours(seconds, _VERDICT, [make(sheet).name for make in PEERS], ""),
        *(Row(part, _label(name), _us(spent)) for name, spent in seconds.items() if name not in (_ENGINE, _VERDICT)),
    ]


def _row_of_ours(seconds: dict[str, float], name: str, peers: Sequence[str], target: str) -> Row:
    """Our engine compared with the fastest peer at the same task."""
    quickest = min(peers, key=lambda peer: seconds[peer])
    beside = f"{seconds[quickest] / seconds[name]:.2f} times the speed of {quickest.removesuffix(_REPORTING)}"
    return Row("rules engines, corpus mix", _label(name), _us(seconds[name]), "", beside, target)


_ENGINE, _VERDICT, _FROM_BODY, _REPORTING = "our engine", "our verdict", " from the body", " reporting"


class _Parts:
    """The parts of our engine that do the work of the peers."""

    def __init__(self, knowledge: Knowledge) -> None:
        rulebook = Rulebook(knowledge)
        self.matcher = rulebook.matcher
        self.implications = Implications(knowledge)
        self.items = Items(rulebook)
        self.derivations = Derivations(rulebook)
        self.floor_rules = FloorRules(rulebook, self.items)
        self.urgencies = Urgencies(rulebook, self.items)
        self.causes = Causes(rulebook, self.items)
        self.applying = rulebook.terms_of(rulebook.applies)
        self.weights = rulebook.weights
        self.candidates = {pattern: _candidate(rulebook, cause) for pattern, cause in rulebook.applies.items()}


class _Candidate(NamedTuple):
    """A cause, the terms that exclude it and those of its weights."""

    cause: Cause
    excluded: Bits
    weighing: Bits


def _candidate(rulebook: Rulebook, cause: Cause) -> _Candidate:
    excluded = rulebook.terms_of([rulebook.excludes[cause.id]] if cause.id in rulebook.excludes else [])
    weights = (pattern for pattern, weight in rulebook.weights.items() if weight.cause == cause.id)
    return _Candidate(cause, excluded, rulebook.terms_of(weights))


def _details(parts: _Parts, situation: Situation, report: Report, *, is_complete: bool) -> object:
    """The level and the causes, with fired rules and reasons."""
    floors = parts.floor_rules.floors(situation)
    return parts.urgencies.urgency(floors, situation, report, is_complete=is_complete), parts.causes.listed(situation)


def _verdict(parts: _Parts, situation: Situation, report: Report, *, is_complete: bool) -> object:
    """The level and the leading cause."""
    floors = parts.floor_rules.floors(situation)
    level = parts.urgencies.urgency(floors, situation, report, is_complete=is_complete).level
    matcher, fired = parts.matcher, situation.match.fired
    leads: tuple[int, int, str] = (-1, 0, "")
    for pattern, _ in matcher.patterns(fired & parts.applying):
        candidate = parts.candidates[pattern]
        if not candidate.excluded & fired:
            weighing = matcher.patterns(fired & candidate.weighing)
            points = sum(parts.weights[weight].points for weight, _ in weighing)
            likelihood = parts.causes.likelihood(candidate.cause, points) if weighing else None
            if likelihood is not None and (likelihood.rank, points) > leads[:2]:
                leads = likelihood.rank, points, candidate.cause.id
    return level, leads[2]


def _deciding_here(engine: Engine, parts: _Parts, bodies: Sequence[bytes], decide_one: Callable[..., object]) -> Work:
    """Our engine at the peers' task, with prepared facts."""
    prepared = []
    for body in bodies:
        report = engine.read(body)
        facts = parts.implications.facts(report)
        parts.derivations.measure(facts.known)
        prepared.append((report, facts.known, engine.decide(report).screen_complete))

    def decide() -> None:
        for report, known, is_complete in prepared:
            situation = parts.items.situation(parts.matcher.match(known), known, report)
            decide_one(parts, situation, report, is_complete=is_complete)

    return decide


def _label(name: str) -> str:
    if name == _ENGINE:
        return "our engine alone: level and causes with fired rules and reasons, from prepared facts"
    if name == _VERDICT:
        return "our engine alone: only the level and the leading cause, from prepared facts"
    if name.endswith(_FROM_BODY):
        return f"{name.removesuffix(_FROM_BODY)}: the same from the body, the facts prepared in plain Python"
    if name.endswith(_REPORTING):
        return f"{name.removesuffix(_REPORTING)}: the same, with the red flags and weights that hold"
    return f"{name}: only the level and the leading cause, from prepared facts"


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs"


def _deciding(peer: Any, prepared: Sequence[Any]) -> Work:
    return lambda: [peer.decide(facts) for facts in prepared]


def _reporting(peer: Any, prepared: Sequence[Any]) -> Work:
    return lambda: [(peer.decide(facts), peer.holding(facts)) for facts in prepared]


def _from_body(peer: Any, sheet: Sheet, bodies: Sequence[bytes]) -> Work:
    return lambda: [peer.decide(peer.prepared(sheet.facts(request_of(body)))) for body in bodies]
