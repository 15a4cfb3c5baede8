"""Minutes of mixed load, with constant memory and descriptors."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.faults.callers import Callers, Pair
from tests.faults.processes import descriptors, memory

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
ODD = (
    b"GET /knowledge HTTP/1.1\r\nHost: test\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n",
    b"GET /%d HTTP/1.1\r\nHost: test\r\n\r\n",
    b"no HTTP\r\n\r\n",
    b"POST /assess HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{{{",
    b"POST /assess HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{",
)
"""Typical traffic besides clients on the open internet; half of its responses are not awaited."""


def test_a_soak_leaves_memory_and_descriptors_flat(
    serve: Callable[..., Any], pairs: list[Pair], report: Callable[..., None]
) -> None:
    """Under a mixed load neither grows from the first fifth after the warm-up to the last fifth."""
    service = serve(knowledge="", workers="2")
    ended = threading.Event()
    disturbing = threading.Thread(target=_disturb, args=(service.port, ended))
    samples: list[tuple[float, int]] = []
    with Callers(service.port, pairs, clients=8, pause=0.005) as callers:
        disturbing.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            workers = service.workers()
            samples.append((sum(map(memory, workers)), max(map(descriptors, workers))))
            time.sleep(SECONDS / 120)
        ended.set()
        disturbing.join()
    tally = callers.tally
    fifth = len(samples) // 5
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    grown = statistics.median(mib for mib, _ in late) - statistics.median(mib for mib, _ in early)
    opened = statistics.median(count for _, count in late) - statistics.median(count for _, count in early)
    report(
        f"soak, {SECONDS:.0f} s, two workers",
        right=tally.right,
        failed=tally.failed,
        **{
            "MiB at the end": f"{samples[-1][0]:.0f}",
            "MiB grown": f"{grown:.1f}",
            "descriptors grown": f"{opened:.0f}",
        },
    )
    assert tally.failed == 0
    assert grown < 8
    assert opened < 30
    assert service.stop() == 0


def _disturb(port: int, ended: threading.Event) -> None:
    number = 0
    while not ended.wait(0.02):
        number += 1
        sent = ODD[number % len(ODD)]
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(sent % number if b"%d" in sent else sent)
            if number % 2:
                connection.recv(100)
