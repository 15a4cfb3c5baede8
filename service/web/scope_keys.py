"""Values in the ASGI scope that the server sets for the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from litestar.types import Scope

HEARD_AT: Final = "triage.heard_at"
"""`time.perf_counter()` of the request's last byte so far."""

RELEASE: Final = "triage.release"
"""A function that takes the number of body bytes that the application no longer holds."""


def heard_at(scope: Scope, otherwise: float) -> float:
    """The time of the request's last byte so far, or `otherwise` under another server."""
    return cast("dict[str, float]", scope).get(HEARD_AT, otherwise)


def release_of(scope: Scope) -> Callable[[int], None]:
    """The function that takes the number of body bytes no longer held."""
    return cast("dict[str, Callable[[int], None]]", scope).get(RELEASE, _ignore)


def _ignore(size: int) -> None:
    """Do nothing: no other server counts what it holds."""
