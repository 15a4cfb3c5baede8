"""The type of the text of a level."""

from __future__ import annotations

from service.knowledge.schema.entry import Entry, Review
from service.knowledge.schema.scalars import Referral, Sentence
from service.model.scales import Running


class LevelText(Entry, frozen=True, kw_only=True):
    """The meaning of one level, in words for the reader.

    `advice_while_open` is shown instead of `advice` while safety questions are open that hold the level.
    `referral` is the professional to see at this level, for any reason.
    """

    label: Sentence
    advice: Sentence
    advice_while_open: Sentence | None = None
    act_within_hours: int | None
    running: Running
    sources: tuple[str, ...]
    review: Review | None = None
    referral: Referral | None = None
