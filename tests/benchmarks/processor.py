"""The processor time of a contender, less variable than its rate."""

from __future__ import annotations

from pathlib import Path


def processor_seconds(pid: int) -> float:
    """The processor time of all threads and children, from the scheduler."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    own = sum(int((task / "schedstat").read_text(encoding="utf-8").split()[0]) for task in tasks) / 1e9
    children = (child for task in tasks for child in (task / "children").read_text(encoding="utf-8").split())
    return own + sum(processor_seconds(int(child)) for child in children)
