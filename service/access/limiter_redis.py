"""Rate limits counted in a shared Valkey or Redis.

Without a valid reply, requests pass uncounted.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

import msgspec
from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from service.access.events import AccessEvents
from service.access.rate_limit import Quota, Taken

PATIENCE_SECONDS: Final = 0.1
"""The longest wait of a request for the store."""

PAUSE_SECONDS: Final = 1.0
"""The pause after a failure of the store. Only one request per pause waits for the store."""

SCHEMES: Final = ("redis://", "rediss://")
_PREFIX: Final = "triage:quota:"
_TAKE: Final = """
local cost, most, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local counted = redis.pcall('GET', KEYS[1])
local used = type(counted) == 'string' and counted:match('^%d+$') and tonumber(counted)
if not used then
  redis.call('DEL', KEYS[1])
  used = 0
end
local is_allowed = used + cost <= most
if is_allowed then used = redis.call('INCRBY', KEYS[1], cost) end
local left = redis.call('PTTL', KEYS[1])
if left == -1 or left > window then redis.call('PEXPIRE', KEYS[1], window) end
if left < 0 or left > window then left = window end
return {is_allowed and 1 or 0, math.min(used, most), left}
"""
"""One atomic round trip. With separate reading and counting, two processes could both use the last request.

A key without a valid count starts a new window. A count that would outlast its window gets the window's end. Otherwise
its client would be refused without end.
"""


def _taken(reply: object, quota: Quota) -> Taken:
    """Return the result of the script.

    Raises `ValueError` for a reply that the script cannot give.
    """
    is_allowed, used, left = msgspec.convert(reply, tuple[int, int, int])
    if is_allowed not in (0, 1) or not 0 <= used <= quota.requests or not 0 <= left <= quota.seconds * 1000:
        raise ValueError("not a reply of the script")
    return Taken(bool(is_allowed), quota.requests - used, max(1, math.ceil(left / 1000)))


class RedisLimiter:
    """A limiter in a shared store.

    Raises `ValueError` if the URL cannot be used.
    """

    def __init__(self, url: str, events: AccessEvents, clock: Callable[[], float] = time.monotonic) -> None:
        if not url.startswith(SCHEMES):
            raise ValueError("not a redis:// or rediss:// URL")
        client = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), protocol=2)
        self._take = client.register_script(_TAKE)
        self._events = events
        self._clock = clock
        self._away_until = 0.0
        self._is_away = False

    async def take(self, caller: str, quota: Quota, cost: int) -> Taken | None:
        """Take `cost` from the quota of `caller` if enough is left.

        Returns None without a valid reply.
        """
        if self._is_away:
            if self._clock() < self._away_until:
                return None
            self._away_until = self._clock() + PAUSE_SECONDS
        # The store must not hold a client's address.
        key = _PREFIX + hashlib.sha256(caller.encode()).hexdigest()[:32]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reply = await cast(
                    "Awaitable[object]", self._take(keys=[key], args=[cost, quota.requests, quota.seconds * 1000])
                )
            taken = _taken(reply, quota)
        except Exception as error:  # noqa: BLE001 (a reply may be any bytes, and none may cost an answer)
            self._fail(error)
            return None
        self._recover()
        return taken

    def _fail(self, error: Exception) -> None:
        self._events.limit_store_failed()
        self._away_until = self._clock() + PAUSE_SECONDS
        if not self._is_away:
            self._is_away = True
            self._events.warn("limit_store_down", error=type(error).__name__)

    def _recover(self) -> None:
        if self._is_away:
            self._is_away = False
            self._events.note("limit_store_up")
