"""The log file, and lines that cannot be written."""

from __future__ import annotations

import io
import os
import select
from pathlib import Path

import pytest

from service.telemetry.log_file import PATIENCE_MS, LogFile


class Narrow(io.FileIO):
    """A file with limited room per write."""

    room = 0

    def write(self, line: bytes) -> int:  # type: ignore[override]
        """Write as many bytes as fit."""
        return super().write(line[: self.room])


class RecordingPoll:
    """A wrapper of `poll` that records its timeouts."""

    def __init__(self, room: select.poll) -> None:
        self._room = room
        self.milliseconds: list[int] = []

    def register(self, file: int, events: int) -> None:
        """Look at this file."""
        self._room.register(file, events)

    def poll(self, milliseconds: int) -> list[tuple[int, int]]:
        """Poll without waiting."""
        self.milliseconds.append(milliseconds)
        return self._room.poll(0)


def test_a_full_disk_loses_lines_and_never_fails() -> None:
    """Each line that the disk rejects is counted."""
    lost: list[None] = []
    with io.FileIO("/dev/full", "wb") as file:
        full = LogFile(file, lambda: lost.append(None))
        for _ in range(3):
            full.write(b"line\n")
        full.flush()
    assert len(lost) == 3


@pytest.mark.parametrize("room", range(12))
def test_a_partial_line_does_not_affect_others(tmp_path: Path, room: int) -> None:
    """After a partial write the next line begins on a new line, and no line is empty."""
    lost: list[None] = []
    lines = (b"first", b"second", b"third", b"fourth")
    with Narrow(tmp_path / "log", "wb") as file:
        log = LogFile(file, lambda: lost.append(None))
        for line, file.room in zip(lines, (99, room, room, 99), strict=True):
            log.write(line + b"\n")
    written = (tmp_path / "log").read_bytes()
    assert written.endswith(b"\nfourth\n")
    assert b"\n\n" not in written
    cut_before_its_end = 2 if room == len(b"second") else 0  # counted as lost, because it may be incomplete
    assert len(lost) == len(set(lines) - set(written.splitlines())) + cut_before_its_end


def test_a_closed_pipe_loses_lines_and_never_fails() -> None:
    """Each line to a pipe with a closed end is counted as lost."""
    reading, writing = os.pipe()
    os.close(reading)
    lost: list[None] = []
    with io.FileIO(writing, "wb") as file:
        LogFile(file, lambda: lost.append(None)).write(b"line\n")
    assert len(lost) == 1


def test_a_reader_that_does_not_read_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line waits for a full pipe and later ones do not; lines arrive again after a read."""
    reading, writing = os.pipe()
    lost: list[None] = []
    line = b"x" * 1023 + b"\n"
    waits = RecordingPoll(select.poll())
    monkeypatch.setattr(select, "poll", lambda: waits)
    with io.FileIO(reading) as reader, io.FileIO(writing, "wb") as file:
        log = LogFile(file, lambda: lost.append(None))
        for _ in range(200):
            log.write(line)
        taken = 200 - len(lost)
        assert 0 < taken < 200
        assert waits.milliseconds == [PATIENCE_MS] * (taken + 1) + [0] * (199 - taken)
        assert reader.read(1 << 20) == line * taken
        log.write(b"again\n")
        assert reader.read(1 << 20) == b"again\n"
