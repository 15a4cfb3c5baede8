"""Times small pieces of work side by side: in turns, and the best of many, since noise only ever adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import process_time_ns

Work = Callable[[], object]

_TURN_NS = 4_000_000
"""Long enough for the clock to tell, short enough to fit between two disturbances."""


def best(works: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """The least seconds of processor time that each piece of work took, over `rounds` turns of each."""
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
    """How often to do it in one turn; the runs that find out are the warm-up."""
    repeats = 1
    while _turn(work, repeats) * 1e9 * repeats < _TURN_NS:
        repeats *= 2
    return repeats
