"""Connections that wait are taken in at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import uvloop

from service.server.listener import AT_ONCE, Listener

TURNS = 8
"""Turns of the loop from a connection that waits to its protocol: the socket is read, the task runs, it is told."""


async def _taken(waiting: int) -> int:
    """How many of so many connections that wait have their protocol after a few turns."""
    made: list[asyncio.Protocol] = []

    class Guest(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.append(self)
            transport.close()

    with contextlib.ExitStack() as opened:
        door = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        door.settimeout(0)
        for _ in range(waiting):
            opened.enter_context(socket.create_connection(door.getsockname()))
        listener = Listener(door, Guest, asyncio.get_running_loop())
        for _ in range(TURNS):
            await asyncio.sleep(0)
        seen = len(made)
        listener.close()
        await asyncio.sleep(0)
    return seen


def test_all_that_wait_are_taken_in_a_few_turns() -> None:
    """A flood makes each turn of the loop long, so one connection a turn would be none in time."""
    assert uvloop.run(_taken(AT_ONCE)) == AT_ONCE


def test_an_empty_door_is_no_fault() -> None:
    """With nobody waiting nothing is taken and nothing fails."""
    assert uvloop.run(_taken(0)) == 0
