"""Works out derived findings: measures before the rules are matched, named conditions after."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from service.engine.atoms import Within
from service.engine.index import Match
from service.engine.measures import inputs, measured
from service.engine.presentation import Reported
from service.engine.rulebook import Rulebook
from service.knowledge.schema import Derivation, Measure
from service.model.assessment import DerivedFinding

_DECIMALS = 1
_COUNTED = "findings"


class Derivations:
    """The derivations of a rulebook, found by the telemetry that they read."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        measuring = [
            (derivation, derivation.measure)
            for derivation in rulebook.knowledge.derivations.values()
            if derivation.measure is not None
        ]
        # Measures that discard other telemetry come first: an inconsistent number must not be read at all.
        self._measures = sorted(measuring, key=lambda pair: not pair[0].discards)

    def measure(self, known: Mapping[str, Reported]) -> tuple[dict[str, Reported], list[DerivedFinding]]:
        """`known` with what its telemetry says, less what that telemetry contradicts, and what fired."""
        found = dict(known)
        fired: list[DerivedFinding] = []
        for derivation, measure in self._measures:
            if any(name not in found for name in inputs(measure)):
                continue
            value = measured(measure, found)
            if value is None or derivation.more_than is None:
                continue
            over = value > Fraction(derivation.more_than)
            found[derivation.id] = over
            if over:
                fired.append(self._measured(derivation, measure, value))
                for name in derivation.discards:
                    found.pop(name, None)
        return found, fired

    def _measured(self, derivation: Derivation, measure: Measure, value: Fraction) -> DerivedFinding:
        return DerivedFinding(
            finding=derivation.id,
            value=round(float(value), _DECIMALS),
            unit=derivation.unit or "",
            threshold=derivation.more_than or 0,
            from_=tuple(self._rulebook.path(name) for name in inputs(measure)),
        )

    def named(self, match: Match, known: Mapping[str, Reported]) -> list[DerivedFinding]:
        """The named conditions that hold, with the number that passed or the count of findings."""
        return [
            self._named(derivation, match.fired[pattern], known)
            for pattern, derivation in self._rulebook.derivations.items()
            if pattern in match.fired
        ]

    def _named(self, derivation: Derivation, terms: list[int], known: Mapping[str, Reported]) -> DerivedFinding:
        index = self._rulebook.index
        names = index.because(terms)
        value, unit = float(len(names)), _COUNTED
        threshold: float = 1
        for atom in index.terms[terms[0]]:
            number = known.get(atom.finding)
            if derivation.unit is not None and isinstance(atom, Within) and isinstance(number, int | float):
                value, unit, threshold = float(number), derivation.unit, max(atom.low, 0)
        return DerivedFinding(
            finding=derivation.id,
            value=value,
            unit=unit,
            threshold=threshold,
            from_=tuple(self._rulebook.path(name) for name in names),
        )
