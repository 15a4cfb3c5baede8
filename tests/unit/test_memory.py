"""The memory budget: held bytes are counted, released and bounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.server.head import FIELD_LIMIT, HEAD_LIMIT
from service.server.measured import BACKLOG_LIMIT, DISCARD_LIMIT, FRAMING_LIMIT
from service.server.memory import (
    CONNECTION_COST,
    CONNECTION_LIMIT,
    FIELD_COST,
    MEMORY_LIMIT,
    MEMORY_RESERVE,
    REQUEST_COST,
    SMALL,
    SPARE_LIMIT,
    WAITING_COST,
    Account,
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
    account = Account(memory)
    of_a_request: dict[str, Callable[[int], None]] = {
        "grow": account.grow,
        "release": lambda size: account.release(min(size, WAITING_COST)),
        "end": lambda _: account.end(),
        "drop": lambda _: account.drop_newest(),
    }
    others: dict[str, Callable[[int], None]] = {
        "begin": lambda size: account.begin(size, 3),
        "wait": account.begin_waiting,
        "unparsed": account.set_unparsed,
        "unsent": account.set_unsent,
    }
    for step, size in steps:
        if step in others:
            others[step](size)
        elif account.requests:
            of_a_request[step](size)
    account.close()
    assert memory.held == 0


def test_a_request_costs_its_head_its_fields_and_its_body() -> None:
    """A head with short fields costs many times its bytes."""
    memory = Memory()
    account = Account(memory)
    account.begin(100, 7)
    account.grow(1_000)
    assert memory.held == CONNECTION_COST + REQUEST_COST + 100 + 7 * FIELD_COST + 1_000
    account.release(600)
    account.end()
    assert memory.held == CONNECTION_COST


def test_8000_plain_requests_may_wait() -> None:
    """A flood of small requests on as many connections waits in the queue, and memory refuses none."""
    memory = Memory()
    for _ in range(8_000):
        Account(memory).begin_waiting(500)
    assert not memory.is_crowded


def test_a_response_after_the_end_of_its_connection_is_no_error() -> None:
    """A pipelined request may be answered after its client disconnects."""
    memory = Memory()
    account = Account(memory)
    account.begin(100, 7)
    account.close()
    account.end()
    account.release(5)
    assert (memory.held, account.requests) == (0, 0)


def test_the_reserve_is_for_small_requests() -> None:
    """In the reserve, large unfinished requests are aborted, and small ones continue until it is full."""
    memory = Memory()
    small, large = Account(memory), Account(memory)
    small.set_unparsed(SMALL)
    large.set_unparsed(MEMORY_LIMIT - MEMORY_RESERVE)
    assert (memory.is_crowded, memory.is_full) == (True, False)
    assert (small.is_over, large.is_over) == (False, True)
    large.set_unparsed(MEMORY_LIMIT)
    assert (memory.is_full, small.is_over) == (True, True)
    large.close()
    assert (memory.is_crowded, small.is_over) == (False, False)


def test_the_oldest_connection_above_the_limit_goes_first() -> None:
    """Idle connections above the limit do not displace a health check, whose request comes at once."""
    memory = Memory(spare=2)
    spare = [Evicted() for _ in range(4)]
    memory.add_spare(spare[0])
    memory.add_spare(spare[1])
    memory.drop_spare(spare[0])
    for each in spare[2:]:
        memory.add_spare(each)
    assert [each.label for each in spare] == ["", "too-many-connections", "", ""]


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("head-too-large", [f"{HEAD_LIMIT:,}", f"{FIELD_LIMIT}"]),
        ("framing-too-large", [f"{FRAMING_LIMIT >> 10} KiB"]),
        ("too-many-connections", [f"{CONNECTION_LIMIT:,}", f"{SPARE_LIMIT:,}"]),
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
