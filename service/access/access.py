"""Admission of requests by key and quota."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from service.access.keys import Keys
from service.access.keys_file import Partner
from service.access.limiter_memory import MemoryLimiter
from service.access.rate_limit import Quota, Taken, fields
from service.errors import Forbidden, RateLimited, Unauthorized

HOST_BITS: Final = 128 - 56
"""The bits of an IPv6 address that its holder can choose."""

Headers = Iterable[tuple[bytes, bytes]]


class Limiter(Protocol):
    """A counter of requests against quotas."""

    async def take(self, caller: str, quota: Quota, cost: int) -> Taken | None:
        """Take `cost` from the quota of `caller`.

        Returns None if the count is not available.
        """


@dataclass(slots=True)
class Admission:
    """An admitted request with its partner, caller, quota and header fields."""

    partner: Partner | None
    caller: str
    quota: Quota | None
    fields: tuple[tuple[bytes, bytes], ...] = ()


class Access:
    """The checks of keys and quotas.

    A key is required if keys are configured. Requests are counted if there is a limit. All keys of a partner share its
    quota. Without keys, each client address has a quota.
    """

    def __init__(self, keys: Keys | None, quota: Quota | None, limiter: Limiter, proxies: int) -> None:
        self._keys = keys
        self._quota = quota
        self._limiter = limiter
        self._local = limiter if isinstance(limiter, MemoryLimiter) else None
        """The limiter if it is in this process."""
        self._proxies = proxies

    def admit(self, headers: Headers, peer: str) -> Admission:
        """Admit a request by its key.

        Raises `Unauthorized` without a known key, and `Forbidden` if the key is no longer valid.
        """
        if self._keys is None:
            caller = f"client:{client(headers, peer, self._proxies)}" if self._quota else ""
            return Admission(None, caller, self._quota)
        partner = self._keys.partner_of(headers)
        return Admission(partner, f"partner:{partner.id}", partner.quota or self._quota)

    async def charge(self, admission: Admission, cost: int) -> None:
        """Take `cost` from the caller's quota.

        Raises `RateLimited` if too little is left. If the count is not available, the request continues uncounted.
        """
        if (quota := admission.quota) is None:
            return
        taken = await self._limiter.take(admission.caller, quota, cost)
        admission.fields = () if taken is None else fields(quota, taken)
        if taken is not None and not taken.is_allowed:
            raise RateLimited

    def admit_now(self, headers: Headers, peer: str) -> Admission | None:
        """Admit a request that its quota allows, without suspension.

        Nothing is charged. Returns None if the request would be refused, or if the count is not in this process.
        """
        if self._local is None:
            return None
        try:
            admission = self.admit(headers, peer)
        except (Unauthorized, Forbidden):
            return None
        quota = admission.quota
        if quota is not None and not self._local.take_now(admission.caller, quota, 0).remaining:
            return None
        return admission

    def charge_now(self, admission: Admission) -> None:
        """Charge one request admitted by `admit_now`.

        Both calls are in the same turn of the loop, so the quota still has room.
        """
        if (quota := admission.quota) is not None and self._local is not None:
            admission.fields = fields(quota, self._local.take_now(admission.caller, quota, 1))

    def renew(self, *, is_forced: bool) -> None:
        """Read the keys again if necessary.

        They are read if their file has changed, if the last read failed, or if `is_forced`.
        """
        if self._keys is not None:
            self._keys.renew(is_forced=is_forced)


def client(headers: Headers, peer: str, proxies: int) -> str:
    """Return the client's address behind trusted proxies.

    It is the address that the outermost of `proxies` received, or the peer's. Each proxy appends the address of its
    own client, so only the last `proxies` entries can be trusted.
    """
    addresses: Sequence[str] = ()
    if proxies:
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        addresses = forwarded.decode("latin-1").split(",")
    return _sender(addresses[-proxies].strip() if 0 < proxies <= len(addresses) else "") or _sender(peer)


def _sender(address: str) -> str:
    """Return the address for the count, without a port.

    Some proxies append a port. An IPv6 address counts by its /56, the network that providers assign to one home.
    Otherwise a client could use another address, or another /64, for each request. A socket for both families shows
    all IPv4 clients inside one such network, so these count by their IPv4 address.
    """
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        found = ipaddress.IPv6Address(address)
    except ipaddress.AddressValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Address(int(found) >> HOST_BITS << HOST_BITS))
