"""A real Prometheus scrapes real workers and evaluates the alerts."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.deploy.commands import RUNBOOK, SETUP, commands
from tests.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monitoring"
EXAMPLES = [
    asked.with_name(asked.name.replace(".response.", ".request.")).read_bytes()
    for asked in sorted((ROOT / "openapi" / "examples").glob("*.response.json"))
]
ASSESSED, REFUSED = 120, 60
_until = partial(until, seconds=60, pause=0.25)

if shutil.which("prometheus") is None or shutil.which("promtool") is None:
    pytest.skip("prometheus (Debian's package) is missing", allow_module_level=True)


@dataclass
class Watched:
    """Two instances, the second with other knowledge, and their Prometheus."""

    prometheus: str
    workers: str
    other: str
    log: Path
    stop_other: Callable[[], None]

    def ask(self, path: str, **query: str) -> Any:
        """A response of Prometheus' API."""
        return httpx.get(f"http://{self.prometheus}/api/v1/{path}", params=query).raise_for_status().json()["data"]

    def value(self, expression: str) -> float | None:
        """The single value of an expression, or none."""
        found = self.ask("query", query=expression)["result"]
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def firing(self) -> set[tuple[str, str]]:
        """The firing alerts, each with its distinguishing label."""
        return {
            (alert["labels"]["alertname"], alert["labels"].get("type") or alert["labels"].get("instance", ""))
            for alert in self.ask("alerts")["alerts"]
            if alert["state"] == "firing"
        }


def _answers(address: str, path: str) -> bool:
    try:
        return httpx.get(f"http://{address}{path}").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@contextmanager
def _running(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _service(folder: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    environment |= {f"TRIAGE_{name}": value for name, value in settings.items()} | {"TRIAGE_PORT": str(port)}
    with _running([sys.executable, "-m", "service", "serve"], folder / f"{port}.log", environment) as process:
        _until(lambda: _answers(f"127.0.0.1:{port}", "/health/ready"), "the service does not start")
        yield process


def _short(folder: Path, targets: list[str]) -> Path:
    """The shipped configuration with the test's targets and no delays."""
    config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))
    config["global"] = dict.fromkeys(config["global"], "1s")
    (job,) = config["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": targets}]
    rules = yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "2s"
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    return folder / "prometheus.yaml"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Iterator[Watched]:
    """Two workers, an instance with other knowledge, and Prometheus."""
    folder = tmp_path_factory.mktemp("watched")
    ports = [free_port() for _ in range(3)]
    workers, other, prometheus = (f"127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        stack.enter_context(_service(folder, ports[0], WORKERS="2"))
        second = stack.enter_context(_service(folder, ports[1], KNOWLEDGE=str(small_folder)))

        def stop_second() -> None:
            second.terminate()
            second.wait(20)

        command = [
            "prometheus",
            f"--config.file={_short(folder, [workers, other])}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={prometheus}",
        ]
        stack.enter_context(_running(command, folder / "prometheus.log", dict(os.environ)))
        _until(lambda: _answers(prometheus, "/-/ready"), "Prometheus does not start")
        log = folder / f"{ports[0]}.log"
        watch = Watched(prometheus, workers, other, log, stop_second)
        _until(lambda: watch.value("sum(up)") == 2, "the two instances are not scraped")
        _until(lambda: watch.value("count(triage:assessments:increase1h)") == 1, "the rules are not evaluated")
        _post(workers)
        yield watch


def _post(address: str) -> None:
    """Send assessments, half as many invalid bodies, and one invalid line.

    Each has its own connection.
    """
    for number in range(ASSESSED):
        assert _status(address, EXAMPLES[number % len(EXAMPLES)]) == 200
    for _ in range(REFUSED):
        assert _status(address, b"{") == 400
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"this is not HTTP\r\n\r\n")
        assert b" 400 " in connection.makefile("rb").readline()


def _status(address: str, body: bytes) -> int:
    headers = {"Content-Type": "application/json"}
    return httpx.post(f"http://{address}/assess", content=body, headers=headers).status_code


def test_the_scraped_counts_equal_the_requests(watched: Watched) -> None:
    """The counts of two workers are one sum, equal to the sent and answered requests."""
    sums = {
        'sum(triage_http_requests_total{route="/assess", status="200"})': ASSESSED,
        'sum(triage_http_requests_total{route="/assess", status="400"})': REFUSED,
        "sum(triage_assessments_total)": ASSESSED,
        'triage_rejected_total{type="malformed-body", instance="%s"}' % watched.workers: REFUSED,  # noqa: UP031 (braces)
        'sum(triage_http_request_seconds_bucket{route="/assess", le="+Inf"})': ASSESSED + REFUSED,
        'triage_connections_refused_total{kind="bad-request", instance="%s"}' % watched.workers: 1,  # noqa: UP031 (braces)
    }
    _until(lambda: {asked: watched.value(asked) for asked in sums} == sums, "the sums differ")


def test_the_text_is_as_prometheus_wants_it(watched: Watched) -> None:
    """The metrics' names, units, texts and types pass Prometheus' own lint after some traffic."""
    text = httpx.get(f"http://{watched.workers}/metrics").content
    done = subprocess.run(["promtool", "check", "metrics"], input=text, check=False, capture_output=True)  # noqa: S607
    assert done.returncode == 0, done.stderr.decode()
    assert text.count(b"# TYPE") >= 8


def test_every_panel_can_be_drawn(watched: Watched) -> None:
    """Prometheus accepts every query of the dashboard, and those on recent traffic return data."""
    _until(lambda: watched.value("triage:slow:ratio_rate1h") is not None, "the recording rules lag behind")
    shown = {}
    for panel in json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$namespace", ".*").replace("$__rate_interval", "1m")
            shown[f"{panel['title']}: {query}"] = len(watched.ask("query", query=query)["result"])
    empty = {query for query, rows in shown.items() if not rows}
    silent = ("5..", "offset 1d", "container_memory", "partner", "limit_store", "rate-limited")
    assert {query for query in empty if not any(part in query for part in silent)} == set()


def test_the_questions_of_the_runbook_get_an_answer(watched: Watched) -> None:
    """Prometheus, its API, the log and the service accept each command, and those on recent traffic show it."""
    if shutil.which("jq") is None:
        pytest.skip("jq is missing")
    asked = [command for command in commands(RUNBOOK) if re.match(r"promtool|curl -s |logs ", command)]
    assert len(asked) > 30
    shown = {command: _typed(watched, command) for command in asked}
    empty = {command for command, output in shown.items() if not output}
    silent = (
        "5..",
        ">= 500",
        "offset 1d",
        "container_",
        "partner",
        "overload",
        "keys_",
        ".at ",
        "health",
        "0.025",
        "kube_",
        "x509_",
    )
    assert {command for command in empty if not any(part in command for part in silent)} == set()
    refusals = {command: output for command, output in shown.items() if ".refused > 0" in command}
    assert [len(lines.splitlines()) for lines in refusals.values()] == [20]
    assert "malformed-body" in next(iter(refusals.values()))
    (within,) = re.findall(r"python3 (-c \".*?\");", SETUP)
    assert _typed(watched, f"{sys.executable} {within.replace('127.0.0.1:8000', watched.workers)}") == "200"


def _typed(watched: Watched, command: str) -> str:
    """The output of a runbook command, with the service's log."""
    here = f"""PROM=http://{watched.prometheus}\nlogs() {{ jq -cR 'fromjson? // empty' '{watched.log}'; }}\n"""
    typed = ["bash", "-o", "pipefail", "-c", here + command]
    done = subprocess.run(typed, check=False, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, ""), f"{command}\n{done.stderr}"
    return done.stdout.strip()


def test_exactly_the_expected_alerts_fire(watched: Watched) -> None:
    """A third of the bodies is refused, two knowledges run, then one instance stops: only these alerts fire."""
    expected = {("TriageRejectsSurge", "malformed-body"), ("TriageTwoDigests", "")}
    _until(lambda: watched.firing() == expected, f"other alerts fire: {watched.firing()}")
    watched.stop_other()
    expected = {("TriageRejectsSurge", "malformed-body"), ("TriageTargetDown", watched.other)}
    _until(lambda: watched.firing() == expected, f"other alerts fire: {watched.firing()}")
