"""Asking an engine by the parts of a request, as a client would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.model.assessment import Assessment

Ask = Callable[..., Assessment]


@pytest.fixture(scope="session")
def ask(small_engine: Engine) -> Ask:
    """Answers a request to the small knowledge, written as its parts; `engine` names another one."""

    def answer(engine: Engine = small_engine, **parts: Any) -> Assessment:
        return engine.assess(engine.read(msgspec.json.encode({"findings": {"ache": False}} | parts)))

    return answer
