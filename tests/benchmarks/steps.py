"""The steps of one response: executed lines, independent of other load.

`python -m tests.benchmarks.steps` prints their growth from the shipped knowledge to four times the rules, with the
shipped findings at the start and at the end of the vocabulary; `make test` uses it to detect a collapse.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

import msgspec

from service.engine import Engine
from service.knowledge.loader import load
from tests.benchmarks import corpus, growth

TIMES = 4
_REPORTS = 20


def steps(engine: Engine, bodies: Iterable[bytes]) -> int:
    """The executed lines of the responses to `bodies`."""
    count = 0

    def trace(_: FrameType, event: str, __: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        for body in bodies:
            engine.answer(engine.read(body))
    finally:
        sys.settrace(None)
    return count


def main() -> None:
    """Print the growth of the steps by the shipped findings' position."""
    knowledge = load()
    bodies = [corpus.first_call(), corpus.last_call(), *corpus.mix(knowledge)[:_REPORTS]]
    alone = steps(Engine(knowledge), bodies)
    grown = {"beginning": growth.apart(knowledge, TIMES - 1), "end": growth.behind(knowledge, TIMES - 1)}
    times = {place: steps(Engine(larger), bodies) / alone for place, larger in grown.items()}
    sys.stdout.write(msgspec.json.encode(times).decode() + "\n")


if __name__ == "__main__":
    main()
