"""Starts that must fail."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.knowledge.loader import SHIPPED
from tests.ports import free_port


def test_a_folder_without_room_for_metrics_stops_several_workers(report: Callable[..., None], tmp_path: Path) -> None:
    """Two workers exit at once with one line that names the folder and TMPDIR; one worker needs no folder."""
    small = shlex.quote(str(tmp_path))
    mounted = f"mount -t tmpfs -o size=64k tmpfs {small} && exec {shlex.quote(sys.executable)} -m service serve"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    environment |= {"TRIAGE_WORKERS": "2", "TRIAGE_PORT": str(free_port()), "TMPDIR": str(tmp_path)}
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mounted]
    if subprocess.run([*command[:-1], "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk is not permitted")
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    report("no room for the metrics, two workers", exit_code=ended.returncode)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"{tmp_path}: no room for the metrics of 2 workers, 2 MiB (No space left on device); "
        "set TMPDIR to another folder\n"
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_bad_knowledge_never_gets_ready_and_all_faults_are_named(
    report: Callable[..., None], tmp_path: Path, workers: str
) -> None:
    """Knowledge with faults in three files stops the start with 1, names each, and answers no request."""
    folder = tmp_path / "knowledge"
    shutil.copytree(SHIPPED, folder)
    broken = sorted((folder / "causes").glob("*.yaml"))[:3]
    for file in broken:
        file.write_text(file.read_text(encoding="utf-8") + "\nno_such_key: 1\n", encoding="utf-8")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    settings = {"TRIAGE_KNOWLEDGE": str(folder), "TRIAGE_PORT": str(port), "TRIAGE_WORKERS": workers}
    process: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-m", "service", "serve"],
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    answered = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        while process.poll() is None:
            try:
                client.get("/health/ready")
                answered += 1
            except httpx.TransportError:
                pass
    said = process.communicate()[0]
    report(
        f"bad knowledge at the start, workers: {workers}",
        faults_named=sum(file.name in said for file in broken),
        exit_code=process.returncode,
        answers=answered,
    )
    assert process.returncode == 1
    assert answered == 0
    assert all(file.name in said for file in broken), said
    assert "Traceback" not in said
