"""Who is let in, and who pays."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from service.access.access import Access, client
from service.access.keys import Keys
from service.access.limiter_memory import MemoryLimiter
from service.access.rate_limit import Quota, Taken
from service.errors import RateLimited, Unauthorized

TWO = Quota(2, 60)


class Silent:
    """A store that never answers."""

    async def take(self, payer: str, quota: Quota, cost: int) -> Taken | None:
        """Say nothing."""


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Two keys of one partner, and one of another that has a limit of its own."""
    a, b, c = (hashlib.sha256(key).hexdigest() for key in (b"a", b"b", b"c"))
    path = tmp_path / "keys.yaml"
    path.write_text(
        f"partners:\n  one: {{keys: {{k1: {{sha256: {a}}}, k2: {{sha256: {b}}}}}}}\n"
        f"  two: {{rate_limit: 5/minute, keys: {{k1: {{sha256: {c}}}}}}}\n"
    )
    return Keys(path, None)  # type: ignore[arg-type]


def ask(access: Access, key: bytes = b"", peer: str = "10.0.0.1", cost: int = 1) -> tuple[tuple[bytes, bytes], ...]:
    """What one request is told, if it is let in."""

    async def asked() -> tuple[tuple[bytes, bytes], ...]:
        admission = access.admit([(b"authorization", b"Bearer " + key)], peer)
        await access.charge(admission, cost)
        return admission.fields

    return asyncio.run(asked())


def test_a_partner_pays_for_all_its_keys(keys: Keys) -> None:
    """A second key is no second quota, and another partner's quota is its own."""
    access = Access(keys, TWO, MemoryLimiter(), 0)
    ask(access, b"a")
    ask(access, b"b")
    with pytest.raises(RateLimited):
        ask(access, b"a", peer="10.0.0.2")
    assert ask(access, b"c")[0] == (b"ratelimit-policy", b'"default";q=5;w=60')


def test_a_partners_own_limit_holds_without_a_common_one(keys: Keys) -> None:
    """Where no rate is set, only those who have one of their own are counted."""
    access = Access(keys, None, MemoryLimiter(), 0)
    assert ask(access, b"a") == ()
    assert ask(access, b"c")[1] == (b"ratelimit", b'"default";r=4;t=60')


def test_without_a_key_nobody_is_counted(keys: Keys) -> None:
    """Who is refused for want of a key has spent nobody's quota."""
    with pytest.raises(Unauthorized):
        ask(Access(keys, TWO, MemoryLimiter(), 0), b"x")


def test_where_there_are_no_keys_the_client_pays() -> None:
    """Each address has a quota."""
    access = Access(None, TWO, MemoryLimiter(), 0)
    ask(access)
    ask(access)
    with pytest.raises(RateLimited):
        ask(access)
    assert ask(access, peer="10.0.0.2")[1] == (b"ratelimit", b'"default";r=1;t=60')


def test_where_nobody_can_count_triage_goes_on() -> None:
    """A store that is away lets everyone through, and nothing is said of a limit."""
    access = Access(None, TWO, Silent(), 0)
    assert [ask(access) for _ in range(5)] == [()] * 5


def test_a_request_may_cost_more_than_one() -> None:
    """A batch pays for each of its items."""
    access = Access(None, Quota(10, 60), MemoryLimiter(), 0)
    assert ask(access, cost=7)[1] == (b"ratelimit", b'"default";r=3;t=60')
    with pytest.raises(RateLimited):
        ask(access, cost=4)


def test_on_a_socket_for_both_families_each_ipv4_client_pays_for_itself() -> None:
    """What such a socket shows of them differs only in its last half."""
    assert [client([], f"::ffff:10.0.0.{last}", 0) for last in (1, 2)] == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ([], 0, "10.0.0.1"),
        ([b"1.1.1.1"], 0, "10.0.0.1"),
        ([b"1.1.1.1"], 1, "1.1.1.1"),
        ([b"6.6.6.6, 1.1.1.1"], 1, "1.1.1.1"),
        ([b"6.6.6.6", b"1.1.1.1, 2.2.2.2"], 2, "1.1.1.1"),
        ([b"1.1.1.1"], 2, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
        ([b"2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1::"),
        ([b"2001:db8:1:ff:ffff::1"], 1, "2001:db8:1::"),
        ([b"2001:db8:1:12ff::1"], 1, "2001:db8:1:1200::"),
        ([b"2001:db8:1:1300::1"], 1, "2001:db8:1:1300::"),
        ([b"not:an:address"], 1, "not:an:address"),
        ([b"::ffff:1.2.3.4"], 1, "1.2.3.4"),
        ([b"::ffff:102:304"], 1, "1.2.3.4"),
        ([b"1.2.3.4:5678"], 1, "1.2.3.4"),
        ([b"[2001:db8:1:2::5]:80"], 1, "2001:db8:1::"),
        ([b"[2001:db8:1:2::5]"], 1, "2001:db8:1::"),
        ([b"[::ffff:1.2.3.4]:80"], 1, "1.2.3.4"),
        ([b"1.1.1.1, "], 1, "10.0.0.1"),
        ([b":80"], 1, "10.0.0.1"),
    ],
)
def test_a_client_is_whom_the_outermost_trusted_proxy_heard(
    forwarded: list[bytes], proxies: int, expected: str
) -> None:
    """What a client writes into the header itself is never believed, and an IPv6 /56 is one client."""
    assert client([(b"x-forwarded-for", value) for value in forwarded], "10.0.0.1", proxies) == expected
