"""ASGI scope values that the server sets for the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from litestar.types import Scope

LAST_BYTE_AT: Final = "triage.last_byte_at"
"""`time.perf_counter()` of the request's last byte so far."""

RELEASE: Final = "triage.release"
"""A function that takes the number of body bytes that the application no longer holds."""


def last_byte_at(scope: Scope, otherwise: float) -> float:
    """Return the time of the request's last byte so far.

    Returns `otherwise` under another server.
    """
    return cast("dict[str, float]", scope).get(LAST_BYTE_AT, otherwise)


def release_of(scope: Scope) -> Callable[[int], None]:
    """Return the function that releases body bytes.

    It takes the number of bytes that are no longer held.
    """
    return cast("dict[str, Callable[[int], None]]", scope).get(RELEASE, _ignore)


def _ignore(size: int) -> None:
    """Do nothing, since another server does not count held bytes."""
