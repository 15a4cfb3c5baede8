"""The safety questions of a response.

They are the items whose answer could raise the level.
"""

from __future__ import annotations

from service.engine.decision import AskedItem
from service.engine.floors import Floors
from service.engine.items import Items, Situation


class SafetyQuestions:
    """The safety questions of a rulebook."""

    def __init__(self, items: Items) -> None:
        self._checklists = items.checklists

    def open(self, floors: Floors, situation: Situation) -> dict[str, list[AskedItem]]:
        """Return the items whose answer could raise the level, by checklist.

        An item also counts if it opens a detail that could raise the level.
        """
        found: dict[str, list[AskedItem]] = {}
        open_terms, waiting = floors.open_terms, situation.waiting
        skip = situation.answered | waiting
        for compiled in self._checklists if open_terms else ():
            if compiled.bits & skip == compiled.bits:
                continue
            items: list[AskedItem] = []
            for item in compiled.items:
                if item.bit & skip:
                    continue
                for terms, details, asked in item.rises:
                    if terms & open_terms and (not details or details & waiting == details):
                        items.append(asked)
                        break
            if items:
                found[compiled.checklist.id] = items
        return found
