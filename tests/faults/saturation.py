"""`wrk` as a saturating client of the fault tests."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.saturation import bodies_file
from tests.faults.callers import Pair

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "requests.lua"


def saturate(port: int, pair: Pair, folder: Path, *, connections: int, seconds: int) -> subprocess.Popen[str]:
    """Start `wrk`; the test is skipped without it."""
    if (wrk := shutil.which("wrk")) is None:
        pytest.skip("wrk is missing and cannot be installed")
    bodies = bodies_file(folder, "one", [pair.body])
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT)]
    target = [f"http://127.0.0.1:{port}", "--", str(bodies)]
    return subprocess.Popen([*command, *target], stdout=subprocess.PIPE, text=True)


def figures(process: subprocess.Popen[str]) -> Any:
    """The counts of a finished `wrk`."""
    printed = process.communicate()[0]
    (line,) = (line.removeprefix("FIGURES ") for line in printed.splitlines() if line.startswith("FIGURES "))
    return json.loads(line)
