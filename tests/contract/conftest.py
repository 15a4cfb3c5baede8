"""A running service with the small knowledge, for tests that need sockets."""

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
    """One response, as read from a socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    def problem(self, status: int, slug: str) -> dict[str, Any]:
        """The problem in the body, after the checks for every problem."""
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
    """A service in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def connect(self) -> socket.socket:
        """A new connection, closed with the service."""
        return self._open.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=20))

    def raw(self, *parts: bytes, pause: float = 0.0) -> Answer:
        """Send raw bytes and read one response."""
        connection = self.connect()
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        return read_answer(connection)

    @staticmethod
    def read_all(connection: socket.socket) -> bytes:
        """All bytes of a connection until its end."""
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received

    def read(self, connection: socket.socket) -> Answer:
        """The next response on a connection that stays open."""
        return read_answer(connection)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; underscores in header names become hyphens."""
        lines = {"host": "test", "connection": "close"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            lines.setdefault("content-length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b""))

    def assess(self, body: bytes, **headers: str) -> Answer:
        """`POST /assess` with a JSON body."""
        return self.send("POST", "/assess", body, **({"content_type": "application/json"} | headers))

    def stream(self) -> socket.socket:
        """A connection with an open NDJSON request; send its parts with `chunk`."""
        connection = self.connect()
        connection.sendall(
            b"POST /assess/batch HTTP/1.1\r\nHost: x\r\nX-Request-ID: stream\r\n"
            b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        return connection

    @staticmethod
    def chunk(data: bytes) -> bytes:
        """One chunk of a chunked body."""
        return b"%x\r\n%b\r\n" % (len(data), data)

    def is_up(self) -> bool:
        """Whether the service answers a request."""
        try:
            return self.send("GET", "/health/live").status == 200
        except (OSError, IndexError):
            return False

    def lines(self) -> list[dict[str, Any]]:
        """All complete lines of the log."""
        return [json.loads(line) for line in self.log_file.read_text().rpartition("\n")[0].splitlines()]

    def count_events(self, event: str) -> int:
        """The number of log lines with this event."""
        return sum(line["event"] == event for line in self.lines())

    def line(self, request_id: str) -> dict[str, Any]:
        """The access log line of one request."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = [line for line in self.lines() if line.get("request_id") == request_id]
            if found:
                assert len(found) == 1, "one line for each request"
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"no log line of {request_id}")

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.close()

    def close(self) -> None:
        """Close the connections, and kill the process if it still runs."""
        self._open.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def read_answer(connection: socket.socket) -> Answer:
    """One response, up to its `Content-Length` or the connection's end."""
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
    """Start a service with the small knowledge; it ends with the session."""
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
            assert time.monotonic() < deadline, "the service does not start"
            time.sleep(0.05)
        return service

    yield starter
    for service in running:
        service.close()


@pytest.fixture(scope="session")
def service(start: Callable[..., Running]) -> Running:
    """A service for tests that leave it unchanged; bodies time out soon."""
    return start(body_seconds="1", cors_origins="https://app.example", is_traced=True)
