"""The report of each language's client, and its required content."""

from __future__ import annotations

from typing import Any

_EXPECTED = {
    "first": "consultation",
    "last": "self_care",
    "fixes": True,
    "batch": [200, 422, 200],
    "misspelt": "swelling_one_leg",
}


def holds_the_conversation(report: dict[str, Any], **more: str) -> None:
    """Check the calls, the batch and the rejected misspelling."""
    assert report.pop("calls") <= 3
    assert report == _EXPECTED | more
