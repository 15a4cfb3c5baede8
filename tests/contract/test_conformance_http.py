"""The service behind its own server does what the contract says: the command that partners run, over a socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.contract import SHIPPED
from service.knowledge import loader

_CONFIG = SHIPPED / "conformance.toml"
_CONTRACT = SHIPPED / "openapi.yaml"


@pytest.fixture(scope="module")
def shipped_service(start: Callable[..., Any]) -> Any:
    """The service with the knowledge and the contract that it ships with."""
    return start(knowledge=str(loader.SHIPPED), contract=str(_CONTRACT), log_level="error")


# The second pass leaves out what takes nothing that can be wrong.
_MODES = {
    "all": (),
    "negative": ("--exclude-path-regex", "^/(docs|health|metrics|openapi|knowledge$)"),
}


@pytest.mark.parametrize("mode", _MODES)
def test_the_running_service_conforms(shipped_service: Any, mode: str, tmp_path: Path) -> None:
    """All checks of schemathesis pass over HTTP, for mixed requests and then for bad ones alone."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run", str(_CONTRACT)),
        *("--url", f"http://127.0.0.1:{shipped_service.port}", "--mode", mode, "--max-examples", "20"),
        *("--seed", "1", "--generation-deterministic", "--no-color", *_MODES[mode]),
    ]
    environment = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)}
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert int(re.findall(r"(\d+) passed", run.stdout)[-1]) >= 100, run.stdout[-2000:]
