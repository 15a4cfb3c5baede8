"""Waiting in a test for what another process does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(is_so: Callable[[], bool], what: str, *, seconds: float = 20, pause: float = 0.05) -> None:
    """Wait until something has come about; fails with `what` when it has not after so many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(pause)
