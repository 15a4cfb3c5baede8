"""The output of log lines.

A line that cannot be written is counted and dropped, because it must never cost an answer.
"""

from __future__ import annotations

import contextlib
import io
import select
from collections.abc import Callable, Iterable, Iterator
from typing import Final, cast

from service.turn_end import TurnEnd

PATIENCE_MS: Final = 200
"""The longest wait for a slow reader. After a wait without success, the next lines do not wait."""


class LogFile:
    """A raw file for whole lines.

    `lost` is called for each line that was not written. Lines are written once per turn of the event loop, so a kill
    loses those of the last turn. A write fails on a full disk or a closed pipe. It must not block all requests if the
    reader of a pipe does not read. The file is raw, because a buffer would keep the failed lines and fail again at the
    end.
    """

    def __init__(self, file: io.RawIOBase, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._room = select.poll()
        self._room.register(file.fileno(), select.POLLOUT)
        self._is_stuck = False
        self._is_torn = False
        self._lines: list[bytes] = []
        self._turn_end = TurnEnd(self._write_lines)

    def write(self, line: bytes) -> None:
        """Queue a line for the end of this turn.

        There it is written, or counted as lost.
        """
        self._lines.append(line)
        self._turn_end.schedule()

    def isatty(self) -> bool:
        """Return whether the file is a terminal."""
        return self._file.isatty()

    def flush(self) -> None:
        """Do nothing, since lines are written at the turn's end.

        structlog calls this after each line.
        """

    def _write_lines(self) -> None:
        lines, self._lines = self._lines, []
        for some in _in_one_write(lines):
            self._put(some)

    def _put(self, lines: list[bytes]) -> None:
        """Write lines at once.

        If an earlier line was cut short, it is ended before the next one begins.
        """
        whole = b"".join([b"\n", *lines] if self._is_torn else lines)
        self._is_stuck = not self._room.poll(0 if self._is_stuck else PATIENCE_MS)
        written = 0
        if not self._is_stuck:
            with contextlib.suppress(OSError):
                written = cast("int", self._file.write(whole))
        missing = len(whole) - written
        if written:
            self._is_torn = not whole[:written].endswith(b"\n")
        for line in reversed(lines):
            if missing <= 0:
                break
            self._lost()
            missing -= len(line)


def _in_one_write(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield groups of lines that a pipe takes whole.

    A pipe with any room has room for `PIPE_BUF` bytes, and does not mix them with those of other workers.
    """
    some: list[bytes] = []
    size = 1  # a line end before them
    for line in lines:
        if some and size + len(line) > select.PIPE_BUF:
            yield some
            some, size = [], 1
        some.append(line)
        size += len(line)
    if some:
        yield some
