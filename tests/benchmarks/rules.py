"""Rules engines on the same rules and the same cases, and whether they agree with ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from tests.benchmarks.corpus import Decision, decided
from tests.benchmarks.peers.clips import Clips
from tests.benchmarks.peers.json_logic import DataLogic, PanziJsonLogic
from tests.benchmarks.peers.sheet import Sheet, sheet_of
from tests.benchmarks.peers.zen_engine import ZenEngine
from tests.benchmarks.row import Row
from tests.benchmarks.timing import Work, best

TELLING: tuple[Callable[[Sheet], Any], ...] = (ZenEngine, DataLogic)
"""The two quickest, which are also asked which red flags and weights hold, as an answer has to say."""

PEERS: tuple[Callable[[Sheet], Any], ...] = (ZenEngine, Clips, PanziJsonLogic, DataLogic)


def request_of(body: bytes) -> dict[str, Any]:
    """A body as JSON objects without nulls, as a plain service has it."""
    return {name: _without_nulls(part) for name, part in msgspec.json.decode(body).items() if part is not None}


def _without_nulls(part: Any) -> Any:
    return {name: value for name, value in part.items() if value is not None} if isinstance(part, dict) else part


def disagreements(peer: Any, knowledge: Knowledge, bodies: Sequence[bytes]) -> list[tuple[bytes, Decision, Decision]]:
    """The bodies on which `peer` decides otherwise than our engine: what it says, and what ours says."""
    engine, sheet = Engine(knowledge), sheet_of(knowledge)
    both = ((body, peer.decide(peer.prepared(sheet.facts(request_of(body)))), decided(engine, body)) for body in bodies)
    return [(body, theirs, ours) for body, theirs, ours in both if theirs != ours]


def rows(knowledge: Knowledge, bodies: Sequence[bytes], rounds: int) -> list[Row]:
    """How long one case takes: peers that only decide, and ours from the body to the answer's bytes."""
    engine, sheet = Engine(knowledge), sheet_of(knowledge)
    works: dict[str, Work] = {
        "ours": lambda: [engine.answer(engine.read(body)).body for body in bodies],
        _ENGINE: _deciding_here(engine, bodies),
    }
    for make in PEERS:
        peer = make(sheet)
        if wrong := disagreements(peer, knowledge, bodies):
            raise RuntimeError(f"{peer.name} decides {len(wrong)} cases otherwise: {wrong[0]}")
        prepared = [peer.prepared(sheet.facts(request_of(body))) for body in bodies]
        works[peer.name] = _deciding(peer, prepared)
        if make in TELLING:
            works[peer.name + _TELLING] = _telling(peer, prepared)
        works[peer.name + _FROM_BODY] = _from_body(peer, sheet, bodies)
    seconds = {name: spent / len(bodies) for name, spent in best(works, rounds).items()}
    part, ours = "rules engines, corpus mix", seconds.pop("ours")
    quickest = min(seconds.keys() - {_ENGINE}, key=lambda name: seconds[name])
    what = "our service: body to answer, with all that fired, its reasons, and what to ask next"
    alone = seconds[quickest] / seconds[_ENGINE]
    beside = f"{seconds[quickest] / ours:.2f} times the speed of {quickest}; our engine alone {alone:.2f} times"
    return [
        Row(part, what, _us(ours), "", beside, "at least 5 times the quickest"),
        *(Row(part, _what(name), _us(spent), "", f"{spent / ours:.2f} of ours") for name, spent in seconds.items()),
    ]


_ENGINE, _FROM_BODY, _TELLING = "our engine", " from the body", " telling"


def _deciding_here(engine: Engine, bodies: Sequence[bytes]) -> Work:
    """Our engine at the work of the peers: the facts are prepared, and whether questions are open is known."""
    prepared = []
    for body in bodies:
        report = engine.read(body)
        facts = engine._implications.facts(report)
        engine._derivations.measure(facts.known)
        prepared.append((report, facts.known, engine.decide(report).screen_complete))

    def decide() -> None:
        for report, known, is_complete in prepared:
            situation = engine._items.situation(engine._matcher.match(known), known, report)
            floors = engine._urgencies.floors(situation)
            engine._urgencies.urgency(floors, situation, report, is_complete=is_complete)
            engine._causes.listed(situation)

    return decide


def _what(name: str) -> str:
    if name == _ENGINE:
        return "our engine alone: level and causes with what fired and why, from prepared facts"
    if name.endswith(_FROM_BODY):
        return f"{name.removesuffix(_FROM_BODY)}: the same from the body, the facts prepared in plain Python"
    if name.endswith(_TELLING):
        return f"{name.removesuffix(_TELLING)}: the same, and which red flags and weights hold"
    return f"{name}: only the level and the leading cause, from prepared facts"


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs"


def _deciding(peer: Any, prepared: Sequence[Any]) -> Work:
    return lambda: [peer.decide(facts) for facts in prepared]


def _telling(peer: Any, prepared: Sequence[Any]) -> Work:
    return lambda: [(peer.decide(facts), peer.tell(facts)) for facts in prepared]


def _from_body(peer: Any, sheet: Sheet, bodies: Sequence[bytes]) -> Work:
    return lambda: [peer.decide(peer.prepared(sheet.facts(request_of(body)))) for body in bodies]
