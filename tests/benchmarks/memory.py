"""The memory of a running worker, from the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MIB = 1024


class Memory(NamedTuple):
    """Mebibytes: resident, and proportional (shared pages divided by their users)."""

    resident: float
    proportional: float


def memory(pid: int) -> Memory:
    """The memory of one process."""
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:])
    kibibytes = {words[0]: int(words[1]) for words in lines}
    return Memory(kibibytes["Rss:"] / MIB, kibibytes["Pss:"] / MIB)
