"""A running service for tests whose promise is about sockets; it holds the small knowledge."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.model.version import API_VERSION
from tests.ports import free_port

CONTRACT = "openapi: 3.1.0\ninfo: {title: A contract, version: 1.0.0}\npaths: {}\n"
CONTRACT_JSON = '{"openapi": "3.1.0", "info": {"title": "A contract", "version": "1.0.0"}, "paths": {}}'


@dataclass
class Answer:
    """What came back over one socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def problem(self, status: int, slug: str) -> dict[str, Any]:
        """The problem in it, after all that holds for every problem has been checked."""
        assert self.status == status
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["cache-control"] == "no-store"
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["api-version"] == API_VERSION
        assert self.headers["content-language"] == "en"
        problem: dict[str, Any] = self.json
        assert problem["type"] == f"urn:runner-triage:problem:{slug}"
        assert problem["status"] == status
        assert problem["instance"] == self.headers["x-request-id"]
        assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
        assert "canary" not in self.body.decode()
        return problem


@dataclass
class Running:
    """A service in a process of its own, ended by its own id."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def connect(self) -> socket.socket:
        """A fresh connection, closed with the service."""
        return self._open.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=20))

    def raw(self, *parts: bytes, pause: float = 0.0) -> Answer:
        """Send bytes as they are and read one answer."""
        connection = self.connect()
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        return read_answer(connection)

    @staticmethod
    def read_all(connection: socket.socket) -> bytes:
        """All that comes on a connection to its end."""
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received

    def read(self, connection: socket.socket) -> Answer:
        """The next answer on a connection that stays open."""
        return read_answer(connection)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request with these headers; underscores in names stand for hyphens."""
        lines = {"host": "test", "connection": "close"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            lines.setdefault("content-length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b""))

    def assess(self, body: bytes, **headers: str) -> Answer:
        """`POST /assess` of JSON."""
        return self.send("POST", "/assess", body, **({"content_type": "application/json"} | headers))

    def stream(self) -> socket.socket:
        """A connection on which a stream of lines has begun; each part of it is a `chunk`."""
        connection = self.connect()
        connection.sendall(
            b"POST /assess/batch HTTP/1.1\r\nHost: x\r\nX-Request-ID: stream\r\n"
            b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        return connection

    @staticmethod
    def chunk(data: bytes) -> bytes:
        """A part of a body whose length is not known."""
        return b"%x\r\n%b\r\n" % (len(data), data)

    def is_up(self) -> bool:
        """Whether a request is answered."""
        try:
            return self.send("GET", "/health/live").status == 200
        except (OSError, IndexError):
            return False

    def lines(self) -> list[dict[str, Any]]:
        """Every whole line of the log so far."""
        return [json.loads(line) for line in self.log_file.read_text().rpartition("\n")[0].splitlines()]

    def told(self, event: str) -> int:
        """How often the log tells of an event so far."""
        return sum(line["event"] == event for line in self.lines())

    def line(self, request_id: str) -> dict[str, Any]:
        """The log line of one request."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = [line for line in self.lines() if line.get("request_id") == request_id]
            if found:
                assert len(found) == 1, "one line a request"
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"no log line of {request_id}")

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of its connections, and of the process if it is still there."""
        self._open.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def read_answer(connection: socket.socket) -> Answer:
    """One answer, as far as its `Content-Length`, or to the end of a connection that closes after it."""
    received = b""
    while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)) and (part := connection.recv(65536)):
        body += part
    if "content-length" not in headers and headers.get("connection") == "close":
        while part := connection.recv(65536):
            body += part
    return Answer(int(status.split()[1]), headers, body)


@pytest.fixture(scope="session")
def start(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Starts a service with the small knowledge and these settings, and ends it with the session."""
    running: list[Running] = []
    contract = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    contract.write_text(CONTRACT)
    contract.with_suffix(".json").write_text(CONTRACT_JSON)

    def starter(*program: str, is_traced: bool = False, **settings: str) -> Running:
        port = free_port()
        chosen = {"knowledge": str(small_folder), "contract": str(contract), "port": str(port)} | settings
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
        environment |= {f"TRIAGE_{name.upper()}": value for name, value in chosen.items()}
        if not is_traced:  # tracing triples the time of a start
            environment.pop("COVERAGE_PROCESS_CONFIG", None)
        log_file = tmp_path_factory.mktemp("log") / "log"
        with log_file.open("wb") as log:
            command = [sys.executable, *(program or ("-m", "service", "serve"))]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        service = Running(process, port, log_file)
        running.append(service)
        deadline = time.monotonic() + 60
        while not service.is_up():
            assert process.poll() is None, log_file.read_text()
            assert time.monotonic() < deadline, "it does not come up"
            time.sleep(0.05)
        return service

    yield starter
    for service in running:
        service.close()


@pytest.fixture(scope="session")
def service(start: Callable[..., Running]) -> Running:
    """One service for all tests that leave it as it is; slow bodies are given up soon."""
    return start(body_seconds="1", cors_origins="https://app.example", is_traced=True)
