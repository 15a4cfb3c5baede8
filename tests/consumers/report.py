"""The report that the client of each language prints, and what it must contain."""

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
    """Check three calls at most, a rejected item in its place in the batch, and a rejected misspelling."""
    assert report.pop("calls") <= 3
    assert report == _EXPECTED | more
