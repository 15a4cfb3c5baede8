"""The next questions in a response, or the reason to stop."""

from __future__ import annotations

from enum import StrEnum

from service.model.part import Labelled, Number, Part
from service.model.scales import Level


class Purpose(StrEnum):
    """The reason for a group of items.

    An item of safety can raise the level; an item of cause separates causes.
    """

    SAFETY = "safety"
    CAUSE = "cause"


class GroupKind(StrEnum):
    """The way to show a group.

    checklist: tick what applies, with one entry for none of these. questions: ask each item by itself.
    """

    CHECKLIST = "checklist"
    QUESTIONS = "questions"


class ItemKind(StrEnum):
    """The type of an answer."""

    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


class StopReason(StrEnum):
    """The reason for the end of the conversation.

    It is the first that applies, in this order.
    """

    ACT_NOW = "act_now"
    OUT_OF_SCOPE = "out_of_scope"
    NO_COMPLAINT = "no_complaint"
    CANNOT_BE_KNOWN = "cannot_be_known"
    ONLY_MEASUREMENTS_LEFT = "only_measurements_left"
    SETTLED = "settled"


class Item(Part, frozen=True, kw_only=True, omit_defaults=True):
    """A finding to ask about, answered under its id in `findings`.

    `kind` is absent in a checklist, where each item is a yes or no.
    `send_at_once` is true if a yes alone sets an emergency level: send the request with this answer immediately.
    `keeps` says how long an answer stays valid, so that an app can send it again from a profile.
    """

    id: str
    text: str
    could_raise_to: Level
    send_at_once: bool = False
    kind: ItemKind | None = None
    choices: tuple[Labelled, ...] = ()
    unit: str | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    keeps: str | None = None


class Group(Part, frozen=True, kw_only=True):
    """Items to show together, in display order.

    `none_text` is the entry for none of these; null if the group is not a checklist.
    """

    id: str
    kind: GroupKind
    purpose: Purpose
    text: str
    none_text: str | None
    items: tuple[Item, ...]


class Interview(Part, frozen=True, kw_only=True):
    """The next questions and the end of the conversation.

    `items_left` counts the items in `groups` and those that a limit holds back, without details that may follow.
    `measurements` are readings that may be sent at any time; they never keep the conversation open.
    """

    should_stop: bool
    stop_reason: StopReason | None
    items_left: int
    not_known_text: str
    groups: tuple[Group, ...]
    measurements: tuple[Item, ...]
