"""Calls at the end of a loop turn: log lines and counts."""

from __future__ import annotations

import asyncio
import io
import os
import select
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from service.telemetry.log_file import LogFile
from service.telemetry.metrics import Metrics
from service.turn_end import TurnEnd


def test_a_call_is_made_once_a_turn() -> None:
    """A call runs once per turn, however often it is scheduled, and again in the next turn."""
    calls: list[None] = []
    end = TurnEnd(lambda: calls.append(None))

    async def main() -> list[int]:
        seen = []
        for _ in range(2):
            for _ in range(3):
                end.schedule()
            seen.append(len(calls))
            await asyncio.sleep(0)
            seen.append(len(calls))
        return seen

    assert asyncio.run(main()) == [0, 1, 1, 2]


def test_without_a_loop_a_call_is_made_at_once() -> None:
    """Without a running loop a call runs at once, also after a loop that ended early."""
    calls: list[None] = []
    end = TurnEnd(lambda: calls.append(None))
    loop = asyncio.new_event_loop()

    async def stop() -> None:
        loop.stop()
        await asyncio.sleep(0)
        end.schedule()

    task = loop.create_task(stop())
    loop.run_forever()
    loop.close()
    assert not task.done() or calls == []
    end.schedule()
    assert calls == [None]


def test_the_lines_of_a_turn_are_one_write(tmp_path: Path) -> None:
    """The lines of a turn are one write at its end, in order and complete."""
    writes: list[bytes] = []

    class File(io.FileIO):
        def write(self, data: Any) -> int:
            writes.append(data)
            return super().write(data)

    async def main() -> None:
        with File(tmp_path / "log", "wb") as file:
            log = LogFile(file, lambda: None)
            for number in range(3):
                log.write(b"%d\n" % number)
            assert writes == []
            await asyncio.sleep(0)

    asyncio.run(main())
    assert writes == [b"0\n1\n2\n"]


def test_no_write_exceeds_a_pipes_atomic_size() -> None:
    """A write never exceeds a pipe's atomic size, so it cannot block or mix; a long line is written alone."""
    reading, writing = os.pipe()
    writes: list[int] = []

    class File(io.FileIO):
        def write(self, data: Any) -> int:
            writes.append(len(data))
            return super().write(data)

    lines = [b"x" * size + b"\n" for size in (1000, 3094, 1, 5000, 4095, 10)]

    async def main() -> None:
        with File(writing, "wb") as file:
            log = LogFile(file, lambda: None)
            for line in lines:
                log.write(line)
            await asyncio.sleep(0)

    asyncio.run(main())
    with io.FileIO(reading) as reader:
        assert reader.readall() == b"".join(lines)
    assert [size for size in writes if size > select.PIPE_BUF] == [5001]
    assert len(writes) == 5


def test_each_line_of_a_write_that_was_cut_short_is_counted(tmp_path: Path) -> None:
    """The complete lines of a partial write are not counted as lost; the next line begins on a new line."""
    lost: list[None] = []

    class Narrow(io.FileIO):
        room = 7

        def write(self, data: Any) -> int:
            return super().write(data[: self.room])

    async def main() -> None:
        with Narrow(tmp_path / "log", "wb") as file:
            log = LogFile(file, lambda: lost.append(None))
            for line in (b"one\n", b"two\n", b"three\n"):
                log.write(line)
            await asyncio.sleep(0)
            file.room = 99
            log.write(b"four\n")
            await asyncio.sleep(0)

    asyncio.run(main())
    assert len(lost) == 2
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\nfour\n"


def test_the_requests_of_a_turn_are_counted_at_its_end() -> None:
    """Each request is counted once, and a scrape in the same turn includes it."""
    registry = CollectorRegistry()
    counted = Metrics(registry)
    total = "triage_http_requests_total"
    labels = {"method": "POST", "route": "/assess", "status": "200"}

    def value() -> float | None:
        return registry.get_sample_value(total, labels)

    async def main() -> None:
        counted.request("POST", "/assess", 200, 0.1)
        counted.request("POST", "/assess", 200, 0.2)
        assert not value()
        await asyncio.sleep(0)
        assert value() == 2
        counted.request("POST", "/assess", 200, None)
        assert b'status="200"} 3.0' in counted.text()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert value() == 3
    seconds = {"method": "POST", "route": "/assess"}
    assert registry.get_sample_value("triage_http_request_seconds_count", seconds) == 2
