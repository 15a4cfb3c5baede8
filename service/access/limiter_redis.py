"""Counts quotas in a Valkey or Redis that several processes share; while it is away, requests pass uncounted."""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

from redis import asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from service.access.events import AccessEvents
from service.access.rate_limit import Quota, Taken

PATIENCE_SECONDS: Final = 0.1
"""The longest that one request may wait for the store."""

PAUSE_SECONDS: Final = 1.0
"""How long a store that failed is left alone, so that only one request in a pause pays for asking."""

SCHEMES: Final = ("redis://", "rediss://")
_PREFIX: Final = "triage:quota:"
_TAKE: Final = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local cost, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local is_allowed = used + cost <= most
if is_allowed then
  used = redis.call('INCRBY', KEYS[1], cost)
  if used == cost then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
end
return {is_allowed and 1 or 0, used, redis.call('PTTL', KEYS[1])}
"""
"""One round trip, and atomic there: looking first and counting after would let two processes share the last one."""


class RedisLimiter:
    """A shared store; raises `ValueError` where the URL cannot be used."""

    def __init__(self, url: str, events: AccessEvents, clock: Callable[[], float] = time.monotonic) -> None:
        if not url.startswith(SCHEMES):
            raise ValueError("no redis:// or rediss:// URL")
        client = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), protocol=2)
        self._take = client.register_script(_TAKE)
        self._events = events
        self._clock = clock
        self._away_until = 0.0
        self._is_away = False

    async def take(self, who: str, quota: Quota, cost: int) -> Taken | None:
        """Take `cost` from the quota of `who`, if that much is left; nothing where the store does not answer."""
        if self._is_away:
            if self._clock() < self._away_until:
                return None
            self._away_until = self._clock() + PAUSE_SECONDS
        # A client's address is nobody's business in the store either.
        key = _PREFIX + hashlib.sha256(who.encode()).hexdigest()[:32]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await cast(
                    "Awaitable[list[int]]", self._take(keys=[key], args=[cost, quota.requests, quota.seconds * 1000])
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(error)
            return None
        self._recover()
        is_allowed, used, left = answer
        # Where more is asked for than a whole quota, no window begins, and so none has time left.
        resets_in = math.ceil(left / 1000) if left > 0 else quota.seconds
        return Taken(bool(is_allowed), max(0, quota.requests - used), resets_in)

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
