"""The access middleware in process: admission, charges, responses and log fields."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from litestar.types import Receive, Scope, Send

from service.access.access import Access
from service.access.keys import Keys
from service.access.limiter_memory import MemoryLimiter
from service.access.rate_limit import Quota
from service.errors import Forbidden, RateLimited, Unauthorized
from service.telemetry.access_log import RequestRecord
from service.web.access_middleware import ExtraCharge, access_middleware
from service.web.answer import answer
from service.web.outer_middleware import ADMISSION
from service.web.request_record import RECORD


class Route:
    """A route with a given cost."""

    def __init__(self, access: Access | None = None, cost: int = 1) -> None:
        self.access = access
        self.cost = cost
        self.calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Charge the cost beyond 1, then respond."""
        await ExtraCharge(self.access, scope).charge(self.cost - 1)
        self.calls += 1
        await answer(b"{}")(scope, receive, send)


def ask(app: Any, key: bytes | None = None) -> tuple[int, dict[bytes, bytes], RequestRecord]:
    """The status, the added header fields and the log record."""
    record = RequestRecord("id")
    headers = [] if key is None else [(b"authorization", b"Bearer " + key)]
    scope: Any = {"type": "http", "method": "POST", "headers": headers, "client": ("10.0.0.1", 1), RECORD: record}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, None, send))
    fields = scope[ADMISSION].fields if ADMISSION in scope else ()
    return sent[0]["status"], dict(fields), record


@pytest.fixture
def access(tmp_path: Path) -> Access:
    """A valid key, a revoked key, and three requests a minute."""
    good, bad = (hashlib.sha256(key).hexdigest() for key in (b"good", b"bad"))
    path = tmp_path / "keys.yaml"
    path.write_text(f"partners: {{one: {{keys: {{k1: {{sha256: {good}}}, k0: {{sha256: {bad}, revoked: true}}}}}}}}")
    return Access(Keys(path, None), Quota(3, 60), MemoryLimiter(), 0)  # type: ignore[arg-type]


def test_a_valid_key_is_accepted_and_logged(access: Access) -> None:
    """The log has the partner and the id of its key; the response has the remaining quota."""
    status, headers, record = ask(access_middleware(access)(Route()), b"good")
    assert (status, record.partner, record.key) == (200, "one", "k1")
    assert headers[b"ratelimit"] == b'"default";r=2;t=60'


def test_no_key_stops_before_the_route(access: Access) -> None:
    """A request without a valid key never reaches the route, and its header is not logged."""
    route = Route()
    for key in (None, b"other"):
        with pytest.raises(Unauthorized):
            ask(access_middleware(access)(route), key)
    assert route.calls == 0


def test_a_revoked_key_is_logged_with_its_partner(access: Access) -> None:
    """The log names the partner of a revoked key."""
    record = RequestRecord("id")
    scope: Any = {"headers": [(b"authorization", b"Bearer bad")], "client": None, RECORD: record}
    with pytest.raises(Forbidden):
        asyncio.run(access_middleware(access)(Route())(scope, None, None))  # type: ignore[arg-type]
    assert (record.partner, record.key) == ("one", "k0")


def test_a_request_over_the_quota_is_refused(access: Access) -> None:
    """A request over the quota never reaches the route."""
    route = Route()
    app = access_middleware(access)(route)
    assert [ask(app, b"good")[0] for _ in range(3)] == [200] * 3
    with pytest.raises(RateLimited):
        ask(app, b"good")
    assert route.calls == 3


def test_a_route_may_charge_for_more(access: Access) -> None:
    """A batch is charged for each item and has one set of fields; a batch over the quota is refused."""
    app = access_middleware(access)(Route(access, cost=2))
    assert ask(app, b"good")[1][b"ratelimit"] == b'"default";r=1;t=60'
    with pytest.raises(RateLimited):
        ask(app, b"good")


def test_without_access_control_nothing_is_charged() -> None:
    """A route can charge a cost without knowing whether a limit exists."""
    assert ask(Route(cost=1000))[0] == 200
    assert ExtraCharge(None, {}).maximum is None  # type: ignore[arg-type]  # not read without a limit
