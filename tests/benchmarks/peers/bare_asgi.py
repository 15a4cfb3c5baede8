"""A bare ASGI application with recorded responses: the server's own cost."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.peers.recorded import recorded

ANSWERS = recorded()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Return the recorded response to the body."""
    assert scope["type"] == "http"
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = ANSWERS[body]
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
