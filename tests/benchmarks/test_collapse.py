"""A collapse of the engine's speed is noticed without a benchmark."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks import in_process
from tests.benchmarks.corpus import ROOT

_COLLAPSE = 3


def test_the_engine_has_not_collapsed() -> None:
    """Beside msgspec alone an answer takes less than three times as long as when `make bench` last wrote it down.

    A ratio of two best times of one process, which a busy machine hardly moves; and without the coverage that the
    rest of the tests run under, since that slows the engine and not msgspec.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-m", "tests.benchmarks.in_process"]
    measured = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    assert float(measured) < _COLLAPSE * in_process.kept()
