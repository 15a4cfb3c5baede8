"""Level jumps: neighbouring values of a measurement with distant levels."""

from __future__ import annotations

import msgspec

from service.knowledge.knowledge import Knowledge
from service.review.readings import level_jumps


def test_the_shipped_readings_have_no_cliff(shipped: Knowledge) -> None:
    """One step of a measurement changes the level by at most one."""
    assert list(level_jumps(shipped)) == []


def test_a_cliff_is_named_with_both_values(shipped: Knowledge) -> None:
    """A missing band between self-care and the same day is a fault of the finding."""
    red_flags = {id_: flag for id_, flag in shipped.red_flags.items() if id_ != "reading_at_the_edge"}
    issues = [str(issue) for issue in level_jumps(msgspec.structs.replace(shipped, red_flags=red_flags))]
    assert any("resting_heart_rate_bpm" in text and "at 99" in text and "at 100" in text for text in issues)
    assert any("spo2_pct" in text and "at 94.9" in text and "at 95" in text for text in issues)
