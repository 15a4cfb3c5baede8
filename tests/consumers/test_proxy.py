"""Prism as a proxy that rejects traffic outside the contract."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

_LIES: dict[str, Callable[[Any], Any]] = {
    "an unknown level": lambda answer: answer | {"triage": answer["triage"] | {"level": "urgent"}},
    "a response without an interview": lambda answer: {name: answer[name] for name in answer if name != "interview"},
    "points as text": lambda answer: answer | {"causes": [answer["causes"][0] | {"points": "seven"}]},
    "a refusal instead of a response": lambda _: {"status": 200, "message": "all well"},
}


class _Substitute(BaseHTTPRequestHandler):
    """A service that returns a given response."""

    body: bytes = b""

    def do_GET(self) -> None:
        self._answer(b'{"status": "live"}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(type(self).body)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("API-Version", "2.0.0")
        self.send_header("X-Request-ID", "a-substitute")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Language", "en")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _proxy(servers: Any, upstream: str) -> httpx.Client:
    address = servers.start(
        lambda port: [
            "prism",
            "proxy",
            "openapi.yaml",
            upstream,
            "--errors",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
    )
    return httpx.Client(base_url=address, timeout=30)


@pytest.fixture(scope="module")
def proxy(servers: Any, live: str) -> Iterator[httpx.Client]:
    """The service behind the proxy."""
    with _proxy(servers, live) as client:
        yield client


@pytest.fixture(scope="module")
def substitute(servers: Any) -> Iterator[httpx.Client]:
    """A service outside the contract, behind the proxy."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Substitute) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with _proxy(servers, f"http://127.0.0.1:{server.server_port}") as client:
            yield client
        server.shutdown()


def _post(client: httpx.Client, body: bytes) -> httpx.Response:
    return client.post("/assess", content=body, headers={"Content-Type": "application/json"})


def test_the_corpus_passes_the_proxy(proxy: httpx.Client, live: str, corpus: dict[str, bytes]) -> None:
    """Every request of the corpus is accepted, and every response is valid by the contract.

    The proxy rewrites JSON (`25.0` as `25`), so decoded responses are compared.
    """
    with httpx.Client(base_url=live, timeout=30) as direct, ThreadPoolExecutor(4) as pool:
        seen = dict(zip(corpus, pool.map(lambda body: _post(proxy, body), corpus.values()), strict=True))
        plain = dict(zip(corpus, pool.map(lambda body: _post(direct, body), corpus.values()), strict=True))
    refused = {name: answer.text[:400] for name, answer in seen.items() if answer.status_code != 200}
    assert refused == {}
    assert [name for name in corpus if seen[name].json() != plain[name].json()] == []
    assert not any("sl-violations" in answer.headers for answer in seen.values())
    assert len(corpus) >= 400


def test_the_other_routes_pass_through(proxy: httpx.Client) -> None:
    """Knowledge, health, metrics and the JSON contract pass the proxy.

    `/openapi.yaml` is excluded, because the proxy cannot parse YAML and reports that its text is not an object.
    """
    for path in (
        "/knowledge",
        "/knowledge/causes",
        "/knowledge/causes/uphill_increase",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/docs",
    ):
        answer = proxy.get(path)
        assert (path, answer.status_code) == (path, 200), answer.text[:400]
    assert proxy.get("/knowledge/causes/nothing").status_code == 404


def test_the_proxy_passes_a_valid_response(substitute: httpx.Client, example: Callable[[str], Any]) -> None:
    """The proxy passes a valid response of the substitute."""
    _Substitute.body = json.dumps(example("uphill_increase.response")).encode()
    assert _post(substitute, b'{"findings": {"calf_cramp": true}}').status_code == 200


@pytest.mark.parametrize("lie", sorted(_LIES))
def test_the_proxy_rejects_an_invalid_response(
    lie: str, substitute: httpx.Client, example: Callable[[str], Any]
) -> None:
    """Each response that violates the contract is rejected, and the violation is named."""
    _Substitute.body = json.dumps(_LIES[lie](example("uphill_increase.response"))).encode()
    answer = _post(substitute, b'{"findings": {"calf_cramp": true}}')
    assert answer.status_code == 500
    assert "violation" in answer.text.lower()
