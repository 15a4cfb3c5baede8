"""The notation of a rate limit, and its response fields."""

from __future__ import annotations

import pytest

from service.access.rate_limit import Quota, Taken, fields, quota


def test_a_rate_limit_is_parsed() -> None:
    """`600/minute` is 600 in 60 seconds, and an empty text means unlimited."""
    assert quota("600/minute") == Quota(600, 60)
    assert quota("1/second") == Quota(1, 1)
    assert quota("5/hour") == Quota(5, 3_600)
    assert quota("999999999/day") == Quota(999_999_999, 86_400)
    assert quota("") is None


@pytest.mark.parametrize(
    "text", ["0/minute", "600", "600 per minute", "-1/minute", "600/week", "1e3/day", "1/minute\n"]
)
def test_anything_else_is_refused(text: str) -> None:
    """An invalid limit is an error rather than no limit."""
    with pytest.raises(ValueError, match="600/minute"):
        quota(text)


def test_the_fields_are_those_of_the_draft() -> None:
    """The fields are the policy, the remaining quota and, on a refusal, the time to retry."""
    policy = (b"ratelimit-policy", b'"default";q=600;w=60')
    assert fields(Quota(600, 60), Taken(is_allowed=True, remaining=599, resets_in=12)) == (
        policy,
        (b"ratelimit", b'"default";r=599;t=12'),
    )
    assert fields(Quota(600, 60), Taken(is_allowed=False, remaining=0, resets_in=12)) == (
        policy,
        (b"ratelimit", b'"default";r=0;t=12'),
        (b"retry-after", b"12"),
    )
