"""Overload: the remaining capacity, and the outcome of each request."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.benchmarks.processor import processor_seconds
from tests.faults.callers import Pair
from tests.faults.saturation import figures, saturate

CORES = sorted(os.sched_getaffinity(0))
CALM = 32
FLOODS = (1_000, 2_000, 4_000)
LEAST = 0.6
"""The least share of the responses a second at 32 connections.

The figures are in `deploy/README.md`. They vary with the load of the machine, and a service that collapses keeps a
fifth.
"""

LEAST_OF_PROCESSOR = 0.65
"""The least share of the responses per second of the service's processor time, which other load hardly changes."""

HEALTH_SECONDS = 0.3
"""The longest median of a new health check; a collapsing service needs more than a second."""

ROUNDS = 3
SECONDS = 4
CALM_SECONDS = 2
PROBE_SECONDS = 0.1
TIMES = 2
"""The rate of the open-loop flood, as a multiple of the capacity."""

LEAST_OPEN = 0.6
"""The least share of the capacity in that flood: a refusal costs about a fifth of a response."""

OPEN_CONNECTIONS = 8_000
"""More than can wait in the queue at that rate, so that each request leaves when it is due."""


class Measured(NamedTuple):
    """The results of one number of connections in one round."""

    right_a_second: float
    right_per_processor_second: float
    failed: int
    health: float


def on_own_core(service: Any) -> None:
    """Pin the service to the first core; the clients use the last."""
    os.sched_setaffinity(service.process.pid, {CORES[0]})


def probed(service: Any, clients: subprocess.Popen[Any]) -> list[float]:
    """The seconds of health checks on new connections, until the clients end."""
    took = []
    while clients.poll() is None:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", service.port, timeout=20)
        connection.request("GET", "/health/live")
        assert connection.getresponse().status == 200
        took.append(time.monotonic() - began)
        connection.close()
        time.sleep(PROBE_SECONDS)
    return took


def measured(service: Any, pair: Pair, folder: Path, connections: int) -> Measured:
    """The results of saturating clients with concurrent health checks."""
    before = processor_seconds(service.process.pid)
    process = saturate(service.port, pair, folder, connections=connections, seconds=SECONDS)
    os.sched_setaffinity(process.pid, {CORES[-1]})
    health = probed(service, process)
    counts = figures(process)
    right = counts["requests"] - counts["bad_status"]
    spent = processor_seconds(service.process.pid) - before
    failed = counts["bad_status"] + counts["broken"]
    return Measured(right / counts["microseconds"] * 1e6, right / spent, failed, statistics.median(health))


def test_a_flood_leaves_the_capacity_and_is_not_refused(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None], tmp_path: Path
) -> None:
    """A flood costs about a third of the responses per processor second at most, none is wrong, and probes pass."""
    # On a machine with fewer than 1,300 a second, the last of 4,000 would wait longer than the default allows.
    service = serve(knowledge="", queue_seconds="20")
    on_own_core(service)
    measured(service, pairs[0], tmp_path, CALM)  # warm-up
    rounds = [{count: measured(service, pairs[0], tmp_path, count) for count in (CALM, *FLOODS)} for _ in range(ROUNDS)]
    shares, shares_of_processor = {}, {}
    for count in (CALM, *FLOODS):
        counts = [each[count] for each in rounds]
        shares[count] = [each[count].right_a_second / each[CALM].right_a_second for each in rounds]
        shares_of_processor[count] = [
            each[count].right_per_processor_second / each[CALM].right_per_processor_second for each in rounds
        ]
        report(
            f"{count} busy connections",
            right_a_second=f"{statistics.median(one.right_a_second for one in counts):.0f}",
            refused_or_lost=sum(one.failed for one in counts),
            **{
                "share of that at 32": f"{statistics.median(shares[count]):.2f}",
                "lowest and highest": f"{min(shares[count]):.2f} and {max(shares[count]):.2f}",
                "share by processor time": f"{statistics.median(shares_of_processor[count]):.2f}",
                "s median of a new health check": f"{statistics.median(one.health for one in counts):.3f}",
            },
        )
        assert sum(one.failed for one in counts) == 0
        assert statistics.median(one.health for one in counts) <= HEALTH_SECONDS
    assert {count for count in FLOODS if statistics.median(shares_of_processor[count]) < LEAST_OF_PROCESSOR} == set()
    # The best round, for other load on the machine may take any single one.
    assert {count for count in FLOODS if max(shares[count]) < LEAST} == set()
    assert service.stop() == 0


@pytest.fixture
def flood(tmp_path: Path, pairs: list[Pair]) -> Callable[..., Any]:
    """Start a flood in a process of its own."""
    body, answer = tmp_path / "body", tmp_path / "answer"
    body.write_bytes(pairs[0].body)
    answer.write_bytes(pairs[0].answer)

    def start(port: int, *, rate: float, connections: int, seconds: float) -> subprocess.Popen[bytes]:
        values = map(str, (port, rate, connections, seconds, body, answer))
        command = ["taskset", "-c", str(CORES[-1]), sys.executable, "-m", "tests.faults.flood", *values]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    return start


def test_an_open_loop_flood_is_answered_or_refused_in_time(
    serve: Callable[..., Any], report: Callable[..., None], flood: Callable[..., Any]
) -> None:
    """At twice the capacity every request gets the correct response or a 503, and none is lost."""
    service = serve(knowledge="", queue_seconds="0.5", body_seconds="30")  # otherwise unused connections would time out
    on_own_core(service)

    def counts_of(process: subprocess.Popen[bytes]) -> Any:
        return json.loads(process.communicate(timeout=60)[0])

    # The best of the rounds, for a round beside other work would set the rate of the flood below the capacity.
    calm = [counts_of(flood(service.port, rate=0, connections=CALM, seconds=CALM_SECONDS)) for _ in range(ROUNDS)]
    capacity = max(each["right"] for each in calm) / CALM_SECONDS
    assert [each for each in calm if each["refused"] or each["lost"] or each["wrong"] or each["others"]] == []
    process = flood(service.port, rate=TIMES * capacity, connections=OPEN_CONNECTIONS, seconds=SECONDS)
    health = probed(service, process)
    counts = counts_of(process)
    again = counts_of(flood(service.port, rate=0, connections=1, seconds=0.2))
    report(
        f"open-loop flood, {counts['sent'] / SECONDS / capacity:.1f} times capacity",
        capacity_a_second=f"{capacity:.0f}",
        right_a_second=f"{counts['right'] / SECONDS:.0f}",
        refused_a_second=f"{counts['refused'] / SECONDS:.0f}",
        wrong_or_lost=counts["wrong"] + counts["lost"] + counts["others"],
        **{
            "s median of a response": f"{counts['median']:.2f}",
            "s median of a new health check": f"{statistics.median(health):.3f}",
        },
    )
    assert (counts["wrong"], counts["lost"], counts["others"]) == (0, 0, 0)
    assert counts["sent"] / SECONDS > 1.5 * capacity, "the rate was too low for a flood"
    assert counts["right"] / SECONDS > LEAST_OPEN * capacity
    assert counts["refused"] > 0
    assert (again["refused"], again["lost"]) == (0, 0)
    assert again["right"] > 0
    assert service.stop() == 0
