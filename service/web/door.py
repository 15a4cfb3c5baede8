"""Stands before the routes that need a key or have a limit; where there is neither, it is not there at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from service.access.access import Access, Admission
from service.errors import Barred
from service.telemetry.journal import Exchange
from service.web.observe import ADMISSION, exchange_of

Toll: TypeAlias = Callable[[int], Awaitable[None]]


def door(access: Access) -> Callable[[ASGIApp], ASGIApp]:
    """Wraps one route; a request pays for itself here, and what more it costs by its `toll`."""

    def before(app: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            admission = _admitted(access, scope, exchange_of(scope))
            cast("dict[str, object]", scope)[ADMISSION] = admission
            await access.charge(admission, 1)
            await app(scope, receive, send)

        return guarded

    return before


def _admitted(access: Access, scope: Scope, exchange: Exchange) -> Admission:
    peer = scope["client"]
    try:
        admission = access.admit(scope["headers"], peer[0] if peer else "")
    except Barred as barred:
        exchange.partner, exchange.key = barred.partner, barred.key
        raise
    if (partner := admission.partner) is not None:
        exchange.partner, exchange.key = partner.id, partner.key
    return admission


def toll(access: Access | None, scope: Scope) -> Toll:
    """What lets the sender of this request pay more than for one, or raises `RateSpent`; free without a limit."""

    async def charge(cost: int) -> None:
        if access is not None and cost > 0:
            await access.charge(cast("dict[str, Admission]", scope)[ADMISSION], cost)

    return charge
