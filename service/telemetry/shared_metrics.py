"""The folder of the metrics that several workers share."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import Final

from prometheus_client.multiprocess import mark_process_dead

ROOM_BYTES: Final = 1 << 20
"""Room for the metrics of one worker, which start as five files of 64 KiB and grow with the partners."""


@contextlib.contextmanager
def shared_metrics(workers: int) -> Iterator[str]:
    """Create a temporary folder for the metrics of `workers`.

    Raises `OSError` if there is no room for them. Workers map the files into memory, so a full disk would later kill a
    worker with SIGBUS.
    """
    parent = tempfile.gettempdir()
    with contextlib.ExitStack() as folders:
        try:
            folder = folders.enter_context(tempfile.TemporaryDirectory(prefix="triage-metrics-"))
            with tempfile.TemporaryFile(dir=folder) as file:
                os.posix_fallocate(file.fileno(), 0, workers * ROOM_BYTES)
        except OSError as fault:
            room = f"no room for the metrics of {workers} workers, {workers * ROOM_BYTES >> 20} MiB"
            says = f"{room} ({fault.strerror}); set TMPDIR to another folder"
            raise OSError(fault.errno, says, parent) from None
        yield folder


def forget(pid: int) -> None:
    """Remove a dead worker from the metrics of the current state."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
