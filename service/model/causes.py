"""The causes in a response."""

from __future__ import annotations

from service.model.part import Part
from service.model.scales import Evidence, Likelihood


class Contribution(Part, frozen=True, kw_only=True):
    """The points that one statement gives to a cause.

    `because` names the findings that made it hold.
    """

    points: int
    because: tuple[str, ...]
    statement: str
    evidence: Evidence


class ConsideredCause(Part, frozen=True, kw_only=True):
    """A cause that fits, with the points for and against it.

    It is not a diagnosis, and the points are not a probability.
    """

    id: str
    name: str
    regions: tuple[str, ...]
    likelihood: Likelihood
    points: int
    supporting: tuple[Contribution, ...]
    opposing: tuple[Contribution, ...]
    unanswered: tuple[str, ...]
    mechanism: str
    caveats: tuple[str, ...]
    fixes: tuple[str, ...]
    see_someone: tuple[str, ...]
    evidence: Evidence
    sources: tuple[str, ...]
