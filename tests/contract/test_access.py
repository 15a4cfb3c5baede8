"""Keys and rate limits over real sockets, and changes of the keys."""

from __future__ import annotations

import contextlib
import hashlib
import json
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.access.keys import generate_key
from tests.waiting import until

GOOD = b'{"findings": {"ache": true}}'


def _write(path: Path, keys: Iterable[str], more: str = "") -> None:
    """Replace the file of keys."""
    entries = ", ".join(f"k{n}: {{sha256: {hashlib.sha256(key.encode()).hexdigest()}}}" for n, key in enumerate(keys))
    _put(path, f"partners:\n  one: {{keys: {{{entries}}}}}\n{more}")


def _put(path: Path, text: str) -> None:
    """Replace a file atomically, as Kubernetes updates a mounted secret."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def _ask(service: Any, key: str | None = None, **headers: str) -> Any:
    given = {} if key is None else {"authorization": f"Bearer {key}"}
    return service.assess(GOOD, **given, **headers)


def _statuses(service: Any, key: str) -> set[int]:
    """The statuses of 12 connections, which most likely reach every worker."""
    return {_ask(service, key).status for _ in range(12)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of the file of keys."""
    return tmp_path / "keys.yaml"


def test_only_a_valid_key_is_accepted(start: Callable[..., Any], path: Path) -> None:
    """A valid key is accepted; every other gets the same 401; routes without health data need no key."""
    key, other, old = (generate_key()[0] for _ in range(3))
    hash_ = hashlib.sha256(old.encode()).hexdigest()
    _write(path, [key], f"  two: {{disabled: true, keys: {{k0: {{sha256: {hash_}}}}}}}\n")
    service = start(keys=str(path), cors_origins="https://app.example")
    assert _ask(service, key, x_request_id="in").status == 200
    refusals = [_ask(service), _ask(service, other), _ask(service, ""), _ask(service, x_api_key=key)]
    refusals.append(_ask(service, authorization=f"Basic {key}"))
    for refusal in refusals:
        problem = refusal.problem(401, "unauthorized")
        assert refusal.headers["www-authenticate"] == 'Bearer realm="runner-triage"'
        assert problem | {"instance": ""} == refusals[0].json | {"instance": ""}
    _ask(service, old, x_request_id="barred").problem(403, "forbidden")
    for open_path in ("/knowledge", "/health/live", "/health/ready", "/metrics", "/openapi.yaml", "/docs"):
        answer = service.send("GET", open_path)
        assert answer.status == 200
        assert (b'partner="one"' in answer.body) == (open_path == "/metrics"), "README lists which are private"
    preflight = service.send(
        "OPTIONS",
        "/assess",
        origin="https://app.example",
        access_control_request_method="POST",
        access_control_request_headers="authorization,content-type",
    )
    assert preflight.status == 204
    cross = _ask(service, origin="https://app.example")
    assert cross.headers["access-control-allow-origin"] == "https://app.example"
    assert "ratelimit" in cross.headers["access-control-expose-headers"]
    assert (service.line("in")["partner"], service.line("in")["key"]) == ("one", "k0")
    assert (service.line("barred")["partner"], service.line("barred")["problem"]) == ("two", "forbidden")
    assert "keys_off" not in {line["event"] for line in service.lines()}


def test_no_key_is_ever_written_down(start: Callable[..., Any], path: Path) -> None:
    """Keys and their hashes are in no log line, metric, problem or command line."""
    key, other, late = (generate_key()[0] for _ in range(3))
    _write(path, [key])
    service = start(keys=str(path), rate_limit="3/minute", log_level="debug")
    answers = [_ask(service, key) for _ in range(4)]
    answers += [_ask(service, other), _ask(service, authorization=other), service.send("GET", f"/{other}")]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 401, 401, 404]
    _put(path, f"partners: {{one: {{keys: {{{late}: {late}}}, {late}: 1}}}}")
    until(lambda: service.count_events("keys_refused") > 0, "the event is missing")
    visible = service.send("GET", "/metrics").body.decode() + "".join(answer.body.decode() for answer in answers)
    visible += Path(f"/proc/{service.process.pid}/cmdline").read_text()
    assert service.stop() == 0
    visible += service.log_file.read_text()
    for secret in (key, other, late):
        assert secret not in visible
        assert hashlib.sha256(secret.encode()).hexdigest() not in visible


@pytest.mark.parametrize("workers", ["1", "2"])
def test_keys_change_without_a_restart(start: Callable[..., Any], path: Path, workers: str) -> None:
    """Every worker reads a new file within seconds and rejects a faulty one whole, without a restart."""
    old, new = generate_key()[0], generate_key()[0]
    _write(path, [old])
    service = start(keys=str(path), workers=workers)
    until(lambda: service.count_events("serving") == int(workers), "the event is missing")
    assert (_statuses(service, old), _statuses(service, new)) == ({200}, {401})
    _write(path, [old, new])
    until(lambda: service.count_events("keys_read") == int(workers), "the event is missing")
    assert (_statuses(service, old), _statuses(service, new)) == ({200}, {200})
    _put(path, "partners: [")
    until(lambda: service.count_events("keys_refused") == int(workers), "the event is missing")
    assert (_statuses(service, old), _statuses(service, new)) == ({200}, {200})
    assert "triage_keys_stale 1.0" in service.send("GET", "/metrics").body.decode()
    _write(path, [new])
    until(lambda: service.count_events("keys_read") == 2 * int(workers), "the event is missing")
    assert (_statuses(service, old), _statuses(service, new)) == ({401}, {200})
    serving = [line["pid"] for line in service.lines() if line["event"] == "serving"]
    assert len(serving) == int(workers)
    assert service.stop() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_hangup_reads_the_keys_again(start: Callable[..., Any], path: Path, workers: str) -> None:
    """SIGHUP to the service makes every worker read the file, even if it looks unchanged."""
    key = generate_key()[0]
    _write(path, [key])
    service = start(keys=str(path), workers=workers)
    until(lambda: service.count_events("serving") == int(workers), "the event is missing")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.count_events("keys_read") == int(workers), "the event is missing")
    assert _statuses(service, key) == {200}
    assert len({line["pid"] for line in service.lines() if line["event"] in {"serving", "keys_read"}}) == int(workers)
    assert service.stop() == 0


def test_a_rate_limit_is_sent_and_enforced(start: Callable[..., Any]) -> None:
    """Every response of the route has the remaining quota; one request too many gets 429 before its body is read."""
    service = start(rate_limit="2/minute")
    answers = [_ask(service), service.assess(b"{"), _ask(service), service.assess(b"{")]
    assert [answer.status for answer in answers] == [200, 400, 429, 429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"default";q=2;w=60'}
    assert answers[0].headers["ratelimit"].startswith('"default";r=1;t=')
    answers[2].problem(429, "rate-limited")
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    assert "ratelimit" not in service.send("GET", "/knowledge").headers
    (off,) = [line for line in service.lines() if line["event"] == "keys_off"]
    assert (off["severity"], off["rate_limit"]) == ("warning", "2/minute")
    assert [line["event"] for line in service.lines() if "127.0.0.1" in line.values()] == ["serving"]


def test_each_item_of_a_batch_is_a_request(start: Callable[..., Any], path: Path) -> None:
    """A batch needs a key; a batch larger than the remaining quota is refused whole, at a small cost."""
    key = generate_key()[0]
    _write(path, [key])
    service = start(keys=str(path), rate_limit="10/hour")

    def send(count: int, media_type: str = "application/json", **headers: str) -> Any:
        lines = [GOOD] * count
        body = b"[" + b",".join(lines) + b"]" if media_type == "application/json" else b"\n".join(lines)
        return service.send("POST", "/assess/batch", body, content_type=media_type, **headers)

    send(1).problem(401, "unauthorized")
    good = {"authorization": f"Bearer {key}"}
    first = send(6, **good)
    assert (first.status, first.headers["ratelimit"].split(";")[1]) == (200, "r=4")
    send(5, **good).problem(429, "rate-limited")
    assert send(3, "application/x-ndjson", **good).status == 200
    send(1, "application/x-ndjson", **good).problem(429, "rate-limited")


def test_a_batch_larger_than_a_window_is_refused_for_good(start: Callable[..., Any]) -> None:
    """A batch larger than a whole window is not a 429, because waiting would never help."""
    service = start(rate_limit="4/hour")
    bodies = [b"[" + b",".join([GOOD] * count) + b"]" for count in (5, 4)]
    large, fitting = (service.send("POST", "/assess/batch", body, content_type="application/json") for body in bodies)
    (fault,) = large.problem(422, "broken-contract")["errors"]
    assert (fault["code"], fault["pointer"]) == ("too_many_items", "")
    assert large.headers["ratelimit-policy"] == '"default";q=4;w=3600'
    assert "retry-after" not in large.headers
    fitting.problem(429, "rate-limited")


@pytest.mark.parametrize("lines", [100, 20_000])
def test_a_stream_is_answered_up_to_the_limit(start: Callable[..., Any], lines: int) -> None:
    """A stream is answered up to the last item that the limit allows; one line then gives the reason."""
    service = start(rate_limit="11/hour")
    url, headers = f"http://127.0.0.1:{service.port}/assess/batch", {"content-type": "application/x-ndjson"}
    body = (b"%b\n" % GOOD for _ in range(lines))
    response = httpx.post(url, content=body, headers=headers | {"x-request-id": "dear"})
    assert response.status_code == 200
    *answered, last = map(json.loads, response.content.splitlines())
    assert [(one["status"], "triage" in one["assessment"]) for one in answered] == [(200, True)] * 11
    problem = last["problem"]
    assert (problem["type"], last["status"]) == ("urn:runner-triage:problem:rate-limited", 429)
    assert problem["instance"] == "dear/11"
    line = service.line("dear")
    assert (line["items"], line["refused"], line["problem"]) == (11, 0, "rate-limited")
    assert service.count_events("library_warning") == 0


def test_a_stream_over_the_limit_ends_at_once(start: Callable[..., Any]) -> None:
    """The last chunk follows the line with 429 at once, even if the client still sends lines."""
    service = start(rate_limit="2/hour")
    connection = service.stream()
    connection.sendall(service.chunk(b"%b\n" % GOOD * 3))
    received = b""
    while not received.endswith(b"\r\n0\r\n\r\n"):
        part = connection.recv(65_536)
        assert part, "the connection was cut"
        received += part
    assert b'"status":429' in received.splitlines()[-4]
    with contextlib.suppress(OSError):  # the connection may end now
        connection.sendall(service.chunk(b"%b\n" % GOOD))
    assert service.assess(GOOD).status == 429
    assert service.line("stream")["items"] == 2


def test_behind_a_proxy_each_client_has_its_own_limit(start: Callable[..., Any]) -> None:
    """Behind one trusted proxy the client is the address that the proxy appended, not an earlier one."""
    service = start(rate_limit="1/minute", proxies="1")
    forwarded = ("1.1.1.1", "2.2.2.2", "9.9.9.9, 1.1.1.1")
    assert [_ask(service, x_forwarded_for=value).status for value in forwarded] == [200, 200, 429]
    assert "1.1.1.1" not in service.log_file.read_text()
