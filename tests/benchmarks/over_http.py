"""HTTP compared with peers: throughput, tail latency, start and memory."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from service.engine import Engine
from tests.benchmarks.memory import memory
from tests.benchmarks.open_loop import latencies, p99
from tests.benchmarks.peers.recorded import record
from tests.benchmarks.processor import processor_seconds
from tests.benchmarks.row import Row, ratio, spread
from tests.benchmarks.saturation import bodies_file, saturate
from tests.benchmarks.servers import (
    ASGI,
    CORES,
    FASTAPI,
    LITESTAR,
    LOAD_CORES,
    OURS,
    OURS_TWICE,
    Running,
    serving,
)

_STARTS = 5
_LOAD = 0.7
FIRST, LAST, MIX = "first call", "last call", "corpus mix"
_MEASURED = [(name, which) for which in (FIRST, LAST, MIX) for name in (ASGI, LITESTAR, OURS, FASTAPI)]
_MEASURED += [(OURS_TWICE, MIX)]


class Bench(NamedTuple):
    """The settings of all parts: requests, folder and durations."""

    first: bytes
    last: bytes
    mix: list[bytes]
    folder: Path
    rounds: int
    seconds: int
    requests: int
    lines: int

    @property
    def corpora(self) -> dict[str, list[bytes]]:
        """The requests of each row."""
        return {FIRST: [self.first], LAST: [self.last], MIX: self.mix}


@contextlib.contextmanager
def on_load_cores() -> Iterator[None]:
    """Exclude this process from the contenders' core."""
    os.sched_setaffinity(0, LOAD_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(CORES))


def recorded(bench: Bench, engine: Engine) -> None:
    """Store our responses, which the bare handlers return."""
    record(engine, [bench.first, bench.last, *bench.mix], bench.folder / "answers")


class Carried(NamedTuple):
    """A contender's responses a second and processor microseconds per response."""

    per_second: float
    processor: float


def throughput(bench: Bench) -> list[Row]:
    """The rates of all contenders, in turns, relative to bare Litestar."""
    files = {
        which: bodies_file(bench.folder, which.replace(" ", "_"), bodies) for which, bodies in bench.corpora.items()
    }
    counted: dict[tuple[str, str], list[Carried]] = {measured: [] for measured in _MEASURED}
    with contextlib.ExitStack() as stack, on_load_cores():
        contenders = dict.fromkeys(name for name, _ in _MEASURED)
        running = {name: stack.enter_context(serving(name, bench.folder, bench.last)) for name in contenders}
        for contender in running.values():
            saturate(contender, files[MIX], 1)  # warm-up
        for turn in range(bench.rounds):
            shift = turn % len(_MEASURED)
            for name, which in _MEASURED[shift:] + _MEASURED[:shift]:
                counted[name, which].append(_carried(running[name], files[which], bench.seconds))
    return [row for name, which in _MEASURED for row in _rows(counted, name, which)]


def _carried(running: Running, bodies: Path, seconds: int) -> Carried:
    before = processor_seconds(running.process.pid)
    load = saturate(running, bodies, seconds)
    return Carried(load.per_second, (processor_seconds(running.process.pid) - before) / load.requests * 1e6)


def _rows(counted: dict[tuple[str, str], list[Carried]], name: str, which: str) -> list[Row]:
    """A contender's rate and processor time, with ratios of both."""

    def rate(of: str) -> list[float]:
        return [carried.per_second for carried in counted[of, which]]

    def speed(of: str) -> list[float]:
        return [1 / carried.processor for carried in counted[of, which]]

    part, target = f"HTTP, {which}", ""
    rates, times = rate(name), [carried.processor for carried in counted[name, which]]
    beside = [f"{ratio(of(name), of(LITESTAR)):.2f} of bare Litestar" for of in (rate, speed)]
    if name == LITESTAR:
        beside = ["", ""]
    elif name == OURS:
        beside = [
            f"{said}, {ratio(of(OURS), of(FASTAPI)):.1f} times FastAPI"
            for said, of in zip(beside, (rate, speed), strict=True)
        ]
        target = "at least 0.60 and 10 (beyond: 0.75)"
    elif name == OURS_TWICE:
        beside = [f"{ratio(of(name), of(OURS)):.2f} of 1 worker (the load shares its core)" for of in (rate, speed)]
    return [
        Row(part, name, f"{statistics.median(rates):,.0f}/s", spread(rates, ",.0f"), beside[0], target),
        Row(part, f"{name}: processor time", f"{statistics.median(times):,.1f} µs", spread(times, ",.1f"), beside[1]),
    ]


def tail(bench: Bench) -> list[Row]:
    """The 99th percentile at 70 % of each contender's capacity."""
    file = bodies_file(bench.folder, "mix", bench.mix)
    took: dict[str, list[float]] = {LITESTAR: [], OURS: []}
    rates: dict[str, float] = {}
    with contextlib.ExitStack() as stack, on_load_cores():
        running = {name: stack.enter_context(serving(name, bench.folder, bench.last)) for name in took}
        for name, contender in running.items():
            carried = [saturate(contender, file, bench.seconds).per_second for _ in range(3)]
            rates[name] = _LOAD * statistics.median(carried)
        for _ in range(bench.rounds):
            for name, contender in running.items():
                times = latencies(contender.port, bench.mix, rates[name], bench.seconds)
                took[name].append(p99(times) * 1e3)
    part = "p99 at 70 % of saturation"
    bare, ours = took[LITESTAR], took[OURS]
    times_bare = f"{ratio(ours, bare):.2f} times bare Litestar"
    return [
        Row(part, f"{LITESTAR}, {rates[LITESTAR]:,.0f}/s", _ms(bare), spread(bare, ".2f")),
        Row(part, f"{OURS}, {rates[OURS]:,.0f}/s", _ms(ours), spread(ours, ".2f"), times_bare, "at most 1.5"),
    ]


def life(bench: Bench) -> list[Row]:
    """The time to the first response, and memory and pace over many."""
    with on_load_cores():
        starts = {name: [_start(name, bench) for _ in range(_STARTS)] for name in (LITESTAR, OURS)}
        with serving(OURS, bench.folder, bench.last) as running:
            lived = _lived(running, bench)
    fresh, halfway, old, first, last, answered = lived
    part = "start and memory"
    rows = [
        Row(part, f"{name}: start to first answer", f"{statistics.median(taken):.2f} s", spread(taken, ".2f"))
        for name, taken in starts.items()
    ]
    rows[-1] = rows[-1]._replace(target="under 0.8 s")
    return [
        *rows,
        Row(part, "memory of a worker after its first answer", f"{fresh:.1f} MiB", "", "", "under 80 MiB"),
        Row(part, f"after {answered // 2:,} answers", f"{halfway:.1f} MiB", "", f"{halfway - fresh:+.1f} MiB"),
        Row(part, f"after {answered:,} answers", f"{old:.1f} MiB", "", f"{old - halfway:+.1f} MiB", "flat"),
        Row(part, "pace of the last tenth", f"{last:,.0f}/s", "", f"{last / first:.2f} of the first tenth", "flat"),
    ]


def _start(name: str, bench: Bench) -> float:
    with serving(name, bench.folder, bench.last) as running:
        return running.seconds_to_answer


def _lived(running: Running, bench: Bench) -> tuple[float, float, float, float, float, int]:
    file = bodies_file(bench.folder, "mix", bench.mix)
    fresh = halfway = memory(running.process.pid).resident
    paces: list[float] = []
    answered, is_halfway = 0, False
    while answered < bench.requests:
        load = saturate(running, file, bench.seconds)
        answered += load.requests
        paces.append(load.per_second)
        if not is_halfway and answered * 2 >= bench.requests:
            is_halfway, halfway = True, memory(running.process.pid).resident
    tenth = max(1, len(paces) // 10)
    first, last = _mean(paces[:tenth]), _mean(paces[-tenth:])
    return fresh, halfway, memory(running.process.pid).resident, first, last, answered


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values)


def _ms(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ms"
