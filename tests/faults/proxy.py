"""A real haproxy with a given configuration."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def haproxy(folder: Path, configuration: str) -> Iterator[None]:
    """Run haproxy during the block; skip the test without haproxy."""
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    if not Path(program).exists():
        pytest.skip("haproxy is missing and cannot be installed")
    file = folder / "haproxy.cfg"
    file.write_text(configuration)
    process = subprocess.Popen([program, "-db", "-f", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()
