"""Throughput over HTTP: `wrk` on one core keeps a contender on the other as busy as it can be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from tests.benchmarks.servers import LOAD_CORES, Running

WRK = "wrk"
_SCRIPT = Path(__file__).with_name("requests.lua")
_CONNECTIONS = 32


class Load(msgspec.Struct, frozen=True):
    """What `wrk` counted; percentiles are microseconds."""

    requests: int
    microseconds: int
    bytes: int
    bad_status: int
    broken: int
    p50: int
    p99: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests / self.microseconds * 1e6


def bodies_file(folder: Path, name: str, bodies: list[bytes]) -> Path:
    """`bodies`, one a line, as the script of the load generator reads them."""
    file = folder / f"{name}.bodies"
    file.write_bytes(b"".join(body.replace(b"\n", b" ") + b"\n" for body in bodies))
    return file


def saturate(running: Running, bodies: Path, seconds: int) -> Load:
    """The load that a contender carries; anything but 200 ends the benchmark."""
    cores = ",".join(str(core) for core in sorted(LOAD_CORES))
    wrk = [WRK, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(_SCRIPT)]
    target = [f"http://127.0.0.1:{running.port}", "--", str(bodies)]
    command = ["taskset", "-c", cores, *wrk, *target]
    counted = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (figures,) = (line.removeprefix("FIGURES ") for line in counted.splitlines() if line.startswith("FIGURES "))
    load = msgspec.json.decode(figures, type=Load)
    if load.bad_status or load.broken:
        raise RuntimeError(f"{running.name}: {load.bad_status} answers were no success, {load.broken} did not come")
    return load
