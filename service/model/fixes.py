"""The fixes in a response."""

from __future__ import annotations

from service.model.part import Labelled, Number, Part
from service.model.scales import Evidence


class SuggestedFix(Part, frozen=True, kw_only=True):
    """Something to try.

    `limits` holds its numbers, with the unit at the end of each name. The first fix of a
    response has all its steps and caveats, the others one short step.
    """

    id: str
    title: str
    steps: tuple[str, ...]
    limits: dict[str, Number]
    caveats: tuple[str, ...]
    addresses: tuple[str, ...]
    review_after_days: int
    see_if_not_better: Labelled
    evidence: Evidence
    sources: tuple[str, ...]


class WithheldFix(Part, frozen=True, kw_only=True):
    """A fix that a cause calls for and a finding forbids."""

    id: str
    label: str
    because: tuple[str, ...]
