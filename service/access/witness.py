"""Who is told of what happens here: the log and the metrics, seen from below."""

from __future__ import annotations

from typing import Protocol


class Witness(Protocol):
    """Writes down and counts; never given a key, an address or the URL of a store."""

    def note(self, event: str, **fields: object) -> None:
        """Write down a turn of events."""

    def warn(self, event: str, **fields: object) -> None:
        """Write down something that an operator should look at."""

    def limit_store_failed(self) -> None:
        """Count a question that the store of the limits did not answer."""

    def keys_are_stale(self, *, is_stale: bool) -> None:
        """Say whether older keys are in use than the file holds."""
