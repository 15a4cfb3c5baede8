"""The fast and the normal path give equal responses, logs and metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from service.access.keys import generate_key
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED
from service.review import vignettes
from service.review.cases import body_of
from tests.contract.normal_path import NORMAL_ONLY, masked
from tests.waiting import until

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
GOOD = b'{"findings": {"calf_cramp": true}}'
START = b"POST /assess HTTP/1.1\r\n"
JSON = b"Content-Type: application/json\r\n"
ID = b"X-Request-ID: one\r\n"
TRACE = b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
LAST = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-ID: last\r\nConnection: close\r\n\r\n"

_OTHERS = {b"/metrics", b"connections_refused"}
"""Marks of log lines that do not belong to a test's requests: scrapes and summaries of a second."""

_UNTIMED = re.compile(rb"^triage_(?!http_request_seconds_(?:sum|bucket)|queue_age)\S+ \S+$", re.MULTILINE)


def plain(body: bytes, fields: bytes = JSON + ID, *, start: bytes = START, host: bytes = b"Host: x\r\n") -> bytes:
    """A request with these header fields, a host and a length."""
    return b"%b%b%bContent-Length: %d\r\n\r\n%b" % (start, host, fields, len(body), body)


def effects_of(service: Any, *parts: bytes, pause: float = 0.03) -> tuple[bytes, bytes, bytes]:
    """The response bytes, log lines and metrics that these parts cause.

    The parts are sent one after another on one connection.
    """
    logged = service.log_file.stat().st_size
    before = _UNTIMED.findall(service.send("GET", "/metrics", x_request_id="before").body)
    with service.connect() as connection:
        for number, part in enumerate(parts):
            if number:
                time.sleep(pause)
            connection.sendall(part)
        received = service.read_all(connection)
    after = _UNTIMED.findall(service.send("GET", "/metrics", x_request_id="after").body)
    until(lambda: b'"request_id":"after"' in log_from(service, logged), "its log line is missing")
    lines = [line for line in log_from(service, logged).splitlines() if _OTHERS.isdisjoint(line.split(b'"'))]
    return masked(received), masked(b"\n".join(lines)), counted(before, after)


def log_from(service: Any, place: int) -> bytes:
    """The log after a position."""
    whole: bytes = service.log_file.read_bytes()
    return whole[place:]


def counted(before: list[bytes], after: list[bytes]) -> bytes:
    """The increase of each series, without the scrapes themselves."""
    old = dict(line.split(b" ") for line in before)
    rises = {
        name: float(value) - float(old.get(name, 0))
        for name, value in (line.split(b" ") for line in after)
        if b"/metrics" not in name
    }
    return repr({name: rise for name, rise in rises.items() if rise}).encode()


@pytest.fixture(scope="module")
def both(start: Callable[..., Any]) -> tuple[Any, Any]:
    """A service with and a service without the fast path."""
    settings = {"knowledge": "", "body_seconds": "1", "log_format": "json"}
    return start(is_traced=True, **settings), start("-c", NORMAL_ONLY, "serve", **settings)


def corpus(knowledge: Knowledge) -> list[bytes]:
    """The requests of all examples and of all vignettes."""
    examples = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.request.json"))]
    return examples + [body_of(vignette, knowledge) for vignette in vignettes.read(SHIPPED, knowledge)]


def test_every_report_of_the_corpus_is_answered_logged_and_counted_alike(both: Any, shipped: Knowledge) -> None:
    """Both paths give every report of the corpus the same response, log lines and metrics."""
    bodies = corpus(shipped)
    assert len(bodies) > 300
    requests = [plain(body, JSON + b"X-Request-ID: r%d\r\n" % number) for number, body in enumerate(bodies)]
    fast, normal = [effects_of(service, *requests, LAST, pause=0.004) for service in both]
    assert fast == normal
    assert fast[0].count(b"HTTP/1.1 ") == fast[1].count(b"\n") + 1 == len(bodies) + 1


HEADS = {
    "the usual one": plain(GOOD),
    "no id": plain(GOOD, JSON),
    "an id that is not well formed": plain(GOOD, JSON + b"X-Request-ID: a b\r\n"),
    "an id in spaces": plain(GOOD, JSON + b"X-Request-ID:   mine  \r\n"),
    "an id after a tab": plain(GOOD, JSON + b"X-Request-ID:\tmine\r\n"),
    "an empty id": plain(GOOD, JSON + b"X-Request-ID:\r\n"),
    "two ids": plain(GOOD, JSON + ID + b"X-Request-ID: two\r\n"),
    "a trace": plain(GOOD, JSON + ID + TRACE),
    "a trace that is not well formed": plain(GOOD, JSON + ID + TRACE.replace(b"00-", b"ff-")),
    "names in capitals": plain(GOOD, (JSON + ID).upper().replace(b"APPLICATION/JSON", b"application/json")),
    "no space after the colon": plain(GOOD, (JSON + ID).replace(b": ", b":"), host=b"Host:x\r\n"),
    "many fields": plain(GOOD, JSON + ID + b"".join(b"X-Field-%d: x\r\n" % n for n in range(100))),
    "too many fields": plain(GOOD, JSON + ID + b"".join(b"X-Field-%d: x\r\n" % n for n in range(200))),
    "a long field": plain(GOOD, JSON + ID + b"User-Agent: %b\r\n" % (b"x" * 5000)),
    "fields of a browser": plain(GOOD, JSON + ID + b"Origin: https://x\r\nReferer: https://x/\r\nCookie: a=b\r\n"),
    "a key": plain(GOOD, JSON + ID + b"Authorization: Bearer x\r\n"),
    "keep-alive": plain(GOOD, JSON + ID + b"Connection: Keep-Alive\r\n"),
    "the last request": plain(GOOD, JSON + ID + b"Connection: close\r\n"),
    "an offer": plain(GOOD, JSON + ID + b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
    "HTTP/1.0": plain(GOOD, start=START.replace(b"1.1", b"1.0")),
    "HTTP/1.0 that stays": plain(GOOD, JSON + ID + b"Connection: keep-alive\r\n", start=START.replace(b"1.1", b"1.0")),
    "HTTP/1.2": plain(GOOD, start=START.replace(b"1.1", b"1.2")),
    "another method": plain(GOOD, start=START.replace(b"POST", b"PUT")),
    "a query": plain(GOOD, start=START.replace(b"/assess", b"/assess?explain=full")),
    "an empty query": plain(GOOD, start=START.replace(b"/assess", b"/assess?")),
    "a slash at the end": plain(GOOD, start=START.replace(b"/assess", b"/assess/")),
    "a whole URL": plain(GOOD, start=START.replace(b"/assess", b"http://x/assess")),
    "no host": plain(GOOD, host=b""),
    "an empty host": plain(GOOD, host=b"Host:\r\n"),
    "two hosts": plain(GOOD, host=b"Host: x\r\nHost: y\r\n"),
    "a wrong host": plain(GOOD, host=b"Host: x/y\r\n"),
    "another media type": plain(GOOD, ID + b"Content-Type: text/plain\r\n"),
    "a charset": plain(GOOD, ID + b"Content-Type: application/json; charset=utf-8\r\n"),
    "a media type in capitals": plain(GOOD, ID + b"Content-Type: Application/JSON\r\n"),
    "no media type": plain(GOOD, ID),
    "two media types": plain(GOOD, JSON + JSON + ID),
    "a coding": plain(GOOD, JSON + ID + b"Content-Encoding: gzip\r\n"),
    "no coding": plain(GOOD, JSON + ID + b"Content-Encoding: identity\r\n"),
    "an expectation": plain(GOOD, JSON + ID + b"Expect: 100-continue\r\n"),
    "chunks": START + b"Host: x\r\n" + JSON + ID + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
        len(GOOD), GOOD,
    ),
    "chunks and a length": plain(b"0\r\n\r\n", JSON + ID + b"Transfer-Encoding: chunked\r\n"),
    "two lengths": plain(GOOD, JSON + ID + b"Content-Length: %d\r\n" % len(GOOD)),
    "a length with zeros": plain(GOOD).replace(b"Length: ", b"Length: 000"),
    "a length with a sign": plain(GOOD).replace(b"Length: ", b"Length: +"),
    "a length of many digits": plain(GOOD).replace(b"Length: ", b"Length: " + b"0" * 40),
    "a length that is too small": plain(GOOD).replace(b"Length: %d" % len(GOOD), b"Length: 5"),
    "no length": START + b"Host: x\r\n" + JSON + ID + b"\r\n",
    "a length of nothing": plain(b""),
    "a folded field": plain(GOOD, JSON + ID + b"Accept: x,\r\n y\r\n"),
    "a bare line feed": plain(GOOD, JSON + ID.replace(b"\r\n", b"\n")),
    "a control character": plain(GOOD, JSON + b"X-Request-ID: a\x00b\r\n"),
    "a high byte": plain(GOOD, JSON + ID + b"User-Agent: \xe9\r\n"),
    "a space before a colon": plain(GOOD, JSON + ID.replace(b":", b" :")),
    "no colon": plain(GOOD, JSON + ID + b"Accept\r\n"),
    "an empty line before": b"\r\n" + plain(GOOD),
    "an empty line behind": plain(GOOD) + b"\r\n",
    "no fields": START + b"\r\n",
    "not HTTP": b"POST /assess\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("request_", HEADS.values(), ids=HEADS.keys())
def test_every_head_is_read_alike(both: Any, request_: bytes) -> None:
    """The fast path and the parser agree on every head; the fast path leaves unusual ones to the parser."""
    fast, normal = [effects_of(service, request_, LAST) for service in both]
    assert fast == normal


BODIES = {
    "nothing known": b"{}",
    "not JSON": b"{",
    "not UTF-8": b'{"findings": {"\xff": true}}',
    "an unknown finding": b'{"findings": {"not_a_finding": true}}',
    "a name twice": b'{"findings": {"calf_cramp": true, "calf_cramp": true}}',
    "a list": b"[]",
    "deep": b"[" * 5000,
    "a large number": b'{"training": {"run_distance_km": 1' + b"0" * 400 + b"}}",
    "the largest": GOOD + b" " * (65_536 - len(GOOD)),
    "too large": GOOD + b" " * (65_537 - len(GOOD)),
    "much too large": GOOD + b" " * 300_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_every_body_is_read_alike(both: Any, body: bytes) -> None:
    """Both paths refuse the same reports, and accept the same reports of any size."""
    fast, normal = [effects_of(service, plain(body), LAST) for service in both]
    assert fast == normal


@pytest.mark.parametrize("place", [1, 23, 60, len(plain(GOOD)) - len(GOOD), len(plain(GOOD)) - 1])
def test_a_request_in_pieces_is_read_alike(both: Any, place: int) -> None:
    """A request may be cut anywhere; the plain request after it takes the fast path again."""
    request = plain(GOOD)
    fast, normal = [effects_of(service, request[:place], request[place:], request, LAST) for service in both]
    assert fast == normal
    assert fast[0].count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("count", [2, 3, 70])
def test_pipelined_requests_are_read_alike(both: Any, count: int) -> None:
    """Pipelined requests are answered in order, in one read or split over two."""
    whole = b"".join(plain(GOOD, JSON + b"X-Request-ID: p%d\r\n" % number) for number in range(count))
    for parts in ((whole,), (whole[:-5], whole[-5:] + plain(GOOD))):
        fast, normal = [effects_of(service, *parts, LAST) for service in both]
        assert fast == normal


def test_a_path_is_chosen_for_each_request(both: Any) -> None:
    """The path is chosen per request, so one connection may alternate."""
    parts = [
        plain(GOOD),
        plain(b"{"),
        plain(GOOD, JSON + ID + b"DNT: 1\r\n"),
        LAST.replace(b"close", b"keep-alive"),
    ] * 3
    fast, normal = [effects_of(service, *parts, LAST) for service in both]
    assert fast == normal
    assert fast[0].count(b"HTTP/1.1 200 OK") == 10


def authorized(key: str) -> bytes:
    """The fields of a request with a key."""
    return JSON + ID + b"Authorization: Bearer %b\r\n" % key.encode()


@pytest.fixture(scope="module")
def keyed(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Mapping[str, str]]:
    """Both services, with keys and limits, and the keys."""
    made = {name: generate_key() for name in ("good", "spent", "revoked", "disabled", "unknown")}
    keys, hashes = ({name: pair[part] for name, pair in made.items()} for part in (0, 1))
    path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    path.write_text(
        "partners:\n"
        f"  one: {{keys: {{k1: {{sha256: {hashes['good']}}},"
        f" old: {{sha256: {hashes['revoked']}, revoked: true}}}}}}\n"
        f"  few: {{rate_limit: 2/hour, keys: {{k2: {{sha256: {hashes['spent']}}}}}}}\n"
        f"  gone: {{disabled: true, keys: {{k3: {{sha256: {hashes['disabled']}}}}}}}\n"
    )
    settings = {"knowledge": "", "body_seconds": "1", "keys": str(path), "rate_limit": "1000/hour"}
    return start(is_traced=True, **settings), start("-c", NORMAL_ONLY, "serve", **settings), keys


def test_a_key_has_the_same_effect_on_both_paths(keyed: tuple[Any, Any, Mapping[str, str]]) -> None:
    """A key is accepted, refused, counted, charged and logged alike, and so is a broken body with it."""
    *services, keys = keyed
    good = authorized(keys["good"])
    requests = [
        *(plain(GOOD, authorized(key)) for key in keys.values()),
        *(plain(GOOD, authorized(keys["spent"])) for _ in range(3)),
        plain(GOOD, good),
        plain(b"{", good),
        plain(GOOD, good.replace(b"Bearer", b"bearer")),
        plain(GOOD, good.replace(b"Bearer", b"Basic")),
        plain(GOOD, good.replace(b"Bearer ", b"Bearer  ")),
        plain(GOOD, good.replace(b": Bearer", b":\tBearer")),
        plain(GOOD, good.replace(b"Authorization", b"authorization")),
        plain(GOOD, good + b"Authorization: Bearer x\r\n"),
        plain(GOOD, JSON + ID + b"Authorization:\r\n"),
        plain(GOOD),
        plain(GOOD, good),
    ]
    fast, normal = [effects_of(service, *requests, LAST) for service in services]
    assert fast == normal
    assert fast[0].count(b"HTTP/1.1 429 ") == 2
    assert b"partner=" in fast[2]


@pytest.fixture(scope="module")
def limited(start: Callable[..., Any]) -> tuple[Any, Any]:
    """Both services, with a limit per client behind a proxy."""
    settings = {"knowledge": "", "body_seconds": "1", "rate_limit": "2/hour", "proxies": "1"}
    return start(is_traced=True, **settings), start("-c", NORMAL_ONLY, "serve", **settings)


def test_a_client_is_limited_alike_on_both_paths(limited: tuple[Any, Any]) -> None:
    """The address of a client, its quota and the fields of a limit are the same."""
    addresses = (b"10.0.0.1", b"10.0.0.1", b"10.0.0.1", b"10.0.0.2, 10.0.0.1", b"10.0.0.1, 10.0.0.2", b"::1", b"", b"x")
    requests = [plain(GOOD, JSON + ID + b"X-Forwarded-For: %b\r\n" % address) for address in addresses]
    fast, normal = [effects_of(service, *requests, plain(GOOD), LAST) for service in limited]
    assert fast == normal
    assert fast[0].count(b"HTTP/1.1 429 ") == 2
