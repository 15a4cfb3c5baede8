"""Processes of a browser test: a service and its proxy."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port
from tests.waiting import until


@contextmanager
def running_service(folder: Path, **settings: str) -> Iterator[str]:
    """A shipped service with these settings."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")} | settings
    command = [sys.executable, "-m", "service", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, folder / "service.log", f"http://127.0.0.1:{port}", "/health/ready", environment) as address:
        yield address


@contextmanager
def running(command: list[str], log: Path, address: str, path: str, environment: dict[str, str]) -> Iterator[str]:
    """A process during the test; it is ready when `path` answers."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)

    def is_up() -> bool:
        assert process.poll() is None, log.read_text()
        return _answers(address + path)

    try:
        until(is_up, f"{command[0]} does not start", seconds=60, pause=0.1)
        yield address
    finally:
        process.kill()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)
    except OSError:
        return False
