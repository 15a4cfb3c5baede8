"""Works out derived findings: measures before the rules are matched, named conditions after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from service.engine.atoms import Within
from service.engine.bitset import Bits
from service.engine.matcher import Match
from service.engine.measures import Compute, compiled, inputs
from service.engine.rulebook import Rulebook
from service.engine.templates import GAP, encode, mould
from service.knowledge.schema import Derivation, Measure
from service.model.assessment import DerivedFinding
from service.report.report import NUMBER, Reported

_DECIMALS = 1
_COUNTED = b'"findings"'


class _Measured(NamedTuple):
    """A derivation that is measured, its place in the order of all that are, and how it is told once it fired."""

    place: int
    derivation: Derivation
    compute: Compute
    more_than: Fraction
    told: bytes


class Derivations:
    """The derivations of a rulebook, found by the telemetry that they read."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        # Measures that discard other telemetry come first: an inconsistent number must not be read at all.
        measuring = sorted(
            (it for it in rulebook.knowledge.derivations.values() if it.measure is not None),
            key=lambda derivation: not derivation.discards,
        )
        self._reading: dict[str, list[_Measured]] = {}
        for place, derivation in enumerate(measuring):
            if derivation.measure is not None and derivation.more_than is not None:
                compiled = self._compile(place, derivation, derivation.measure, derivation.more_than)
                self._reading.setdefault(inputs(derivation.measure)[0], []).append(compiled)
        self._named = rulebook.terms_of(rulebook.derivations)
        self._paths = {name: rulebook.path(name) for name in rulebook.index.bit_of}
        self._tellings = {
            derivation.id: mould(DerivedFinding(finding=derivation.id, value=GAP, unit=GAP, threshold=GAP, from_=GAP))
            for derivation in rulebook.derivations.values()
        }

    def measure(self, known: Mapping[str, Reported]) -> tuple[Mapping[str, Reported], list[bytes]]:
        """`known` with what its telemetry says, less what that telemetry contradicts, and what fired as it is told."""
        fired: list[bytes] = []
        reading = [measured for name in self._reading.keys() & known.keys() for measured in self._reading[name]]
        if not reading:
            return known, fired
        found = dict(known)
        for _, derivation, compute, more_than, told in sorted(reading):
            value = compute(found)
            if value is None:
                continue
            over = value.exceeds(more_than)
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

    def _compile(self, place: int, derivation: Derivation, measure: Measure, more_than: float) -> _Measured:
        told = DerivedFinding(
            finding=derivation.id,
            value=GAP,
            unit=derivation.unit or "",
            threshold=more_than,
            from_=tuple(self._rulebook.path(name) for name in inputs(measure)),
        )
        return _Measured(place, derivation, compiled(measure), Fraction(more_than), mould(told))

    def _told(self, derivation: Derivation, terms: Bits, known: Mapping[str, Reported]) -> bytes:
        names = self._rulebook.index.because(terms)
        value, unit, threshold = encode(float(len(names))), _COUNTED, b"1"
        for atom in self._rulebook.index.first(terms) if derivation.unit is not None else ():
            number = known.get(atom.finding)
            if isinstance(atom, Within) and isinstance(number, NUMBER):
                value, unit, threshold = encode(float(number)), encode(derivation.unit), encode(max(atom.low, 0))
        return self._tellings[derivation.id] % (value, unit, threshold, encode([self._paths[name] for name in names]))
