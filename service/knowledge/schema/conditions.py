"""The type of a condition."""

from __future__ import annotations

from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Number


class Clause(Entry, frozen=True, kw_only=True, rename={"not_": "not", "is_": "is", "all_": "all", "any_": "any"}):
    """A condition in exactly one of the forms of the grammar."""

    all_: tuple[Condition, ...] | None = None
    any_: tuple[Condition, ...] | None = None
    at_least_of: int | None = None
    of: tuple[Condition, ...] | None = None
    not_: Id | None = None
    finding: Id | None = None
    is_: str | tuple[str, ...] | None = None
    includes: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    less_than: Number | None = None


Condition = Id | Clause
