"""The contenders over HTTP, each a process on its own core."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.corpus import ROOT
from tests.benchmarks.peers.recorded import VARIABLE
from tests.ports import free_port

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, LOAD_CORES = {CORES[0]}, {CORES[-1]}

OURS = "our service, complete"
OURS_TWICE = "our service, 2 workers on both cores"
LITESTAR = "bare Litestar handler"
ASGI = "bare ASGI application"
FASTAPI = "FastAPI + pydantic + standard middleware"

_START_SECONDS = 30
_HEADERS = {"Content-Type": "application/json"}


class Running(NamedTuple):
    """A contender that serves on `port`."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    seconds_to_answer: float

    def post(self, body: bytes) -> tuple[int, bytes]:
        """The status and the bytes of one response."""
        return _post(self.port, body)


@contextlib.contextmanager
def serving(name: str, folder: Path, body: bytes) -> Iterator[Running]:
    """The contender `name`, once it has answered `body`.

    Its log is in `folder`.
    """
    port = free_port()
    environment = os.environ | {VARIABLE: str(folder / "answers"), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    written = folder / f"{port}.log"
    with written.open("wb") as log:
        process = subprocess.Popen(
            _command(name, port),
            cwd=folder,
            env=environment | _settings(name, port),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    os.sched_setaffinity(process.pid, set(CORES) if name == OURS_TWICE else SERVER_CORES)
    try:
        yield Running(name, process, port, _first_answer(process, port, body, written) - begun)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settings(name: str, port: int) -> dict[str, str]:
    if name not in (OURS, OURS_TWICE):
        return {}
    return {"TRIAGE_PORT": str(port), "TRIAGE_WORKERS": "2" if name == OURS_TWICE else "1", "TRIAGE_LOG_FORMAT": "json"}


def _command(name: str, port: int) -> list[str]:
    if name in (OURS, OURS_TWICE):
        return [sys.executable, "-m", "service", "serve"]
    module = {LITESTAR: "bare_litestar", ASGI: "bare_asgi", FASTAPI: "fastapi_service"}[name]
    server = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--port", str(port)]
    return [sys.executable, "-m", "uvicorn", f"tests.benchmarks.peers.{module}:app", *server]


def _first_answer(process: subprocess.Popen[bytes], port: int, body: bytes, written: Path) -> float:
    until = time.perf_counter() + _START_SECONDS
    while process.poll() is None and time.perf_counter() < until:
        try:
            status, _ = _post(port, body)
        except OSError:
            time.sleep(0.005)
            continue
        if status == http.HTTPStatus.OK:
            return time.perf_counter()
    raise RuntimeError(f"no response; its log:\n{written.read_text(encoding='utf-8')}")


def _post(port: int, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/assess", body, _HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
