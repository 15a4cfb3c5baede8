"""Knowledge and engines for tests: the shipped and the small ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load


@pytest.fixture(scope="session")
def small_folder() -> Path:
    """The folder of the small knowledge.

    It has three signs, five red flags, two causes and two fixes.
    """
    return Path(__file__).parent / "small_knowledge"


@pytest.fixture(scope="session")
def small_knowledge(small_folder: Path) -> Knowledge:
    """The small knowledge, as the service loads it."""
    return load(small_folder)


@pytest.fixture
def small_values(small_knowledge: Knowledge) -> dict[str, Any]:
    """The small knowledge as plain values, to be changed by a test."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(small_knowledge))
    return values


@pytest.fixture
def engine_of() -> Callable[[dict[str, Any]], Engine]:
    """Makes an engine of plain values, without the lint."""
    return lambda values: Engine(msgspec.convert(values, Knowledge))


@pytest.fixture(scope="session")
def small_engine(small_knowledge: Knowledge) -> Engine:
    """The engine of the small knowledge."""
    return Engine(small_knowledge)


@pytest.fixture(scope="session")
def shipped() -> Knowledge:
    """The knowledge that the service ships with."""
    return load()


@pytest.fixture(scope="session")
def engine(shipped: Knowledge) -> Engine:
    """The engine of the shipped knowledge."""
    return Engine(shipped)
