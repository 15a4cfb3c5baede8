"""Timing of small work items side by side, the best of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import process_time_ns

Work = Callable[[], object]

_TURN_NS = 4_000_000
"""Long enough for the clock's resolution, short enough to avoid most disturbances."""


def best(works: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """The least processor seconds of each work item over `rounds` turns."""
    times = {name: _repeats(work) for name, work in works.items()}
    least = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            least[name] = min(least[name], _turn(work, times[name]))
    return least


def _turn(work: Work, repeats: int) -> float:
    begun = process_time_ns()
    for _ in range(repeats):
        work()
    return (process_time_ns() - begun) / repeats / 1e9


def _repeats(work: Work) -> int:
    """The repeats of a turn; finding them is the warm-up."""
    repeats = 1
    while _turn(work, repeats) * 1e9 * repeats < _TURN_NS:
        repeats *= 2
    return repeats
