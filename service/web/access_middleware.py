"""Checks of keys and rate limits before the routes.

This layer is absent if neither is configured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from litestar.types import ASGIApp, Receive, Scope, Send

from service.access.access import Access, Admission
from service.errors import Forbidden
from service.telemetry.access_log import RequestRecord
from service.web.outer_middleware import ADMISSION
from service.web.request_record import record_of


def access_middleware(access: Access) -> Callable[[ASGIApp], ASGIApp]:
    """Return middleware that admits and charges the requests of a route.

    Each request is charged once here. `ExtraCharge` charges any further cost.
    """

    def before(app: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            admission = _admitted(access, scope, record_of(scope))
            cast("dict[str, object]", scope)[ADMISSION] = admission
            await access.charge(admission, 1)
            await app(scope, receive, send)

        return guarded

    return before


def _admitted(access: Access, scope: Scope, record: RequestRecord) -> Admission:
    peer = scope["client"]
    try:
        admission = access.admit(scope["headers"], peer[0] if peer else "")
    except Forbidden as forbidden:
        record.partner, record.key = forbidden.partner, forbidden.key
        raise
    if (partner := admission.partner) is not None:
        record.partner, record.key = partner.id, partner.key
    return admission


@dataclass(frozen=True, slots=True)
class ExtraCharge:
    """The extra charge for one request that has been admitted.

    Nothing is charged if there is no limit.
    """

    access: Access | None
    scope: Scope

    @property
    def maximum(self) -> int | None:
        """The quota of the sender for a whole window.

        None if there is no limit.
        """
        quota = None if self.access is None else self._admission.quota
        return None if quota is None else quota.requests

    async def charge(self, cost: int) -> None:
        """Charge `cost` further requests to the sender.

        Raises `RateLimited` if the quota has too little left.
        """
        if self.access is not None and cost > 0:
            await self.access.charge(self._admission, cost)

    @property
    def _admission(self) -> Admission:
        return cast("dict[str, Admission]", self.scope)[ADMISSION]
