"""A collapse of the engine's speed fails a test without a benchmark."""

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
"""The maximum growth of a response's steps with four times the rules."""


def _printed(module: str) -> str:
    """The output of a module run as a program, without coverage."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-m", module]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_engine_has_not_collapsed() -> None:
    """Relative to msgspec, a response takes less than three times as long as in the stored `make bench`.

    The ratio is between the best times of one process, which a busy machine hardly changes. It runs without the tests'
    coverage, which slows the engine and not msgspec.
    """
    assert float(_printed("tests.benchmarks.in_process")) < _COLLAPSE * in_process.kept()


def test_more_rules_add_no_steps() -> None:
    """With four times the rules the steps of a response stay equal, whatever the position of its findings."""
    times = json.loads(_printed("tests.benchmarks.steps"))
    assert times.keys() == {"beginning", "end"}
    assert {place: ratio for place, ratio in times.items() if ratio > _GROWTH} == {}


def test_more_rules_make_no_set_longer(shipped: Knowledge) -> None:
    """The sets of asked findings stay equally short, because the time of a step depends on its set."""
    own = Rulebook(shipped).matcher
    larger = Rulebook(growth.behind(shipped, steps.TIMES - 1)).matcher
    asked = [id_ for checklist in shipped.checklists.values() for id_ in checklist.items]
    assert all(larger.terms_naming[id_].bit_length() == own.terms_naming[id_].bit_length() for id_ in asked)
    assert all(larger.bit_of[id_] == own.bit_of[id_] for id_ in asked)
