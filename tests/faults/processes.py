"""The resources of a process, as reported by the kernel."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def descriptors(pid: int) -> int:
    """The number of open files and sockets."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def memory(pid: int) -> float:
    """The private memory in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def processor_seconds(pid: int) -> float:
    """The processor seconds used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> float:
    """The peak resident memory in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


@contextlib.contextmanager
def memory_group(size: int) -> Iterator[Path | None]:
    """A control group with `size` bytes, or None if impossible."""
    version_1, version_2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    root, limit = (version_1, "memory.limit_in_bytes") if version_1.is_dir() else (version_2, "memory.max")
    group = root / f"triage-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        (group / limit).write_text(str(size))
    except OSError:  # the controller is not delegated
        yield None
    else:
        yield group
    with contextlib.suppress(OSError):  # if the test failed, its service may still run there
        group.rmdir()


def joining(group: Path | None) -> list[str]:
    """The start of a command that runs in the group."""
    return [] if group is None else ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(group)]
