"""Spark on two cores, and the API's replies to the same bodies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import msgspec
import pytest
from pyspark.sql import SparkSession

from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED
from service.review import vignettes
from service.review.cases import body_of
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
JOB = ROOT / "deploy" / "spark"
EXAMPLES = ROOT / "openapi" / "examples"

BAD = (
    b"",
    b" ",
    b"calf_cramp=true",
    b'{"findings": {"calf_cramp": tru',
    b'{"findings": {"calf_cramp": true}} {}',
    b'{"findings": {"calf_cramp": "\xff"}}',
    b"\xef\xbb\xbf" + b'{"findings": {"calf_cramp": true}}',
    b'{"findings": {"calf_cramp": true, "calf_cramp": false}}',
    b"null",
    b"[]",
    b"{}",
    b'{"findings": {"calf_cramp": "true"}}',
    b'{"findings": {"calf_cramp": 1}, "runner": {"age_years": "34"}}',
    b'{"findings": {"calf_cramp": true}, "runner": {"age_years": 34.5, "country": "usa"}}',
    b'{"findings": {"calf_crmap": true}}',
    b'{"findings": {"nothing_like_it": true}, "notes": "free text"}',
    b'{"findings": {"calf_cramp": true}, "training": {"weekly_distance_km": [31, null, 1e999]}}',
    b"[" * 10_000,
    b" " * 65_537,
)
"""Bodies without line breaks, refused for different reasons."""


@dataclass(frozen=True)
class Reply:
    """The API's reply to a body; a problem lacks its `instance`."""

    status: int
    body: bytes


def reply(status: int, body: bytes) -> Reply:
    """The reply in a comparable form."""
    if status == httpx.codes.OK:
        return Reply(status, body)
    problem = msgspec.json.decode(body)
    assert problem.pop("instance")
    return Reply(status, msgspec.json.encode(problem))


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A shipped service over HTTP."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    with (tmp_path_factory.mktemp("log") / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
            _await(client, process)
            yield client
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def replies(api: httpx.Client, shipped: Knowledge) -> dict[bytes, Reply]:
    """The replies to every example, vignette and bad body."""
    examples = (file.read_bytes() for file in sorted(EXAMPLES.glob("*.request.json")))
    on_one_line = (msgspec.json.format(body, indent=0) for body in examples)
    bodies = (body_of(vignette, shipped) for vignette in vignettes.read(SHIPPED, shipped))
    return {body: _posted(api, body) for body in (*on_one_line, *bodies, *BAD)}


@pytest.fixture(scope="session")
def job() -> Iterator[ModuleType]:
    """The job as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(JOB))
        import assess  # noqa: PLC0415 (not part of a package)

        yield assess


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Local Spark settings: two cores, little memory, no network."""
    folder = tmp_path_factory.mktemp("spark")
    return {
        "spark.master": "local[2]",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder}",
    }


@pytest.fixture(scope="session")
def spark(local: dict[str, str]) -> Iterator[SparkSession]:
    """Spark within this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = SparkSession.builder.config(map=dict[str, Any](local)).getOrCreate()
        yield session
        session.stop()


def _posted(api: httpx.Client, body: bytes) -> Reply:
    answer = api.post("/assess", content=body, headers={"Content-Type": "application/json"})
    return reply(answer.status_code, answer.content)


def _await(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/health/ready").raise_for_status()
        except httpx.TransportError:
            assert process.poll() is None, "it ended"
            assert time.monotonic() < deadline, "the service does not start"
            time.sleep(0.1)
        else:
            return
