"""Throughput: `wrk` on one core saturates a contender on the other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from tests.benchmarks.servers import LOAD_CORES, Running

WRK = "wrk"
_SCRIPT = Path(__file__).with_name("requests.lua")
_CONNECTIONS = 32


class Load(msgspec.Struct, frozen=True):
    """The counts of `wrk`; percentiles are microseconds."""

    requests: int
    microseconds: int
    bytes: int
    bad_status: int
    broken: int
    p50: int
    p99: int

    @property
    def per_second(self) -> float:
        """Responses a second."""
        return self.requests / self.microseconds * 1e6


def bodies_file(folder: Path, name: str, bodies: list[bytes]) -> Path:
    """A file of `bodies`, one per line, for the load generator's script."""
    file = folder / f"{name}.bodies"
    file.write_bytes(b"".join(body.replace(b"\n", b" ") + b"\n" for body in bodies))
    return file


def saturate(running: Running, bodies: Path, seconds: int) -> Load:
    """The load of a saturated contender; a status other than 200 fails."""
    cores = ",".join(str(core) for core in sorted(LOAD_CORES))
    wrk = [WRK, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(_SCRIPT)]
    target = [f"http://127.0.0.1:{running.port}", "--", str(bodies)]
    command = ["taskset", "-c", cores, *wrk, *target]
    counted = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (figures,) = (line.removeprefix("FIGURES ") for line in counted.splitlines() if line.startswith("FIGURES "))
    load = msgspec.json.decode(figures, type=Load)
    if load.bad_status or load.broken:
        raise RuntimeError(f"{running.name}: {load.bad_status} responses failed, {load.broken} are missing")
    return load
