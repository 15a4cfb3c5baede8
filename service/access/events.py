"""The events of this layer, for the log and the metrics."""

from __future__ import annotations

from typing import Protocol


class AccessEvents(Protocol):
    """A receiver of access events, which logs and counts them.

    No field holds a key, an address or a store's URL.
    """

    def note(self, event: str, **fields: object) -> None:
        """Log an event."""

    def warn(self, event: str, **fields: object) -> None:
        """Log a warning."""

    def limit_store_failed(self) -> None:
        """Count a query that the limit store did not answer."""

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Set whether the keys in use are older than the file."""
