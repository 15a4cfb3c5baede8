"""Ask an engine by the parts of a request, like a client."""

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
    """Return a function that assesses a request against the small knowledge.

    The request is given as its parts, and `engine` selects another engine. `no_other_sign` denies each sign of the
    small knowledge that the request omits. The engine is created per call, so that its faults fail the calling test.
    """

    def answer(engine: Engine | None = None, *, no_other_sign: bool = False, **parts: Any) -> Assessment:
        engine = engine or Engine(small_knowledge)
        if no_other_sign:
            parts["findings"] = dict.fromkeys(_SIGNS, False) | {"ache": False} | parts.get("findings", {})
        return engine.assess(engine.read(msgspec.json.encode({"findings": {"ache": False}} | parts)))

    return answer
