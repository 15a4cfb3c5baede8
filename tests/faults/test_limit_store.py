"""The limit store: shared by replicas, protected, and optional at run time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.waiting import until

SOON_SECONDS = 1.0
"""Far longer than the timeout of the store, and far shorter than a client's timeout."""


def test_two_replicas_accept_exactly_the_limit(
    serve: Callable[..., Any], limit_store: Callable[..., Any], report: Callable[..., None]
) -> None:
    """Of 600 requests at once to two processes, exactly the 100 of the limit are answered."""
    store = f"redis://127.0.0.1:{limit_store().port}/0"
    services = [serve(rate_limit="100/hour", limit_store=store) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: services[number % 2].assess(), range(600)))
    statuses = Counter(answer.status_code for answer in answers)
    report("limit of 100, two replicas, 600 requests at once", answered=statuses[200], refused=statuses[429])
    assert statuses == {200: 100, 429: 500}
    remaining = {answer.headers["ratelimit"].split(";")[1] for answer in answers}
    assert remaining == {f"r={left}" for left in range(100)}
    assert all(0 < int(answer.headers["retry-after"]) <= 3600 for answer in answers if answer.status_code == 429)


def test_a_store_behind_tls_and_a_password_is_used_and_its_password_never_shown(
    serve: Callable[..., Any], limit_store: Callable[..., Any], certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    """The URL may come from a file; the log, metrics and command line contain neither URL nor password."""
    public, private = certificate
    password = "open" + "sesame" * 3
    store = limit_store(
        *("--tls-cert-file", str(public), "--tls-key-file", str(private), "--tls-ca-cert-file", str(public)),
        *("--tls-auth-clients", "no", "--requirepass", password),
    )
    url_file = tmp_path / "url"
    url_file.write_text(f"rediss://:{password}@127.0.0.1:{store.port}/0?ssl_ca_certs={public}\n")
    good = serve(rate_limit="5/hour", limit_store_file=str(url_file))
    deadline = time.monotonic() + 20
    while "ratelimit" not in (first := good.assess()).headers:  # nothing is counted before the connection
        assert time.monotonic() < deadline, "the service does not reach the store"
    left = int(first.headers["ratelimit"].split(";")[1].removeprefix("r="))
    assert [good.assess().status_code for _ in range(left + 1)] == [200] * left + [429]
    wrong = serve(
        rate_limit="2/hour", limit_store=f"rediss://:x{password}@127.0.0.1:{store.port}/0?ssl_ca_certs={public}"
    )
    assert [wrong.assess().status_code for _ in range(3)] == [200, 200, 200]
    assert wrong.metric("triage_limit_store_failures_total") == 1
    for service in (good, wrong):
        visible = service.client.get("/metrics").text + service.log_file.read_text()
        visible += Path(f"/proc/{service.process.pid}/cmdline").read_text()
        assert password not in visible
        assert "rediss" not in visible


def _logged_once(service: Any, event: str) -> None:
    """Wait until the log has the event once; it follows the responses."""
    until(lambda: event in service.events(), f"the log does not show {event}")
    assert service.events().count(event) == 1


def test_triage_continues_without_the_store_and_limits_return_with_it(
    serve: Callable[..., Any], limit_store: Callable[..., Any], report: Callable[..., None]
) -> None:
    """A store that is killed under load fails no request; its end and its return are logged once each."""
    store = limit_store()
    service = serve(rate_limit="1000000/hour", limit_store=f"redis://127.0.0.1:{store.port}/0")
    assert "ratelimit" in service.assess().headers
    with ThreadPoolExecutor(4) as pool:
        under_way = [pool.submit(_timed, service) for _ in range(400)]
        store.kill()
        outcomes = [each.result() for each in under_way]
    _report(report, "limit store killed under load", outcomes)
    assert {status for status, _ in outcomes} == {200}
    assert max(seconds for _, seconds in outcomes) < SOON_SECONDS
    assert "ratelimit" not in service.assess().headers
    assert service.metric("triage_limit_store_failures_total") >= 1
    _logged_once(service, "limit_store_down")
    store.start()
    _until_counted(service)
    _logged_once(service, "limit_store_up")


def test_a_store_that_hangs_costs_one_request_a_moment(
    serve: Callable[..., Any], limit_store: Callable[..., Any], report: Callable[..., None]
) -> None:
    """A store that never replies delays one request by the timeout, and is not called during the pause."""
    store = limit_store()
    service = serve(rate_limit="1000000/hour", limit_store=f"redis://127.0.0.1:{store.port}/0")
    assert "ratelimit" in service.assess().headers
    store.stall()
    outcomes = [_timed(service) for _ in range(100)]
    _report(report, "limit store hangs", outcomes)
    assert {status for status, _ in outcomes} == {200}
    assert max(seconds for _, seconds in outcomes) < SOON_SECONDS
    assert service.metric("triage_limit_store_failures_total") < 10
    store.go_on()
    _until_counted(service)
    _logged_once(service, "limit_store_down")
    _logged_once(service, "limit_store_up")


def test_a_store_that_is_missing_at_the_start_refuses_no_request(serve: Callable[..., Any]) -> None:
    """The service starts and answers without its store, and logs the outage."""
    service = serve(rate_limit="1/hour", limit_store="redis://127.0.0.1:1/0")
    assert [service.assess().status_code for _ in range(3)] == [200] * 3
    _logged_once(service, "limit_store_down")


COUNTERS: Mapping[tuple[str, ...], int] = {
    ("SET", "100000"): 429,
    ("SET", "5", "EX", "999999"): 429,
    ("SET", "9" * 30): 429,
    ("SET", "2"): 200,
    ("SET", "abc"): 200,
    ("SET", "1.5"): 200,
    ("SET", "-7"): 200,
    ("SET", ""): 200,
    ("RPUSH", "1"): 200,
    ("HSET", "a", "1"): 200,
}
"""Commands that overwrite a counter, and the status of the next request."""


def test_a_counter_always_ends_with_its_window(serve: Callable[..., Any], limit_store: Callable[..., Any]) -> None:
    """A counter without an expiry, with a later one or without a count gets the window's expiry, and continues."""
    store = limit_store()
    service = serve(rate_limit="5/hour", limit_store=f"redis://127.0.0.1:{store.port}/0")
    _until_counted(service)
    with redis.Redis(port=store.port) as client:
        (key,) = client.keys("triage:quota:*")
        for (command, *values), status in COUNTERS.items():
            client.delete(key)
            client.execute_command(command, key, *values)
            answer = service.assess()
            assert answer.status_code == status, (command, values)
            assert 0 < client.pttl(key) <= 3_600_000, (command, values)
            assert 0 < int(answer.headers["ratelimit"].rpartition("t=")[2]) <= 3600
    assert service.metric("triage_limit_store_failures_total") == 0


@pytest.mark.parametrize("reply", [b":abc\r\n", b"*3\r\n$1\r\n1\r\n$1\r\n1\r\n$2\r\n60\r\n", b"HTTP/1.1 400 \r\n\r\n"])
def test_a_store_that_answers_nonsense_costs_no_request(serve: Callable[..., Any], reply: bytes) -> None:
    """Requests pass uncounted, and the log has one line for the outage."""

    def answer(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the end of the test
            while True:
                connection = listener.accept()[0]
                with connection, contextlib.suppress(ConnectionError):
                    while connection.recv(65_536):
                        connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        service = serve(rate_limit="1/hour", limit_store=f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        assert [service.assess().status_code for _ in range(5)] == [200] * 5
        _logged_once(service, "limit_store_down")


def _report(report: Callable[..., None], fault: str, outcomes: list[tuple[int, float]]) -> None:
    right = sum(status == 200 for status, _ in outcomes)
    slowest = max(seconds for _, seconds in outcomes)
    report(fault, answered=right, failed=len(outcomes) - right, **{"s slowest response": f"{slowest:.2f}"})


def _timed(service: Any) -> tuple[int, float]:
    began = time.monotonic()
    status: int = service.assess().status_code
    return status, time.monotonic() - began


def _until_counted(service: Any) -> None:
    """Wait until responses have the remaining quota again."""
    deadline = time.monotonic() + 10
    while "ratelimit" not in service.assess().headers:
        assert time.monotonic() < deadline, "the limits do not return"
        time.sleep(0.1)
