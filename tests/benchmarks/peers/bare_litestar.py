"""A bare Litestar handler that returns recorded responses."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, MediaType, Request, post

from tests.benchmarks.peers.recorded import recorded

ANSWERS = recorded()


@post("/assess", status_code=200, media_type=MediaType.JSON)
async def assess(request: Request[Any, Any, Any]) -> bytes:
    """Return the recorded response to these bytes."""
    return ANSWERS[await request.body()]


app = Litestar([assess], openapi_config=None, logging_config=None)
