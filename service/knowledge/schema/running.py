"""Types of the rules and texts on running."""

from __future__ import annotations

from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Entry, Review
from service.knowledge.schema.scalars import Id, Number, Sentence
from service.model.scales import Evidence, Running


class Goal(Entry, frozen=True, kw_only=True):
    """A goal to reach before training continues.

    It is shown while `when` holds, or always if there is none.
    """

    text: Sentence
    when: Condition | None = None


class RaceAnswer(Entry, frozen=True, kw_only=True):
    """The answer to a runner who plans a race.

    The race is, for example, one in a number of days. The answer is shown while `when` holds.
    """

    text: Sentence
    when: Condition


class RunningRule(Entry, frozen=True, kw_only=True):
    """The least strict advice on running while a condition holds.

    The strictest of all counts.
    """

    when: Condition
    running: Running
    sources: tuple[str, ...]
    evidence: Evidence
    note: Sentence | None = None


class RunningText(Entry, frozen=True, kw_only=True):
    """The text of one answer on running.

    Of `race`, the first answer with a condition that holds is shown.
    """

    statement: Sentence
    allowed_activities: tuple[Id, ...]
    limits: dict[Id, Number]
    recheck_after_days: int | None
    return_when: tuple[Goal, ...]
    evidence: Evidence
    review: Review | None = None
    race: tuple[RaceAnswer, ...] = ()
