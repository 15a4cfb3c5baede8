"""What is asked because it could raise the level."""

from __future__ import annotations

from service.engine import Engine


def test_one_no_settles_all_that_it_can(small_engine: Engine) -> None:
    """A finding is asked about once, however many terms share it."""
    safety, index = small_engine._questions._safety, small_engine._index
    report = small_engine.read(b'{"findings": {"ache": true}, "safety_screen": {"none_of_these": true}}')
    _, _, match = small_engine._decided(report)
    answers = small_engine._screen.answers(report, match)
    urgency = small_engine._floors.urgency(match, answers)
    asked, _ = safety.beside_the_screen(urgency.level, match, answers, report.known)
    names = [one.id for one in asked]
    assert len(set(names)) == len(names)
    assert not any(index.bit_of[name] & match.known for name in names)
