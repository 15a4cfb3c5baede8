"""Rate limits counted in this process's memory.

No library is used, because the common one visits every window of every client on each request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from service.access.rate_limit import Quota, Taken

MOST = 100_000
"""The most windows in memory, some 20 MB. Above it the oldest one is dropped, and its client starts a new one."""


class MemoryLimiter:
    """A limiter in the memory of this process.

    Several processes count separately.
    """

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self.windows: dict[str, tuple[float, int]] = {}  # its end and the used part; the oldest first

    async def take(self, caller: str, quota: Quota, cost: int) -> Taken:
        """Take `cost` from the quota of `caller` if enough is left."""
        return self.take_now(caller, quota, cost)

    def take_now(self, caller: str, quota: Quota, cost: int) -> Taken:
        """Take `cost` without suspension; a cost of 0 only looks."""
        now = self._clock()
        ends, used = self.windows.get(caller, (now, 0))
        if ends <= now:
            self.windows.pop(caller, None)
            self._forget(now)
            ends, used = now + quota.seconds, 0
        is_allowed = used + cost <= quota.requests
        used += cost if is_allowed else 0
        self.windows[caller] = ends, used
        resets_in = max(1, math.ceil(round(ends - now, 3)))  # a new window of 60 s may be 60.000000000001 s in floats
        return Taken(is_allowed, max(0, quota.requests - used), resets_in)

    def _forget(self, now: float) -> None:
        """Remove the oldest windows that have ended.

        One more window is removed if there are too many.
        """
        while self.windows:
            oldest = next(iter(self.windows))
            if self.windows[oldest][0] > now and len(self.windows) < self._most:
                return
            del self.windows[oldest]
