"""The statements that every answer carries, with the emergency number of the runner's country."""

from __future__ import annotations

from service.engine.urgency import Urgency
from service.knowledge.knowledge import Knowledge
from service.model.assessment import ShownNotice
from service.model.scales import Level

_EMERGENCY_NUMBER = "emergency_number"
_DO_NOT_DRIVE = "do_not_drive_yourself"


class Notices:
    """The notices of the knowledge, worded once for each country."""

    def __init__(self, knowledge: Knowledge) -> None:
        numbers = knowledge.emergency_numbers
        self._default = numbers.default.number
        self._numbers = {country: entry.number for country, entry in numbers.countries.items()}
        text = knowledge.notices[_EMERGENCY_NUMBER].text
        self._call = {
            number: ShownNotice(id=_EMERGENCY_NUMBER, text=text.replace("{number}", number), number=number)
            for number in {self._default, *self._numbers.values()}
        }
        self._do_not_drive = ShownNotice(id=_DO_NOT_DRIVE, text=knowledge.notices[_DO_NOT_DRIVE].text)
        self._always = tuple(
            ShownNotice(id=id_, text=notice.text)
            for id_, notice in knowledge.notices.items()
            if id_ not in (_EMERGENCY_NUMBER, _DO_NOT_DRIVE)
        )

    def shown(self, urgency: Urgency, country: str | None) -> tuple[ShownNotice, ...]:
        """The notices in reading order: the number to call comes first from `emergency` up."""
        call = self._call[self._numbers.get(country or "", self._default)]
        if urgency.level.rank < Level.EMERGENCY.rank:
            return (*self._always[:1], call, *self._always[1:])
        if urgency.level is Level.EMERGENCY_AMBULANCE or any(flag.do_not_drive for flag, _ in urgency.fired):
            return (call, self._do_not_drive, *self._always)
        return (call, *self._always)
