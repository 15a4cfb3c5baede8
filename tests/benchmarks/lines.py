"""Batches through the command line, one request per line."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.corpus import ROOT
from tests.benchmarks.row import Row


def rows(bodies: Sequence[bytes], folder: Path, count: int) -> list[Row]:
    """The time for `count` lines of the corpus mix on all cores."""
    asked = folder / "lines.in"
    with asked.open("wb") as file:
        for body in itertools.islice(itertools.cycle(bodies), count):
            file.write(body + b"\n")
    begun = time.perf_counter()
    command = [sys.executable, "-m", "service", "assess", "--batch", str(asked), "-"]
    answered = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        while part := process.stdout.read(1 << 20):
            answered += part.count(b"\n")
    seconds = time.perf_counter() - begun
    asked.unlink()
    if process.returncode or answered != count:
        raise RuntimeError(
            f"{answered} of {count} lines were answered, and the command ended with {process.returncode}"
        )
    what = f"{count:,} lines through `triage assess --batch`, on all cores"
    return [Row("command line", what, f"{seconds:.0f} s", "", f"{count / seconds:,.0f} lines/s")]
