"""More requests than can be answered, for longer than anybody would wait."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.callers import Pair

TIMES = 5
SECONDS = 5


@pytest.fixture
def flood(tmp_path: Path, pairs: list[Pair]) -> Callable[..., Any]:
    """Starts a flood in a process of its own."""
    body, answer = tmp_path / "body", tmp_path / "answer"
    dearest = max(pairs, key=lambda pair: len(pair.answer))
    body.write_bytes(dearest.body)
    answer.write_bytes(dearest.answer)

    def start(port: int, *, rate: float, connections: int, seconds: float) -> subprocess.Popen[bytes]:
        values = map(str, (port, rate, connections, seconds, body, answer))
        return subprocess.Popen([sys.executable, "-m", "tests.faults.flood", *values], stdout=subprocess.PIPE)

    return start


def test_a_flood_is_shed_and_leaves_nothing_behind(
    serve: Callable[..., Any], report: Callable[..., None], flood: Callable[..., Any]
) -> None:
    """At five times what it can answer each request is answered rightly or refused, and afterwards all is as before."""
    service = serve(knowledge="", concurrency="64")

    def came_of(process: subprocess.Popen[bytes]) -> Any:
        return json.loads(process.communicate(timeout=60)[0])

    calm = came_of(flood(service.port, rate=0, connections=16, seconds=3))
    capacity = calm["right"] / 3
    assert (calm["shed"], calm["lost"], calm["wrong"], calm["others"]) == (0, 0, 0, 0)
    process = flood(service.port, rate=TIMES * capacity, connections=3000, seconds=SECONDS)
    slowest_probe, probes = 0.0, 0
    while process.poll() is None:
        began = time.monotonic()
        assert httpx.get(f"{service.client.base_url}/health/live", timeout=20).status_code == 200
        slowest_probe = max(slowest_probe, time.monotonic() - began)
        probes += 1
        time.sleep(0.1)
    came = came_of(process)
    began = time.monotonic()
    again = came_of(flood(service.port, rate=0, connections=1, seconds=0.2))
    report(
        f"flood, {came['sent'] / SECONDS / capacity:.1f} times capacity",
        capacity_a_second=f"{capacity:.0f}",
        sent_a_second=f"{came['sent'] / SECONDS:.0f}",
        right_a_second=f"{came['right'] / SECONDS:.0f}",
        shed_a_second=f"{came['shed'] / SECONDS:.0f}",
        wrong_or_lost=came["wrong"] + came["lost"] + came["others"],
        **{
            "s median of those answered": f"{came['median']:.2f}",
            "s slowest health check on a new connection": f"{slowest_probe:.2f}",
        },
    )
    assert (came["wrong"], came["lost"], came["others"]) == (0, 0, 0)
    assert came["sent"] / SECONDS > 2 * capacity, "it was no flood"
    assert came["right"] > 0
    assert came["shed"] > 0
    assert probes > 3, "health checks, each on a connection of its own, were not answered before the flood ended"
    assert again["right"] > 0
    assert again["shed"] == 0
    assert service.stop() == 0
