"""What stands between an answer and its connection."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from service.web.protocol import Joined


class _Transport:
    """Keeps what is written, write by write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def cycle() -> Any:
    """One request whose answer has begun."""
    return SimpleNamespace(transport=_Transport(), response_started=True)


def test_a_head_goes_with_what_follows_it(cycle: Any) -> None:
    """Two writes of an answer are one on the connection, and the rest goes as it comes."""
    joined = Joined(cycle)
    for part in (b"head;", b"first;", b"second;"):
        joined.write(part)
    assert cycle.transport.written == [b"head;first;", b"second;"]


def test_an_empty_body_lets_the_head_go(cycle: Any) -> None:
    """Nothing is kept back once the answer is at its end."""
    joined = Joined(cycle)
    joined.write(b"head")
    joined.write(b"")
    assert cycle.transport.written == [b"head"]


def test_what_comes_before_the_answer_goes_at_once(cycle: Any) -> None:
    """A client that waits for `100 Continue` sends nothing before it."""
    cycle.response_started = False
    Joined(cycle).write(b"continue")
    assert cycle.transport.written == [b"continue"]


def test_a_head_alone_is_sent_before_the_end(cycle: Any) -> None:
    """A client sees that an answer began and did not come."""
    joined = Joined(cycle)
    joined.write(b"head")
    joined.close()
    assert (cycle.transport.written, joined.is_closing()) == ([b"head"], True)
