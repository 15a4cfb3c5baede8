"""Works out derived findings: measures before the rules are matched, named conditions after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from service.engine.atoms import Within
from service.engine.bits import Bits, first
from service.engine.index import Match
from service.engine.measures import inputs, measured
from service.engine.mould import GAP, encode, mould
from service.engine.presentation import Reported
from service.engine.rulebook import Rulebook
from service.knowledge.schema import Derivation, Measure
from service.model.assessment import DerivedFinding

_DECIMALS = 1
_COUNTED = "findings"


class _Measured(NamedTuple):
    """A derivation that is measured: what it reads, and how it is told once it fired."""

    derivation: Derivation
    measure: Measure
    inputs: tuple[str, ...]
    more_than: Fraction
    told: bytes


class Derivations:
    """The derivations of a rulebook, found by the telemetry that they read."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        # Measures that discard other telemetry come first: an inconsistent number must not be read at all.
        self._measures = sorted(
            (
                self._compile(derivation, derivation.measure, derivation.more_than)
                for derivation in rulebook.knowledge.derivations.values()
                if derivation.measure is not None and derivation.more_than is not None
            ),
            key=lambda measured_: not measured_.derivation.discards,
        )
        self._named = rulebook.terms_of(rulebook.derivations)

    def measure(self, known: Mapping[str, Reported]) -> tuple[dict[str, Reported], list[bytes]]:
        """`known` with what its telemetry says, less what that telemetry contradicts, and what fired as it is told."""
        found = dict(known)
        fired: list[bytes] = []
        for derivation, measure, reads, more_than, told in self._measures:
            if not all(name in found for name in reads):
                continue
            value = measured(measure, found)
            if value is None:
                continue
            over = value > more_than
            found[derivation.id] = over
            if over:
                fired.append(told % encode(round(float(value), _DECIMALS)))
                for name in derivation.discards:
                    found.pop(name, None)
        return found, fired

    def named(self, match: Match, known: Mapping[str, Reported]) -> Iterator[bytes]:
        """The named conditions that hold as they are told, with the number that passed or the count of findings."""
        for pattern, terms in self._rulebook.index.patterns(match.fired & self._named):
            yield self._told(self._rulebook.derivations[pattern], terms, known)

    def _compile(self, derivation: Derivation, measure: Measure, more_than: float) -> _Measured:
        reads = inputs(measure)
        told = DerivedFinding(
            finding=derivation.id,
            value=GAP,
            unit=derivation.unit or "",
            threshold=more_than,
            from_=tuple(self._rulebook.path(name) for name in reads),
        )
        return _Measured(derivation, measure, reads, Fraction(more_than), mould(told))

    def _told(self, derivation: Derivation, terms: Bits, known: Mapping[str, Reported]) -> bytes:
        index = self._rulebook.index
        names = index.because(terms)
        value, unit = float(len(names)), _COUNTED
        threshold: float = 1
        for atom in index.terms[first(terms)]:
            number = known.get(atom.finding)
            if derivation.unit is not None and isinstance(atom, Within) and isinstance(number, int | float):
                value, unit, threshold = float(number), derivation.unit, max(atom.low, 0)
        return encode(
            DerivedFinding(
                finding=derivation.id,
                value=value,
                unit=unit,
                threshold=threshold,
                from_=tuple(self._rulebook.path(name) for name in names),
            )
        )
