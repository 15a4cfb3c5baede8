"""Where log lines go; a line that cannot be written is counted and left out, for it must never cost an answer."""

from __future__ import annotations

import contextlib
import io
import select
from collections.abc import Callable
from typing import Final, cast

PATIENCE_MS: Final = 200
"""How long a line waits for a reader that lags; after one that waited in vain, the next ones do not wait."""


class Outlet:
    """A raw file that takes whole lines or none; `lost` is called for each that it did not take.

    The disk may be full, the reader of a pipe gone, or alive and not reading: a write would fail, or hold every
    request of this process. It is raw because a buffer would keep the lines that failed, and fail again at the end.
    """

    def __init__(self, file: io.RawIOBase, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._room = select.poll()
        self._room.register(file.fileno(), select.POLLOUT)
        self._is_stuck = False
        self._is_torn = False

    def write(self, line: bytes) -> None:
        """Write a line, or count it as lost; what is left of one that was cut short ends before the next begins."""
        whole = b"\n" + line if self._is_torn else line
        self._is_stuck = not self._room.poll(0 if self._is_stuck else PATIENCE_MS)
        written = 0
        if not self._is_stuck:
            with contextlib.suppress(OSError):
                written = cast("int", self._file.write(whole))
        if written:
            self._is_torn = not whole[:written].endswith(b"\n")
        if written < len(whole):
            self._lost()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._file.isatty()

    def flush(self) -> None:
        """Nothing is kept back."""
