"""Types of the findings that the service derives."""

from __future__ import annotations

from typing import Literal

from service.knowledge.schema.cases import Case
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Entry, Review
from service.knowledge.schema.scalars import FactId, Id, Number, Sentence
from service.model.scales import Evidence, Running


class Measure(Entry, frozen=True, kw_only=True):
    """A number computed from telemetry.

    `last_change`: percent change of the newest item of `series` from the one before.
    `excess`: percent by which `value` is over `baseline`.
    `over_median_ratio`: `value` minus the median of `series` / `per` over the `weeks` before the newest.
    Not computable (so unknown) when an input is missing or the baseline is under `baseline_at_least`.
    """

    kind: Literal["last_change", "excess", "over_median_ratio"]
    series: Id | None = None
    per: Id | None = None
    value: Id | None = None
    baseline: Id | None = None
    baseline_at_least: Number | None = None
    weeks: int | None = None


class Derivation(Entry, frozen=True, kw_only=True):
    """A finding that the service derives and a client never sends.

    While it holds, `running` is the least strict advice on running.

    It has either `when` (a named condition) or `measure` with `more_than`.
    """

    id: Id
    title: Sentence
    sources: tuple[str, ...]
    evidence: Evidence
    review: Review | None = None
    cases: tuple[Case, ...]
    when: Condition | None = None
    measure: Measure | None = None
    more_than: Number | None = None
    unit: str | None = None
    running: Running | None = None
    facts: tuple[FactId, ...] = ()
