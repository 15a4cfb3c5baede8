"""Derived findings: measures of telemetry and named conditions.

Measured findings are added before the rules are matched. Named conditions follow after the match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import msgspec

from service.engine.atoms import Within
from service.engine.decision import Derived
from service.engine.matcher import Match
from service.engine.measures import Compute, compiled, inputs
from service.engine.rulebook import Rulebook
from service.knowledge.schema.derivations import Derivation
from service.report.report import NUMBER, Reported


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
        self._matcher = rulebook.matcher
        self._measures_by_input: dict[str, list[_Measured]] = {}
        for place, derivation in enumerate(rulebook.knowledge.derivations.values()):
            if derivation.measure is not None and derivation.more_than is not None:
                names = inputs(derivation.measure)
                measured = _Measured(
                    place, derivation, compiled(derivation.measure), Fraction(derivation.more_than), names
                )
                self._measures_by_input.setdefault(names[0], []).append(measured)
        self._derivations = rulebook.derivations
        self._derivation_terms = rulebook.terms_of(rulebook.derivations)

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

    def named(self, match: Match, known: Mapping[str, Reported]) -> Iterator[Derived]:
        """Yield the named conditions that hold.

        A condition that rests on a number carries the number that passed.
        """
        for pattern, terms in self._matcher.patterns(match.fired & self._derivation_terms):
            yield self._found(self._derivations[pattern], terms, known)

    def _found(self, derivation: Derivation, terms: int, known: Mapping[str, Reported]) -> Derived:
        names = self._matcher.because(terms)
        first = self._matcher.terms[(terms & -terms).bit_length() - 1]
        for atom in first if derivation.unit is not None else ():
            number = known.get(atom.finding)
            if isinstance(atom, Within) and isinstance(number, NUMBER):
                return Derived(derivation.id, names, float(number), max(atom.low, 0))
        return Derived(derivation.id, names)
