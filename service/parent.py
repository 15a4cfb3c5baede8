"""Ends a process with the one that started it: killed, that one can tell nobody."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable


def end_with_parent(end: Callable[[], object]) -> None:
    """Call `end` when the process that started this one has ended; nothing where there is none."""

    def wait() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            end()

    threading.Thread(target=wait, daemon=True).start()
