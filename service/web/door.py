"""Stands before the routes that need a key or have a limit; where there is neither, it is not there at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.access.access import Access, Admission
from service.errors import Barred, RateSpent
from service.problems import kind_of
from service.telemetry.journal import Exchange
from service.web.observe import exchange_of, refusal

_ADMISSION: Final = "triage.admission"
"""Where the scope keeps its `Admission`."""

Toll: TypeAlias = Callable[[int], Awaitable[None]]


def door(access: Access) -> Callable[[ASGIApp], ASGIApp]:
    """Wraps one route; a request pays for itself here, and what more it costs by its `toll`."""

    def before(app: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            exchange = exchange_of(scope)
            admission = _admitted(access, scope, exchange)

            async def send_on(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *admission.fields]
                await send(message)

            try:
                await access.charge(admission, 1)
            except RateSpent as error:
                await refusal(exchange, kind_of(error))(scope, receive, send_on)
            else:
                await app(scope, receive, send_on)

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
    cast("dict[str, object]", scope)[_ADMISSION] = access, admission
    return admission


def toll(scope: Scope) -> Toll:
    """What lets the sender of this request pay more than for one, or raises `RateSpent`; free without a limit."""
    found = cast("dict[str, tuple[Access, Admission]]", scope).get(_ADMISSION)

    async def charge(cost: int) -> None:
        if found is not None and cost > 0:
            access, admission = found
            await access.charge(admission, cost)

    return charge
