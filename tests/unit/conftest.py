"""Asking an engine by the parts of a request, as a client would."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.model.assessment import Assessment

Ask = Callable[..., Assessment]


@pytest.fixture
def ask(engine_of: Callable[[dict[str, Any]], Engine], small_values: dict[str, Any]) -> Ask:
    """Answers a request to the small knowledge, written as its parts; `engine` names another one.

    The engine is made with the question, so that whatever is wrong with it fails the test that asks.
    """
    values = copy.deepcopy(small_values)

    def answer(engine: Engine | None = None, **parts: Any) -> Assessment:
        engine = engine or engine_of(values)
        return engine.assess(engine.read(msgspec.json.encode({"findings": {"ache": False}} | parts)))

    return answer
