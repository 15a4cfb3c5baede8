"""`make bench`: run all or the named parts, and print one table.

With all parts it also writes the table to `RESULTS.md`, quotes it in `docs/performance.md` and three figures of it in
the README, and stores the ratio that `make test` checks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from tests.benchmarks import corpus, growth, in_process, lines, over_http, rules
from tests.benchmarks.machine import machine
from tests.benchmarks.quote import RESULTS, quote
from tests.benchmarks.row import Row, table
from tests.benchmarks.saturation import WRK

Part = Callable[[Knowledge, over_http.Bench], list[Row]]

GROWTH_REQUESTS = 20


def main() -> None:
    """Measure and print; with all parts, also write the results."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar=f"{{{','.join(PARTS)}}}")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    chosen = parser.parse_args()
    knowledge = load()
    with tempfile.TemporaryDirectory(prefix="triage-bench-") as folder:
        bench = over_http.Bench(
            _one_line(corpus.first_call()),
            _one_line(corpus.last_call()),
            [_one_line(body) for body in corpus.mix(knowledge)],
            Path(folder),
            chosen.rounds,
            chosen.seconds,
            chosen.requests,
            chosen.lines,
        )
        over_http.recorded(bench, Engine(knowledge))
        rows = [row for part in chosen.parts or PARTS for row in PARTS[part](knowledge, bench)]
    said = (
        f"Measured on {dt.datetime.now(tz=dt.UTC).date()}, {chosen.rounds} rounds of {chosen.seconds} s "
        f"in turns, medians, `wrk` on one core and one worker on the other:\n{machine()}\n\n{table(rows)}"
    )
    sys.stdout.write(said)
    if not chosen.parts and shutil.which(WRK) is not None:
        in_process.keep(in_process.measure(knowledge, [bench.first, bench.last]).ratio)
        RESULTS.write_text(said, encoding="utf-8")
        quote()


def _one_line(body: bytes) -> bytes:
    return body.replace(b"\n", b" ")


def _process(knowledge: Knowledge, bench: over_http.Bench) -> list[Row]:
    rows = []
    for name, bodies in bench.corpora.items():
        floor = in_process.measure(knowledge, bodies)
        part = f"in process, {name}"
        decode, encode = min(floor.decode_plain, floor.decode_typed), min(floor.encode_plain, floor.encode_typed)
        alone = f"decode {decode * 1e6:.1f} + encode {encode * 1e6:.1f} µs"
        rows += [
            Row(
                part,
                "msgspec alone, the quicker of plain objects and Structs",
                f"{(decode + encode) * 1e6:.1f} µs",
                alone,
            ),
            Row(
                part,
                "our engine, body to answer's bytes",
                f"{floor.ours * 1e6:.1f} µs",
                "",
                f"{floor.ratio:.2f} of msgspec ({floor.plain:.2f} of plain objects, {floor.typed:.2f} of Structs)",
                "at most 5",
            ),
        ]
    return rows


def _growth(knowledge: Knowledge, bench: over_http.Bench) -> list[Row]:
    bodies = [bench.first, bench.last, *bench.mix[:GROWTH_REQUESTS]]
    targets = {10: "at most 1.20", 100: "at most 2.00"}
    said = {
        "apart": "separate findings",
        "behind": "separate findings that come first",
        "entangled": "the same findings and one more sign",
    }
    return [
        Row(
            "size of the knowledge",
            f"{size}× rules, on {said[grown.kind]}",  # noqa: RUF001 (the sign of a factor)
            f"{grown.seconds[size] * 1e6:.1f} µs",
            "",
            f"{grown.times(size):.2f} of 1 time",
            targets.get(size, "") if grown.kind != "entangled" else "",
        )
        for grown in growth.measure(knowledge, bodies, bench.rounds)
        for size in growth.SIZES
    ]


def _with_load(part: Callable[[over_http.Bench], list[Row]]) -> Part:
    """A part with the load generator, or a line about its absence."""
    if shutil.which(WRK) is None:
        return lambda _, __: [Row("HTTP", f"skipped: {WRK} is missing and cannot be installed", "")]
    return lambda _, bench: part(bench)


PARTS: dict[str, Part] = {
    "throughput": _with_load(over_http.throughput),
    "tail": _with_load(over_http.tail),
    "life": _with_load(over_http.life),
    "process": _process,
    "growth": _growth,
    "lines": lambda _, bench: lines.rows(bench.mix, bench.folder, bench.lines),
    "rules": lambda knowledge, bench: rules.rows(knowledge, bench.mix, bench.rounds),
}

if __name__ == "__main__":
    main()
