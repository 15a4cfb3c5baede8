"""The service's address: exclusive, whatever else is or was bound."""

from __future__ import annotations

import errno
import socket

import pytest

from service.server.address import reserve, worker_socket

HERE = "127.0.0.1"


def port_of(bound: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(bound.getsockname()[1])


def test_each_worker_has_a_socket_and_the_kernel_spreads_connections() -> None:
    """Every worker gets connections, and no connection waits at a socket without a worker."""
    with reserve(HERE, 0) as reserved, worker_socket(reserved) as one, worker_socket(reserved) as other:
        listening = (one, other)
        for each in listening:
            each.listen(256)
            each.settimeout(0)
        clients = [socket.create_connection((HERE, port_of(reserved))) for _ in range(128)]
        accepted = [_accepted(each) for each in listening]
        for client in clients:
            client.close()
    assert sum(accepted) == len(clients)
    assert min(accepted) > 0


def _accepted(listening: socket.socket) -> int:
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.parametrize("is_listening", [False, True])
def test_a_second_service_cannot_have_the_address(is_listening: bool) -> None:  # noqa: FBT001
    """A second service fails at bind, even before the first one listens; the error names the address."""
    with reserve(HERE, 0) as reserved, worker_socket(reserved) as worker:
        if is_listening:
            worker.listen()
        with pytest.raises(OSError, match=f"{HERE}:{port_of(reserved)}") as caught:
            reserve(HERE, port_of(reserved))
    assert caught.value.errno == errno.EADDRINUSE


def test_an_address_with_closing_connections_can_be_bound() -> None:
    """A restarted service can bind while old connections are in TIME_WAIT."""
    with reserve(HERE, 0) as reserved, worker_socket(reserved) as worker:
        port = port_of(reserved)
        worker.listen()
        with socket.create_connection((HERE, port)) as client:
            accepted, _ = worker.accept()
            accepted.close()  # the end that closes first keeps the connection in TIME_WAIT
            assert client.recv(1) == b""
    with reserve(HERE, port) as again, worker_socket(again) as worker:
        worker.listen()


def test_an_address_that_is_not_of_this_machine_is_named() -> None:
    """The error names an IPv4 or IPv6 address that does not belong to this machine."""
    with pytest.raises(OSError, match=r"192\.0\.2\.1:80") as caught:
        reserve("192.0.2.1", 80)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    with pytest.raises(OSError, match=r"\[2001:db8::1\]:8000"):
        reserve("2001:db8::1", 8000)
