"""The listening address, with a socket for each worker.

One process reserves the address. With one shared socket, the first awake worker would accept all waiting connections
and keep them. With one socket per worker, the kernel distributes the connections.
"""

from __future__ import annotations

import contextlib
import errno
import socket


def reserve(host: str, port: int) -> socket.socket:
    """Bind the address without listening.

    Only `worker_socket` can bind it too. Raises `OSError` with the address if it is in use or not available. The first
    attempt is exclusive: it also fails if a service has bound the address and does not listen yet. SO_REUSEADDR is for
    the second attempt, since connections of a service that has just ended may still be in TIME_WAIT.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        try:
            reserved = _bound(family, (host, port))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
            reserved = _bound(family, (host, port), socket.SO_REUSEADDR)
    except OSError as fault:
        address = f"[{host}]" if family == socket.AF_INET6 else host
        says = fault.strerror
        if fault.errno == errno.EADDRINUSE:
            says = f"{says}; choose another port with TRIAGE_PORT or `make run PORT=8081`"
        raise OSError(fault.errno, says, f"{address}:{port}") from None
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return reserved


def worker_socket(reserved: socket.socket) -> socket.socket:
    """Return a socket for one worker at the reserved address."""
    return _bound(reserved.family, reserved.getsockname()[:2], socket.SO_REUSEADDR, socket.SO_REUSEPORT)


def _bound(family: socket.AddressFamily, address: tuple[str, int], *options: int) -> socket.socket:
    with contextlib.ExitStack() as failed:
        bound = failed.enter_context(socket.socket(family))
        for option in options:
            bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind(address)
        failed.pop_all()
    return bound
