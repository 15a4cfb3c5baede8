"""The memory budget: held bytes are counted, released and bounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.server.bounded_parser import BACKLOG_LIMIT, DISCARD_LIMIT, FRAMING_LIMIT
from service.server.head import FIELD_LIMIT, HEAD_LIMIT
from service.server.memory import (
    CONNECTION_COST,
    CONNECTION_LIMIT,
    FIELD_COST,
    MEMORY_LIMIT,
    MEMORY_RESERVE,
    OVER_LIMIT_CONNECTIONS,
    REQUEST_COST,
    SMALL,
    WAITING_COST,
    ConnectionMemory,
    Memory,
)

ROOT = Path(__file__).parents[2]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "wait", "grow", "release", "end", "drop", "unparsed", "unsent"]),
        st.integers(0, 9_999),
    )
)


class Evicted:
    """A connection above the limit, with the reason of its end."""

    label = ""

    def abort_as(self, label: str) -> None:
        """Record the reason."""
        self.label = label


@given(STEPS)
def test_a_closed_connection_holds_nothing(steps: list[tuple[str, int]]) -> None:
    """A closed connection has released all its bytes, and never holds a negative number."""
    memory = Memory()
    connection = ConnectionMemory(memory)
    of_a_request: dict[str, Callable[[int], None]] = {
        "grow": connection.grow,
        "release": lambda size: connection.release(min(size, WAITING_COST)),
        "end": lambda _: connection.end(),
        "drop": lambda _: connection.drop_newest(),
    }
    others: dict[str, Callable[[int], None]] = {
        "begin": lambda size: connection.begin(size, 3),
        "wait": connection.begin_waiting,
        "unparsed": connection.set_unparsed,
        "unsent": connection.set_unsent,
    }
    for step, size in steps:
        if step in others:
            others[step](size)
        elif connection.requests:
            of_a_request[step](size)
    connection.close()
    assert memory.held == 0


def test_a_request_costs_its_head_its_fields_and_its_body() -> None:
    """A head with short fields costs many times its bytes."""
    memory = Memory()
    connection = ConnectionMemory(memory)
    connection.begin(100, 7)
    connection.grow(1_000)
    assert memory.held == CONNECTION_COST + REQUEST_COST + 100 + 7 * FIELD_COST + 1_000
    connection.release(600)
    connection.end()
    assert memory.held == CONNECTION_COST


def test_8000_plain_requests_may_wait() -> None:
    """A flood of small requests on as many connections waits in the queue, and memory refuses none."""
    memory = Memory()
    for _ in range(8_000):
        ConnectionMemory(memory).begin_waiting(500)
    assert not memory.is_crowded


def test_a_response_after_the_end_of_its_connection_is_no_error() -> None:
    """A pipelined request may be answered after its client disconnects."""
    memory = Memory()
    connection = ConnectionMemory(memory)
    connection.begin(100, 7)
    connection.close()
    connection.end()
    connection.release(5)
    assert (memory.held, connection.requests) == (0, 0)


def test_the_reserve_is_for_small_requests() -> None:
    """In the reserve, large unfinished requests are aborted, and small ones continue until it is full."""
    memory = Memory()
    small, large = ConnectionMemory(memory), ConnectionMemory(memory)
    small.set_unparsed(SMALL)
    large.set_unparsed(MEMORY_LIMIT - MEMORY_RESERVE)
    assert (memory.is_crowded, memory.is_full) == (True, False)
    assert (small.must_release, large.must_release) == (False, True)
    large.set_unparsed(MEMORY_LIMIT)
    assert (memory.is_full, small.must_release) == (True, True)
    large.close()
    assert (memory.is_crowded, small.must_release) == (False, False)


def test_the_oldest_connection_above_the_limit_goes_first() -> None:
    """Idle connections above the limit do not displace a health check, whose request comes at once."""
    memory = Memory(over_limit=2)
    over_limit = [Evicted() for _ in range(4)]
    memory.add_over_limit(over_limit[0])
    memory.add_over_limit(over_limit[1])
    memory.drop_over_limit(over_limit[0])
    for each in over_limit[2:]:
        memory.add_over_limit(each)
    assert [each.label for each in over_limit] == ["", "too-many-connections", "", ""]


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("head-too-large", [f"{HEAD_LIMIT:,}", f"{FIELD_LIMIT}"]),
        ("framing-too-large", [f"{FRAMING_LIMIT >> 10} KiB"]),
        ("too-many-connections", [f"{CONNECTION_LIMIT:,}", f"{OVER_LIMIT_CONNECTIONS:,}"]),
        ("pipeline-too-long", [f"{BACKLOG_LIMIT >> 10} KiB"]),
        ("body-not-wanted", [f"{DISCARD_LIMIT >> 20} MiB"]),
        ("out-of-memory", [f"{MEMORY_LIMIT >> 20} MiB"]),
    ],
)
def test_the_limits_are_documented(kind: str, limits: list[str]) -> None:
    """The telemetry page lists each limit with the code's value."""
    page = (ROOT / "deploy" / "telemetry.md").read_text(encoding="utf-8")
    kinds = page.partition("## Kinds of refused connections")[2].partition("## ")[0]
    (row,) = [line for line in kinds.splitlines() if line.startswith(f"| `{kind}` |")]
    assert [limit for limit in limits if limit not in row] == []
