"""Rate limits: how many requests a window allows, and the header fields that say so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
FORM: Final = rf"^[1-9][0-9]{{0,8}}/({'|'.join(SECONDS)})\Z"
"""What a rate limit looks like where people write it; empty is none."""


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in a window of so many seconds, which begins with the first of them."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking for a part of a quota; a refusal takes nothing."""

    is_allowed: bool
    remaining: int
    resets_in: int


def quota(text: str) -> Quota | None:
    """`600/minute` as a quota; nothing where the text is empty."""
    if not text:
        return None
    if not re.fullmatch(FORM, text):
        raise ValueError("a rate limit is written like 600/minute")
    requests, _, unit = text.partition("/")
    return Quota(int(requests), SECONDS[unit])


def fields(quota: Quota, taken: Taken) -> tuple[tuple[bytes, bytes], ...]:
    """The header fields of draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` on a refusal."""
    policy = b'"default";q=%d;w=%d' % (quota.requests, quota.seconds)
    left = b'"default";r=%d;t=%d' % (taken.remaining, taken.resets_in)
    told = ((b"ratelimit-policy", policy), (b"ratelimit", left))
    return told if taken.is_allowed else (*told, (b"retry-after", b"%d" % taken.resets_in))
