"""Waiting for the effects of another process."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(is_met: Callable[[], bool], message: str, *, seconds: float = 20, pause: float = 0.05) -> None:
    """Wait until a condition is met; fail with `message` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_met():
        assert time.monotonic() < deadline, message
        time.sleep(pause)
