"""The statements that every answer carries, with the emergency number of the runner's country."""

from __future__ import annotations

from service.engine.templates import encode, listed
from service.engine.urgency import Urgency
from service.knowledge.knowledge import Knowledge
from service.model.assessment import ShownNotice
from service.model.scales import Level

_EMERGENCY_NUMBER = "emergency_number"
_DO_NOT_DRIVE = "do_not_drive_yourself"


class Notices:
    """The notices of the knowledge, worded once for each emergency number."""

    def __init__(self, knowledge: Knowledge) -> None:
        numbers = knowledge.emergency_numbers
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
            self._calm[number] = listed([*always[:1], call, *always[1:]])
            self._urgent[number] = listed([call, *always])
            self._not_driving[number] = listed([call, do_not_drive, *always])

    def shown(self, urgency: Urgency, country: str | None) -> bytes:
        """The notices in reading order: the number to call comes first from `emergency` up."""
        number = self._numbers.get(country or "", self._default)
        if urgency.level.rank < Level.EMERGENCY.rank:
            return self._calm[number]
        if urgency.level is Level.EMERGENCY_AMBULANCE or any(fired.flag.do_not_drive for fired in urgency.fired):
            return self._not_driving[number]
        return self._urgent[number]
