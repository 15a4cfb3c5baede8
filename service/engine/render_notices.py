"""Render the notices of a response.

Notices are the statements that every response carries, with the emergency number of the country.
"""

from __future__ import annotations

from typing import Final

from service.engine.decision import Decision
from service.engine.templates import array, encode
from service.knowledge.knowledge import Knowledge
from service.model.assessment import ShownNotice

_EMERGENCY_NUMBER: Final = "emergency_number"
_DO_NOT_DRIVE: Final = "do_not_drive_yourself"


class NoticeRenderer:
    """The notices of one knowledge, encoded once for each emergency number."""

    def __init__(self, knowledge: Knowledge) -> None:
        numbers = knowledge.emergency_numbers
        self._number_first = knowledge.policy.emergency_number_first_from.rank
        self._default = numbers.default.number
        self._numbers = {country: entry.number for country, entry in numbers.countries.items()}
        text = knowledge.notices[_EMERGENCY_NUMBER].text
        do_not_drive = encode(ShownNotice(id=_DO_NOT_DRIVE, text=knowledge.notices[_DO_NOT_DRIVE].text))
        always = [
            encode(ShownNotice(id=id_, text=notice.text))
            for id_, notice in knowledge.notices.items()
            if id_ not in (_EMERGENCY_NUMBER, _DO_NOT_DRIVE)
        ]
        self._calm: dict[str, bytes] = {}
        self._urgent: dict[str, bytes] = {}
        self._not_driving: dict[str, bytes] = {}
        for number in {self._default, *self._numbers.values()}:
            shown = ShownNotice(id=_EMERGENCY_NUMBER, text=text.replace("{number}", number), number=number)
            call = encode(shown)
            self._calm[number] = array([*always[:1], call, *always[1:]])
            self._urgent[number] = array([call, *always])
            self._not_driving[number] = array([call, do_not_drive, *always])

    def render(self, decision: Decision) -> bytes:
        """Return the notices in reading order.

        The number to call comes first if the level is urgent.
        """
        number = self._numbers.get(decision.report.country or "", self._default)
        if decision.level.rank < self._number_first:
            return self._calm[number]
        return self._not_driving[number] if decision.is_not_to_drive else self._urgent[number]
