"""Admission by key and charges to quotas."""

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

    async def take(self, caller: str, quota: Quota, cost: int) -> Taken | None:
        """Return no result."""


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Two keys of one partner, one of another with a limit."""
    a, b, c = (hashlib.sha256(key).hexdigest() for key in (b"a", b"b", b"c"))
    path = tmp_path / "keys.yaml"
    path.write_text(
        f"partners:\n  one: {{keys: {{k1: {{sha256: {a}}}, k2: {{sha256: {b}}}}}}}\n"
        f"  two: {{rate_limit: 5/minute, keys: {{k1: {{sha256: {c}}}}}}}\n"
    )
    return Keys(path, None)  # type: ignore[arg-type]


def ask(access: Access, key: bytes = b"", peer: str = "10.0.0.1", cost: int = 1) -> tuple[tuple[bytes, bytes], ...]:
    """The rate limit fields of one admitted request."""

    async def asked() -> tuple[tuple[bytes, bytes], ...]:
        admission = access.admit([(b"authorization", b"Bearer " + key)], peer)
        await access.charge(admission, cost)
        return admission.fields

    return asyncio.run(asked())


def test_a_partner_pays_for_all_its_keys(keys: Keys) -> None:
    """All keys of a partner share one quota, and each partner has its own."""
    access = Access(keys, TWO, MemoryLimiter(), 0)
    ask(access, b"a")
    ask(access, b"b")
    with pytest.raises(RateLimited):
        ask(access, b"a", peer="10.0.0.2")
    assert ask(access, b"c")[0] == (b"ratelimit-policy", b'"default";q=5;w=60')


def test_a_partners_own_limit_holds_without_a_common_one(keys: Keys) -> None:
    """Without a common rate limit, only partners with a limit of their own are counted."""
    access = Access(keys, None, MemoryLimiter(), 0)
    assert ask(access, b"a") == ()
    assert ask(access, b"c")[1] == (b"ratelimit", b'"default";r=4;t=60')


def test_requests_without_a_key_are_not_counted(keys: Keys) -> None:
    """A request without a valid key does not spend a quota."""
    with pytest.raises(Unauthorized):
        ask(Access(keys, TWO, MemoryLimiter(), 0), b"x")


def test_without_keys_the_client_pays() -> None:
    """Without keys, each client address has a quota."""
    access = Access(None, TWO, MemoryLimiter(), 0)
    ask(access)
    ask(access)
    with pytest.raises(RateLimited):
        ask(access)
    assert ask(access, peer="10.0.0.2")[1] == (b"ratelimit", b'"default";r=1;t=60')


def test_triage_continues_without_the_store() -> None:
    """If the store is unavailable, requests pass without rate limit fields."""
    access = Access(None, TWO, Silent(), 0)
    assert [ask(access) for _ in range(5)] == [()] * 5


def test_a_request_may_cost_more_than_one() -> None:
    """A batch costs one for each of its items."""
    access = Access(None, Quota(10, 60), MemoryLimiter(), 0)
    assert ask(access, cost=7)[1] == (b"ratelimit", b'"default";r=3;t=60')
    with pytest.raises(RateLimited):
        ask(access, cost=4)


def test_on_a_dual_stack_socket_each_ipv4_client_has_a_quota() -> None:
    """On a dual-stack socket, each IPv4 client has its own quota, although the addresses share the first half."""
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
def test_the_client_is_the_peer_of_the_outermost_trusted_proxy(
    forwarded: list[bytes], proxies: int, expected: str
) -> None:
    """The client is the address that the outermost trusted proxy added; an IPv6 /56 is one client."""
    assert client([(b"x-forwarded-for", value) for value in forwarded], "10.0.0.1", proxies) == expected


def test_only_a_count_in_this_process_is_checked_without_waiting() -> None:
    """A request is admitted at once if its quota in this process has room, and is not charged by that."""
    shared = Access(None, Quota(1, 60), Silent(), proxies=0)
    assert shared.admit_now((), "10.0.0.1") is None
    own = Access(None, Quota(1, 60), MemoryLimiter(), proxies=0)
    assert own.admit_now((), "10.0.0.1") is not None
    admission = own.admit_now((), "10.0.0.1")
    assert admission is not None
    own.charge_now(admission)
    assert admission.fields[-1] == (b"ratelimit", b'"default";r=0;t=60')
    assert own.admit_now((), "10.0.0.1") is None
