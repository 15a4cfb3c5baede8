"""The peers decide as we do; `make bench` stops here if one does not."""

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
    """Each request that is measured; each item ticked alone; and each item not known while all others are denied."""
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
    """The same rules give the same level and the same leading cause on every case."""
    assert rules.disagreements(make(sheet_of(shipped)), shipped, bodies) == []


@pytest.mark.parametrize("make", rules.TELLING, ids=lambda make: make.name)
def test_a_rules_engine_tells_the_red_flags_as_ours(
    make: Callable[[Sheet], Any], shipped: Knowledge, engine: Engine, bodies: list[bytes]
) -> None:
    """The red flags that it finds, each by itself, are those of our response, so that its time is for the same work."""
    sheet = sheet_of(shipped)
    peer, flags = make(sheet), sheet.rules.red_flags
    for body in bodies:
        told = peer.tell(peer.prepared(sheet.facts(rules.request_of(body))))
        fired = tuple(flag.id for flag, holds in zip(flags, told[: len(flags)], strict=True) if holds)
        assert len(told) == len(sheet.each)
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
    """It gives the same level, limit, leading cause and end, in a response of like size."""
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
    """Copies of the rules change neither the level nor the leading cause, so that only the size differs."""
    larger = grown(shipped, 2)
    assert len(larger.red_flags) == 3 * len(shipped.red_flags)
    assert len(larger.causes) == 3 * len(shipped.causes)
    larger_engine = Engine(larger)
    assert [corpus.decided(larger_engine, body) for body in bodies] == [corpus.decided(engine, body) for body in bodies]
