"""A collapse of the engine's speed is noticed without a benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from service.engine.rulebook import Rulebook
from service.knowledge.knowledge import Knowledge
from tests.benchmarks import growth, in_process, steps
from tests.benchmarks.corpus import ROOT

_COLLAPSE = 3
_GROWTH = 1.05
"""The most that four times the rules may add to the steps of an answer."""


def _printed(module: str) -> str:
    """What a module prints as a program, without the coverage that the rest of the tests run under."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-m", module]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_engine_has_not_collapsed() -> None:
    """Beside msgspec alone an answer takes less than three times as long as when `make bench` last wrote it down.

    A ratio of two best times of one process, which a busy machine hardly moves; and without the coverage that the
    rest of the tests run under, since that slows the engine and not msgspec.
    """
    assert float(_printed("tests.benchmarks.in_process")) < _COLLAPSE * in_process.kept()


def test_more_rules_add_no_steps() -> None:
    """Four times the rules leave the steps of an answer as they are, wherever a report's findings are."""
    times = json.loads(_printed("tests.benchmarks.steps"))
    assert times.keys() == {"beginning", "end"}
    assert {place: ratio for place, ratio in times.items() if ratio > _GROWTH} == {}


def test_more_rules_make_no_set_longer(shipped: Knowledge) -> None:
    """The sets of what a checklist asks stay as short as they are, since a step takes as long as its set."""
    own = Rulebook(shipped).matcher
    larger = Rulebook(growth.behind(shipped, steps.TIMES - 1)).matcher
    asked = [id_ for checklist in shipped.checklists.values() for id_ in checklist.items]
    assert all(larger.naming[id_].bit_length() == own.naming[id_].bit_length() for id_ in asked)
    assert all(larger.bit_of[id_] == own.bit_of[id_] for id_ in asked)
