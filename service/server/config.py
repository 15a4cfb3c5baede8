"""The server's configuration: uvicorn's, with fixed choices and time limits."""

from __future__ import annotations

from typing import Any, Final, cast

import uvicorn

from service.server.memory import Memory
from service.server.response_batch import ResponseBatch

IDLE_SECONDS: Final = 75
"""The longest wait of a connection for its next request. Common proxies close theirs after 60 seconds.

If the service closed first, a proxy could send a request on a closing connection, and must not repeat a POST.
"""


class Config(uvicorn.Config):
    """uvicorn's configuration with the time limits of this service.

    `head_seconds` is the time for a request's head. `drain_seconds` is the time that a stop leaves to the load
    balancer.
    """

    def __init__(
        self,
        app: str,
        *,
        head_seconds: float,
        drain_seconds: float,
        shutdown_seconds: float,
        is_renewable: bool,
        **rest: Any,
    ) -> None:
        super().__init__(
            app,
            factory=True,
            loop="uvloop",
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            **rest,
        )
        self.memory = Memory()
        self.responses = ResponseBatch()
        self.head_seconds = head_seconds
        self.drain_seconds = drain_seconds
        self.is_renewable = is_renewable
        self.timeout_graceful_shutdown = cast("int", shutdown_seconds)  # it goes to `asyncio.wait_for`
