"""The type of a checklist."""

from __future__ import annotations

from typing import Literal

from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Label
from service.model.interview import GroupKind, Purpose


class Checklist(Entry, frozen=True, kw_only=True):
    """A group of items that an app shows together.

    `stage`: `first` is asked as soon as an item applies, `detail` holds items that an earlier answer opens, and
    `separating` holds items that separate the leading causes.
    `role`: `background` items are lasting facts (conditions, medicines, history), the others are signs.
    `separates`: for a separating item, the causes that it separates; it is asked if one of them leads.
    """

    id: Id
    order: int
    kind: GroupKind
    purpose: Purpose
    text: Label
    items: tuple[Id, ...]
    stage: Literal["first", "detail", "separating"] = "first"
    role: Literal["sign", "background"] = "sign"
    separates: dict[Id, tuple[Id, ...]] = {}
