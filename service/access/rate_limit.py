"""Rate limits and their header fields.

`access.py` charges a request to a quota, and `limiter_memory.py` or `limiter_redis.py` counts it. Limits that protect
the process are elsewhere: `web/request_queue.py` bounds requests per turn, and `server/memory.py` bounds memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
FORM: Final = rf"^[1-9][0-9]{{0,8}}/({'|'.join(SECONDS)})\Z"
"""The written form of a rate limit. An empty text means no limit."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A number of requests in a window of seconds.

    The window begins with the first of the requests.
    """

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of a charge to a quota.

    A refusal takes nothing.
    """

    is_allowed: bool
    remaining: int
    resets_in: int


def quota(text: str) -> Quota | None:
    """Return the quota of a text such as `600/minute`.

    Returns None for an empty text. Raises `ValueError` for any other form.
    """
    if not text:
        return None
    if not re.fullmatch(FORM, text):
        raise ValueError("a rate limit is written like 600/minute")
    requests, _, unit = text.partition("/")
    return Quota(int(requests), SECONDS[unit])


def fields(quota: Quota, taken: Taken) -> tuple[tuple[bytes, bytes], ...]:
    """Return the rate limit fields of a response.

    They follow draft-ietf-httpapi-ratelimit-headers-10. A refusal also has `Retry-After`.
    """
    policy = b'"default";q=%d;w=%d' % (quota.requests, quota.seconds)
    left = b'"default";r=%d;t=%d' % (taken.remaining, taken.resets_in)
    shown = ((b"ratelimit-policy", policy), (b"ratelimit", left))
    return shown if taken.is_allowed else (*shown, (b"retry-after", b"%d" % taken.resets_in))
