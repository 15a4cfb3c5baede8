"""The advice on running in a response."""

from __future__ import annotations

from service.model.part import Labelled, Number, Part
from service.model.scales import Running


class TrainingAdvice(Part, frozen=True, kw_only=True):
    """The advice on running, for an app with a training plan.

    `race` is null unless a race is planned.
    """

    running: Running
    statement: str
    allowed_activities: tuple[Labelled, ...]
    limits: dict[str, Number]
    recheck_after_days: int | None
    return_when: tuple[str, ...]
    race: str | None
