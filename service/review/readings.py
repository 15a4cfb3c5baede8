"""The check that neighbouring values of a reading have similar levels.

The levels of neighbouring values differ by at most one.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.engine.engine import Engine
from service.errors import Issue
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.cases import CaseRequest
from service.knowledge.schema.findings import Finding
from service.knowledge.schema.scalars import Value
from service.model.scales import Level
from service.review.cases import body_of

_TENTHS = 10


def level_jumps(knowledge: Knowledge) -> Iterator[Issue]:
    """Yield an issue for neighbouring values more than one level apart.

    The reading comes with the first complaint of the policy, and every other item is denied. Neighbours are one apart
    for an integer and 0.1 apart for a number.
    """
    engine = Engine(knowledge)
    for id_ in knowledge.policy.measurements:
        before: tuple[float, Level] | None = None
        for value in _values(knowledge.findings[id_]):
            findings: dict[str, Value] = {knowledge.policy.complaints[0]: True, id_: value}
            body = body_of(CaseRequest(findings=findings, rest="denied"), knowledge)
            level = engine.decide(engine.read(body)).urgency.level
            if before is not None and abs(level.rank - before[1].rank) > 1:
                says = f"{before[1]} at {before[0]:g} and {level} at {value:g}: neighbours are one level apart at most"
                yield Issue("findings", id_, says)
            before = (value, level)


def _values(finding: Finding) -> Iterator[float]:
    """Yield all values of a reading in ascending order."""
    if finding.minimum is None or finding.maximum is None:
        return
    if finding.kind == "integer":
        yield from range(int(finding.minimum), int(finding.maximum) + 1)
    else:
        low, high = round(finding.minimum * _TENTHS), round(finding.maximum * _TENTHS)
        yield from (tenths / _TENTHS for tenths in range(low, high + 1))
