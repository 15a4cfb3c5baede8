"""Processes that stop or are killed under load."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.callers import Callers, Pair
from tests.faults.processes import descriptors
from tests.waiting import until


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stop_under_load_loses_nothing(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None], workers: str
) -> None:
    """Every request before, during and after SIGTERM gets its complete, correct response, and the exit code is 0."""
    service = serve(knowledge="", workers=workers)
    with Callers(service.port, pairs, is_polite=True) as callers:
        time.sleep(1.5)
        assert not callers.all_left()
        assert service.stop() == 0
        assert callers.all_left(), "a client did not get `Connection: close`"
    tally = callers.tally
    report(f"SIGTERM under load, workers: {workers}", right=tally.right, failed=tally.failed)
    assert tally.failed == 0
    assert tally.right > 100


def test_a_killed_worker_loses_only_its_requests_in_progress(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None]
) -> None:
    """After SIGKILL of one worker each client has lost at most one request, and a new worker serves soon."""
    service = serve(knowledge="", workers="2")
    until(lambda: service.events().count("serving") == 2, "one worker does not serve", seconds=60)
    before = service.workers()
    clients = 16
    with Callers(service.port, pairs, clients=clients) as callers:
        time.sleep(1)
        killed = max(before, key=descriptors)  # the one with more clients
        os.kill(killed, signal.SIGKILL)
        began = time.monotonic()
        while service.events().count("serving") < 3:
            assert time.monotonic() - began < 30
            time.sleep(0.02)
        back = time.monotonic() - began
        time.sleep(1)
    tally = callers.tally
    after = service.workers()
    report(
        "one of two workers killed (SIGKILL)",
        right=tally.right,
        lost=tally.lost,
        clients=clients,
        seconds_to_the_next_worker=f"{back:.1f}",
    )
    assert len(after) == 2
    assert set(before) - set(after) == {killed}
    assert 0 < tally.lost < clients
    assert tally.lost == tally.failed
    assert service.stop() == 0
