"""Real dependencies, and services with any number of processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.engine import Engine
from service.errors import RequestFault
from service.knowledge.loader import SHIPPED, load
from tests.faults.callers import Pair
from tests.faults.processes import joining, memory_group
from tests.ports import free_port
from tests.waiting import until

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"

POD_MEMORY = 256 << 20
"""As in `deploy/kubernetes/base/deployment.yaml`."""

_UP_SECONDS = 60


@dataclass
class Service:
    """A service in a process of its own."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    log_file: Path

    @property
    def port(self) -> int:
        """The port of the service."""
        port = self.client.base_url.port
        assert port is not None
        return port

    def workers(self) -> list[int]:
        """The worker processes, without the parent of several."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        spawned = [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return spawned or [self.process.pid]

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def end(self) -> None:
        """Kill the service and its workers."""
        self.client.close()
        if self.process.poll() is None:
            for pid in {*self.workers(), self.process.pid}:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def assess(self) -> httpx.Response:
        """The response to a small report."""
        return self.client.post("/assess", json={"findings": {"ache": True}})

    def is_up(self) -> bool:
        """Whether the service answers a request."""
        assert self.process.poll() is None, self.log_file.read_text()
        try:
            return self.client.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def metric(self, name: str) -> float:
        """The value of one counter without labels."""
        text = self.client.get("/metrics").text
        return next(float(line.split()[1]) for line in text.splitlines() if line.split()[0] == name)

    def events(self) -> list[str]:
        """The events in the log, without the requests."""
        lines = [json.loads(line) for line in self.log_file.read_text().rpartition("\n")[0].splitlines()]
        return [line["event"] for line in lines if line["event"] != "request"]


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Write one row of the final table."""

    def row(fault: str, **figures: object) -> None:
        text = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in figures.items())
        request.config.stash.setdefault(FIGURES, []).append(f"| {fault} | {text} |")

    return row


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the figures of all faults as one Markdown table."""
    if rows := config.stash.get(FIGURES, []):
        terminalreporter.section("result of each fault")
        terminalreporter.write("\n".join(["| fault | figures |", "|---|---|", *rows, ""]))


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """The requests of the contract's examples, with the engine's bytes."""
    engine = Engine(load(SHIPPED))
    pairs = []
    for path in sorted(EXAMPLES.glob("*.request.json")):
        with contextlib.suppress(RequestFault):
            body = path.read_bytes()
            pairs.append(Pair(body, engine.answer(engine.read(body)).body))
    assert len(pairs) > 5
    return pairs


@pytest.fixture
def serve(small_folder: Path, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a service with these settings, ended with the test."""
    running: list[Service] = []

    def start(*, output: int | None = None, group: Path | None = None, **settings: str) -> Service:
        port = settings.get("port") or free_port()
        chosen = {"knowledge": str(small_folder), "port": str(port)} | settings
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
        environment |= {f"TRIAGE_{name.upper()}": value for name, value in chosen.items()}
        log_file = tmp_path / f"log-{port}"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [*joining(group), sys.executable, "-m", "service", "serve"],
                env=environment,
                stdout=log if output is None else output,
                stderr=log,
            )
        service = Service(process, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20), log_file)
        running.append(service)
        until(service.is_up, "the service does not start", seconds=_UP_SECONDS)
        return service

    yield start
    for service in running:
        service.end()


@pytest.fixture
def pod_memory() -> Iterator[Path | None]:
    """A control group with a pod's memory, or None if impossible."""
    with memory_group(POD_MEMORY) as group:
        yield group


class LimitStore:
    """A real Redis that can be stopped, stalled and restarted."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        listen = (
            ("--port", "0", "--tls-port", str(self.port))
            if "--tls-cert-file" in options
            else ("--port", str(self.port))
        )
        memory_only = ("--save", "", "--appendonly", "no")
        self._command = ("redis-server", *listen, "--bind", "127.0.0.1", "--dir", str(folder), *memory_only, *options)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start without counters."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until(self._is_up, "redis-server does not start", seconds=_UP_SECONDS)

    def kill(self) -> None:
        """Kill the store, like a failing machine."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stall(self) -> None:
        """Keep listening without replies."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Reply again."""
        self._signal(signal.SIGCONT)

    def _signal(self, sig: int) -> None:
        assert self._process is not None
        self._process.send_signal(sig)

    def _is_up(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def limit_store(tmp_path: Path) -> Iterator[Callable[..., LimitStore]]:
    """Start a store with these options, ended with the test."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is missing and cannot be installed")
    stores: list[LimitStore] = []

    def start(*options: str) -> LimitStore:
        stores.append(LimitStore(tmp_path, *options))
        stores[-1].start()
        return stores[-1]

    yield start
    for store in stores:
        store.kill()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its private key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing and cannot be installed")
    made = tmp_path / "store.crt", tmp_path / "store.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run(command, check=True, capture_output=True)
    return made
