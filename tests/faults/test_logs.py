"""Logs that cannot be written: responses continue, lost lines are counted."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.callers import Callers, Pair
from tests.waiting import until

LOST = "triage_log_lines_lost_total"


def test_a_full_disk_at_the_start_costs_no_answer(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None]
) -> None:
    """Without room for a single log line the service starts, answers and stops as usual."""
    with Path("/dev/full").open("wb") as full:
        service = serve(knowledge="", output=full.fileno())
    with Callers(service.port, pairs, clients=4) as callers:
        time.sleep(1)
    lost = service.metric(LOST)
    report("disk full for logs from the start", right=callers.tally.right, failed=callers.tally.failed)
    assert callers.tally.failed == 0
    assert lost >= callers.tally.right > 0
    assert service.stop() == 0
    assert service.log_file.read_bytes() == b"", "standard error is empty"


def test_a_disk_that_fills_up_costs_lines_only_until_there_is_room(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None]
) -> None:
    """Each line is complete in the log or counted as lost; once there is room, lines are written again."""
    service = serve(knowledge="")
    pid = service.process.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    with Callers(service.port, pairs, clients=4) as callers:
        time.sleep(0.5)
        full = service.log_file.stat().st_size + 200_000
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (full, unlimited[1]))
        until(lambda: service.log_file.stat().st_size >= full, "the disk does not fill up")
        time.sleep(0.5)
        assert service.log_file.stat().st_size == full
        lost = service.metric(LOST)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        time.sleep(0.5)
    tally = callers.tally
    assert service.stop() == 0
    lines = service.log_file.read_bytes().splitlines()
    requests = sum(b'"route":"/assess"' in line and line.endswith(b"}") for line in lines)
    torn = sum(not line.endswith(b"}") for line in lines)
    report("disk that fills up and empties", right=tally.right, failed=tally.failed, lines_written=requests)
    assert tally.failed == 0
    assert lost > 0
    assert torn <= 1
    assert 0 < requests < tally.right
    assert b'"event":"stopped"' in lines[-1]


@pytest.mark.parametrize("reader", ["gone", "stalled"])
def test_a_pipe_without_a_reader_costs_no_response(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None], reader: str
) -> None:
    """If the log's reader has ended or hangs, responses continue without delay."""
    reading, writing = os.pipe()
    service = serve(knowledge="", output=writing)
    os.close(writing)
    if reader == "gone":
        os.close(reading)
    with Callers(service.port, pairs, clients=4) as callers:
        time.sleep(1.5)
    lost, tally = service.metric(LOST), callers.tally
    report(
        f"reader of the log {reader}",
        right=tally.right,
        failed=tally.failed,
        **{"s slowest response": f"{tally.slowest:.2f}"},
    )
    assert tally.failed == 0
    assert lost > 0
    if reader == "stalled":
        read = bytearray()
        drain = threading.Thread(target=lambda: read.extend(_all(reading)))
        drain.start()
        assert service.is_up()
        assert service.stop() == 0
        drain.join(20)
        os.close(reading)
        assert read.splitlines()[-1].count(b'"event":"stopped"') == 1
        assert read.count(b'"route":"/assess"') + lost >= tally.right


def _all(reading: int) -> bytes:
    whole = b""
    while part := os.read(reading, 65536):
        whole += part
    return whole
