"""Ends a process when its parent process ends.

A killed parent cannot notify its children.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable


def end_with_parent(end: Callable[[], object]) -> None:
    """Call `end` when the parent process has ended.

    Without a parent process, this does nothing.
    """

    def wait() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            end()

    threading.Thread(target=wait, daemon=True).start()
