"""The address to listen on: reserved by one process, with a listening socket per worker.

With one shared socket, the worker that wakes first accepts every connection that waits, and keeps it for as long as
the client does. With a socket each, the kernel spreads connections over the workers.
"""

from __future__ import annotations

import contextlib
import errno
import socket


def reserve(host: str, port: int) -> socket.socket:
    """Bind the address without listening; raises `OSError` with the address if it is in use or cannot be had.

    The first attempt is exclusive: it also fails if a service has bound the address and does not listen yet. After a
    restart connections of the service before may still be in TIME_WAIT, which takes SO_REUSEADDR.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        try:
            return _bound(family, (host, port))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
            return _bound(family, (host, port), socket.SO_REUSEADDR)
    except OSError as fault:
        address = f"[{host}]" if family == socket.AF_INET6 else host
        raise OSError(fault.errno, fault.strerror, f"{address}:{port}") from None


def share(reserved: socket.socket) -> None:
    """Let `beside` bind the same address, which is known to be ours alone; both need SO_REUSEPORT."""
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def beside(reserved: socket.socket) -> socket.socket:
    """A socket of this worker at the address that its parent has reserved."""
    return _bound(reserved.family, reserved.getsockname()[:2], socket.SO_REUSEADDR, socket.SO_REUSEPORT)


def _bound(family: socket.AddressFamily, address: tuple[str, int], *options: int) -> socket.socket:
    with contextlib.ExitStack() as failed:
        bound = failed.enter_context(socket.socket(family))
        for option in options:
            bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind(address)
        failed.pop_all()
    return bound
