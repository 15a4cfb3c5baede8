"""The readiness of the service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Readiness:
    """The readiness for new requests; false once a stop begins."""

    is_ready: bool = True
