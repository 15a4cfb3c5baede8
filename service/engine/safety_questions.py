"""The safety questions of a response.

They are the items whose answer could raise the level.
"""

from __future__ import annotations

from service.engine.bitset import Bits
from service.engine.decision import AskedItem
from service.engine.floors import Floors
from service.engine.items import Item, Items, Situation


class SafetyQuestions:
    """The safety questions of a rulebook."""

    def __init__(self, items: Items) -> None:
        self._checklists = items.checklists

    def open(self, floors: Floors, situation: Situation) -> dict[str, AskedItem]:
        """Return the items whose answer could raise the level.

        An item also counts if it opens a detail that could raise the level.
        """
        found: dict[str, AskedItem] = {}
        open_terms, waiting = floors.open_terms, situation.waiting
        skip = situation.answered | waiting
        for compiled in self._checklists if open_terms else ():
            if compiled.bits & skip == compiled.bits:
                continue
            for item in compiled.items:
                if item.bit & skip:
                    continue
                if (asked := _asked(item, open_terms, waiting)) is not None:
                    found[item.id] = asked
        return found


def _asked(item: Item, open_terms: Bits, waiting: Bits) -> AskedItem | None:
    """Return the question at the highest open level of an item.

    The level is that of an open term that names the item, or a detail that waits for it. The result is None if there is
    no such term.
    """
    asked = None
    for terms, at_level in item.levels:
        if terms & open_terms:
            asked = at_level
            break
    if not item.details_bits & waiting:
        return asked
    for details, at_level in item.details:
        if asked is not None and asked.could_raise_to.rank >= at_level.could_raise_to.rank:
            break
        for detail in details:
            is_open = detail.bit & waiting and detail.terms & open_terms
            if is_open and (not detail.via or detail.via & waiting):
                return at_level
    return asked
