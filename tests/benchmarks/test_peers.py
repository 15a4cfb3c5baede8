"""The peers decide like us; otherwise `make bench` stops here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from tests.benchmarks import corpus, growth, rules
from tests.benchmarks.corpus import Decision
from tests.benchmarks.peers.plain import PlainRules
from tests.benchmarks.peers.sheet import Sheet, sheet_of

COMPLAINT = "calf_cramp"


@pytest.fixture(scope="module")
def bodies(shipped: Knowledge) -> list[bytes]:
    """Each measured request, each ticked item, and each unknown item."""
    items = [id_ for checklist in shipped.checklists.values() for id_ in checklist.items]
    items = [id_ for id_ in items if shipped.findings[id_].kind == "boolean" and id_ != COMPLAINT]
    alone = [{"findings": {COMPLAINT: True, id_: True}} for id_ in items]
    not_known = [
        {"findings": {COMPLAINT: True, **dict.fromkeys(items, False), id_: None}, "not_known": [id_]} for id_ in items
    ]
    made = (json.dumps(request).encode() for request in (*alone, *not_known))
    return [corpus.first_call(), corpus.last_call(), *corpus.mix(shipped), *made]


@pytest.mark.parametrize("make", rules.PEERS, ids=lambda make: make.name)
def test_a_rules_engine_decides_as_ours(make: Callable[[Sheet], Any], shipped: Knowledge, bodies: list[bytes]) -> None:
    """The same rules give the same level and the same leading cause in every case."""
    assert rules.disagreements(make(sheet_of(shipped)), shipped, bodies) == []


@pytest.mark.parametrize("make", rules.REPORTING, ids=lambda make: make.name)
def test_a_rules_engine_reports_our_red_flags(
    make: Callable[[Sheet], Any], shipped: Knowledge, engine: Engine, bodies: list[bytes]
) -> None:
    """The peer reports the red flags of our response, each alone, so that its time is for the same task."""
    sheet = sheet_of(shipped)
    peer, flags = make(sheet), sheet.rules.red_flags
    for body in bodies:
        held = peer.holding(peer.prepared(sheet.facts(rules.request_of(body))))
        fired = tuple(flag.id for flag, holds in zip(flags, held[: len(flags)], strict=True) if holds)
        assert len(held) == len(sheet.each)
        assert fired == engine.answer(engine.read(body)).red_flags


def test_the_plain_rules_decide_as_ours(shipped: Knowledge, engine: Engine, bodies: list[bytes]) -> None:
    """The plain rules find the same level, limit, end, red flags and causes, so they also check the engine."""
    plain = PlainRules(shipped)
    for body in bodies:
        decided, ours = plain.decide(rules.request_of(body)), engine.decide(engine.read(body))
        assert decided.level == ours.level
        assert decided.could_rise_to == ours.could_rise_to
        assert ours.screen_complete == (not decided.asked)
        assert [flag.id for flag in decided.fired] == [flag.id for flag in ours.fired]
        assert [(fit.cause.id, fit.points) for fit in decided.causes] == [(it.id, it.points) for it in ours.causes]


def test_the_fastapi_service_answers_as_ours(engine: Engine, bodies: list[bytes]) -> None:
    """The FastAPI service has the same level, limit, leading cause and end, in a response of similar size."""
    from tests.benchmarks.peers.fastapi_service import app  # noqa: PLC0415 (it reads the knowledge when imported)

    async def answers() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://peer") as client:
            headers = {"content-type": "application/json"}
            return [await client.post("/assess", content=body, headers=headers) for body in bodies]

    theirs, ours = asyncio.run(answers()), [engine.answer(engine.read(body)).body for body in bodies]
    for body, peer, own in zip(bodies, theirs, ours, strict=True):
        answer, expected = peer.json(), json.loads(own)
        leads = answer["causes"][0]["id"] if answer["causes"] else None
        assert Decision(answer["triage"]["level"], leads) == corpus.decided(engine, body)
        assert answer["triage"]["could_rise_to"] == expected["triage"]["could_rise_to"]
        assert answer["interview"]["stop_reason"] == expected["interview"]["stop_reason"]
    assert sum(len(peer.content) for peer in theirs) > 0.9 * sum(len(own) for own in ours)


@pytest.mark.parametrize("grown", [growth.apart, growth.behind, growth.entangled])
def test_a_grown_knowledge_decides_the_same(
    grown: Callable[[Knowledge, int], Knowledge], shipped: Knowledge, engine: Engine, bodies: list[bytes]
) -> None:
    """Copies of the rules change neither the level nor the leading cause, so only the size differs."""
    larger = grown(shipped, 2)
    assert len(larger.red_flags) == 3 * len(shipped.red_flags)
    assert len(larger.causes) == 3 * len(shipped.causes)
    larger_engine = Engine(larger)
    assert [corpus.decided(larger_engine, body) for body in bodies] == [corpus.decided(engine, body) for body in bodies]
