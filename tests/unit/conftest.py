"""Asking an engine by the parts of a request, as a client would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.model.assessment import Assessment

Ask = Callable[..., Assessment]

_SIGNS = ("sign_1", "sign_2", "sign_3", "under_18", "severe_pain", "odd_sign", "near_miss")


@pytest.fixture
def ask(small_knowledge: Knowledge) -> Ask:
    """Answers a request to the small knowledge, written as its parts; `engine` names another one.

    `no_other_sign` denies each sign of the small knowledge that the request does not mention. The engine is made with
    the question, so that a fault in it fails the test that asks.
    """

    def answer(engine: Engine | None = None, *, no_other_sign: bool = False, **parts: Any) -> Assessment:
        engine = engine or Engine(small_knowledge)
        if no_other_sign:
            parts["findings"] = dict.fromkeys(_SIGNS, False) | {"ache": False} | parts.get("findings", {})
        return engine.assess(engine.read(msgspec.json.encode({"findings": {"ache": False}} | parts)))

    return answer
