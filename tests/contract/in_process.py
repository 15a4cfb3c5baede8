"""The service in this process: requests to it, and planted faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

PROBLEM = b"application/problem+json"


def send(app: ASGIApp, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """One response of an application."""

    async def sent() -> httpx.Response:
        transport: Any = httpx.ASGITransport(app)  # type: ignore[arg-type]  # two names of one protocol
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(sent())


@dataclass
class Exchange:
    """One request and its response, which a fault may change."""

    method: str
    path: str
    asked: bytes
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def is_assessed(self) -> bool:
        """Whether this is a response of `POST /assess`."""
        return self.method == "POST" and self.path == "/assess" and self.status == 200

    @property
    def is_problem(self) -> bool:
        """Whether the body is a problem."""
        return self.headers.get(b"content-type") == PROBLEM and self.method != "HEAD"

    def edit(self, change: Callable[[Any], None]) -> None:
        """Change the body as JSON."""
        value = json.loads(self.body)
        change(value)
        self.body = json.dumps(value).encode()


class FaultyService:
    """The service with a fault in its responses or in its reader."""

    def __init__(
        self,
        app: ASGIApp,
        fault: Callable[[Exchange], None] = lambda _: None,
        read: Callable[[bytes], bytes] = lambda body: body,
    ) -> None:
        self._app, self._fault, self._read = app, fault, read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Collect the request, answer it, and change the response."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        asked = b""
        while True:
            message: Any = await receive()
            asked += message.get("body", b"")
            if not message.get("more_body", False):
                break
        read = self._read(asked)
        headers = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
        if read:
            headers.append((b"content-length", b"%d" % len(read)))
        given: list[Any] = []

        async def receive_read() -> Any:
            return {"type": "http.request", "body": read, "more_body": False}

        async def keep(message: Message) -> None:
            given.append(message)

        changed: Any = {**scope, "headers": headers}
        await self._app(changed, receive_read, keep)
        exchange = Exchange(
            scope["method"],
            scope["path"],
            asked,
            given[0]["status"],
            dict(given[0]["headers"]),
            b"".join(part.get("body", b"") for part in given[1:]),
        )
        self._fault(exchange)
        if scope["method"] != "HEAD":
            exchange.headers[b"content-length"] = b"%d" % len(exchange.body)
        start: Any = {
            "type": "http.response.start",
            "status": exchange.status,
            "headers": list(exchange.headers.items()),
        }
        await send(start)
        await send({"type": "http.response.body", "body": exchange.body, "more_body": False})
