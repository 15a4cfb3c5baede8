"""The ordered scales: urgency, likelihood, evidence and advice on running."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Scale(StrEnum):
    """An enumeration of names in rising order.

    `rank` is the place in that order, from 0. `json` is the name as JSON.
    """

    rank: int
    json: bytes

    __hash__ = str.__hash__  # equal to the plain name, as members are; and looked up without a call

    def __init__(self, name: str) -> None:
        self.rank = len(type(self).__members__)
        self.json = f'"{name}"'.encode()


class Level(Scale):
    """How urgent it is, least urgent first (the field's five-level scale)."""

    SELF_CARE = "self_care"
    CONSULTATION = "consultation"
    CONSULTATION_24 = "consultation_24"
    EMERGENCY = "emergency"
    EMERGENCY_AMBULANCE = "emergency_ambulance"


def most_urgent(levels: Iterable[Level]) -> Level:
    """Return the most urgent of `levels`, or self-care without any."""
    return max(levels, key=lambda level: level.rank, default=Level.SELF_CARE)


class Likelihood(Scale):
    """The fit of a cause, worst first.

    It is a band of integer points, never a probability.
    """

    LESS_LIKELY = "less_likely"
    POSSIBLE = "possible"
    LIKELY = "likely"


class Running(Scale):
    """The advice on running, least strict first."""

    AS_PLANNED = "as_planned"
    MODIFY = "modify"
    REDUCE = "reduce"
    PAUSE = "pause"
    STOP = "stop"


class Evidence(Scale):
    """Strength of evidence, weakest first, in the words of the clinical reference.

    E5 memory (no source was found), E4 convention, E3 expert opinion, E2 cohort, trial or review, E1 guideline or
    consensus.
    """

    MEMORY = "E5"
    CONVENTION = "E4"
    EXPERT_OPINION = "E3"
    STUDY = "E2"
    GUIDELINE = "E1"
