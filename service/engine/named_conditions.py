"""Named conditions of the knowledge that hold.

They follow after the match. Measured findings are added before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.engine.atoms import Within
from service.engine.bitset import Bits, first
from service.engine.decision import Derived
from service.engine.matcher import Match
from service.engine.rulebook import Rulebook
from service.knowledge.schema.derivations import Derivation
from service.report.report import NUMBER, Reported


class NamedConditions:
    """The named conditions of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._matcher = rulebook.matcher
        self._derivations = rulebook.derivations
        self._derivation_terms = rulebook.terms_of(rulebook.derivations)

    def holding(self, match: Match, known: Mapping[str, Reported]) -> Iterator[Derived]:
        """Yield the named conditions that hold.

        A condition that rests on a number carries the number that passed.
        """
        for pattern, terms in self._matcher.patterns(match.fired & self._derivation_terms):
            yield self._found(self._derivations[pattern], terms, known)

    def _found(self, derivation: Derivation, terms: Bits, known: Mapping[str, Reported]) -> Derived:
        names = self._matcher.because(terms)
        term = self._matcher.terms[first(terms)]
        for atom in term if derivation.unit is not None else ():
            number = known.get(atom.finding)
            if isinstance(atom, Within) and isinstance(number, NUMBER):
                return Derived(derivation.id, names, float(number), max(atom.low, 0))
        return Derived(derivation.id, names)
