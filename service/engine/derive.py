"""Measured findings, derived from telemetry.

They are added before the rules are matched. `named_conditions.py` has the conditions that follow after the match.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from service.engine.decision import Derived
from service.engine.measures import Compute, compiled, inputs
from service.engine.rulebook import Rulebook
from service.knowledge.schema.derivations import Derivation
from service.report.report import Reported


class _Measured(msgspec.Struct, frozen=True):
    """A measured derivation with its compiled measure.

    `place` is its index in the order of evaluation.
    """

    place: int
    derivation: Derivation
    compute: Compute
    more_than: Fraction
    inputs: tuple[str, ...]


class Derivations:
    """The derivations of a rulebook by the telemetry they read."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._measures_by_input: dict[str, list[_Measured]] = {}
        for place, derivation in enumerate(rulebook.knowledge.derivations.values()):
            if derivation.measure is not None and derivation.more_than is not None:
                names = inputs(derivation.measure)
                measured = _Measured(
                    place, derivation, compiled(derivation.measure), Fraction(derivation.more_than), names
                )
                self._measures_by_input.setdefault(names[0], []).append(measured)

    def measure(self, known: dict[str, Reported]) -> list[Derived]:
        """Return the measured findings that hold.

        The method adds every computed finding to `known`, whether it holds or not.
        """
        found: list[Derived] = []
        readable = self._measures_by_input.keys() & known.keys()
        if not readable:
            return found
        reading = [measured for name in readable for measured in self._measures_by_input[name]]
        reading.sort(key=lambda measured: measured.place)
        for measured in reading:
            value = measured.compute(known)
            if value is None:
                continue
            derivation = measured.derivation
            over = value.exceeds(measured.more_than)
            known[derivation.id] = over
            if over:
                found.append(Derived(derivation.id, measured.inputs, float(value), derivation.more_than))
        return found
