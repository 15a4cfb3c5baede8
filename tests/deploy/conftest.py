"""Figures printed at the end of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def figure(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Keep a figure for the end of the run."""
    return pytestconfig.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the measured figures of the image."""
    if figures := config.stash.get(_FIGURES, []):
        terminalreporter.section("the image")
        terminalreporter.write("\n".join([*figures, ""]))
