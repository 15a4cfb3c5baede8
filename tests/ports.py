"""Ports for services that tests start."""

from __future__ import annotations

import os
import socket
from itertools import count
from typing import Final

_PER_PROCESS: Final = 4_000
_FIRST: Final = 12_000 + _PER_PROCESS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_numbers = count(os.getpid() % _PER_PROCESS)


def free_port() -> int:
    """The next free port.

    Each parallel test process has its own range below the ports that the system gives to clients. A random port could
    be given to two services, or to a service and a client.
    """
    while True:
        port = _FIRST + next(_numbers) % _PER_PROCESS
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
