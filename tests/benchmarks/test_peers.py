"""The peers decide as we do; one that does not is no peer, and `make bench` stops here."""

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


@pytest.fixture(scope="module")
def bodies(shipped: Knowledge) -> list[bytes]:
    """Every request that is measured, and a yes to each question of the screen alone."""
    questions = shipped.safety_screen.questions
    asked = [json.dumps({"findings": {"calf_cramp": True}, "safety_screen": {id_: True}}) for id_ in questions]
    return [corpus.readme_request(), *corpus.mix(shipped), *(body.encode() for body in asked)]


@pytest.mark.parametrize("make", rules.PEERS, ids=lambda make: make.name)
def test_a_rules_engine_decides_as_ours(make: Callable[[Sheet], Any], shipped: Knowledge, bodies: list[bytes]) -> None:
    """The same rules give the same level and the same leading cause on every case."""
    assert rules.disagreements(make(sheet_of(shipped)), shipped, bodies) == []


@pytest.mark.parametrize("make", rules.TELLING, ids=lambda make: make.name)
def test_a_rules_engine_tells_the_red_flags_as_ours(
    make: Callable[[Sheet], Any], shipped: Knowledge, engine: Engine, bodies: list[bytes]
) -> None:
    """The red flags that it finds, each by itself, are those of our answer, so that it is timed for right work."""
    sheet = sheet_of(shipped)
    peer, flags = make(sheet), sheet.rules.red_flags
    for body in bodies:
        told = peer.tell(peer.prepared(sheet.facts(rules.request_of(body))))
        fired = tuple(flag.id for flag, holds in zip(flags, told[: len(flags)], strict=True) if holds)
        assert len(told) == len(sheet.each)
        assert fired == engine.answer(engine.read(body)).red_flags


def test_the_plain_rules_say_what_ours_say(shipped: Knowledge, engine: Engine, bodies: list[bytes]) -> None:
    """The plain evaluation finds the same red flags and the same causes in the same order."""
    plain = PlainRules(shipped)
    for body in bodies:
        decided, answer = plain.decide(rules.request_of(body)), engine.answer(engine.read(body))
        assert decided.level == answer.level
        assert {flag.id for flag in decided.fired} == set(answer.red_flags)
        causes = engine.assess(engine.read(body)).causes
        assert [fit.cause.id for fit in decided.causes] == [cause.id for cause in causes]


def test_the_fastapi_service_answers_as_ours(engine: Engine, bodies: list[bytes]) -> None:
    """It says the same level, leading cause and highest level that is still possible, in an answer of like size."""
    from tests.benchmarks.peers.fastapi_service import app  # noqa: PLC0415 (it reads the knowledge when imported)

    async def answers() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://peer") as client:
            headers = {"content-type": "application/json"}
            return [await client.post("/assess", content=body, headers=headers) for body in bodies]

    theirs, ours = asyncio.run(answers()), [engine.answer(engine.read(body)).body for body in bodies]
    for body, peer, own in zip(bodies, theirs, ours, strict=True):
        answer = peer.json()
        leads = answer["causes"][0]["id"] if answer["causes"] else None
        assert Decision(answer["triage"]["level"], leads) == corpus.decided(engine, body)
        assert answer["triage"]["could_rise_to"] == json.loads(own)["triage"]["could_rise_to"]
    assert sum(len(peer.content) for peer in theirs) > 0.9 * sum(len(own) for own in ours)


@pytest.mark.parametrize("grown", [growth.apart, growth.entangled])
def test_a_grown_knowledge_decides_the_same(
    grown: Callable[[Knowledge, int], Knowledge], shipped: Knowledge, engine: Engine, bodies: list[bytes]
) -> None:
    """The copies of the rules are there and change neither level nor leading cause, so that only the size differs."""
    larger = grown(shipped, 2)
    assert len(larger.red_flags) == 3 * len(shipped.red_flags)
    assert len(larger.causes) == 3 * len(shipped.causes)
    larger_engine = Engine(larger)
    assert [corpus.decided(larger_engine, body) for body in bodies] == [corpus.decided(engine, body) for body in bodies]
