"""Finds which patterns known findings make true, touching only the terms that name those findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from service.engine.atoms import Atom, OneOf, Value
from service.engine.presentation import Reported
from service.engine.terms import Term

Terms = tuple[int, ...]


@dataclass(slots=True)
class Match:
    """What is decided: the terms that hold, by pattern in order, and the terms that can no longer hold."""

    fired: dict[int, list[int]]
    failed: set[int]
    touched: Mapping[int, int]


class Index:
    """All terms of all patterns, reachable by the findings that they name."""

    def __init__(self, patterns: Sequence[tuple[Term, ...]]) -> None:
        self.terms: list[Term] = [term for terms in patterns for term in terms]
        self.pattern_of: list[int] = [number for number, terms in enumerate(patterns) for _ in terms]
        ends = list(accumulate(len(terms) for terms in patterns))
        self.terms_of: list[Terms] = [
            tuple(range(end - len(terms), end)) for end, terms in zip(ends, patterns, strict=True)
        ]
        self._sizes = [len(term) for term in self.terms]
        self._atoms: dict[str, dict[Atom, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, term in enumerate(self.terms):
            for atom in term:
                self._atoms[atom.finding][atom].append(number)
        self._decided: dict[tuple[str, bool], tuple[Terms, Terms]] = {}
        self._graded: dict[str, tuple[tuple[Atom, Terms], ...]] = {}
        for finding, atoms in self._atoms.items():
            self._compile(finding, atoms)

    def _compile(self, finding: str, atoms: Mapping[Atom, list[int]]) -> None:
        self._graded[finding] = tuple((atom, tuple(terms)) for atom, terms in atoms.items())
        for value in (True, False):
            if all(isinstance(atom, OneOf) for atom in atoms):
                self._decided[finding, value] = _split(self._graded[finding], value)

    def match(self, known: Mapping[str, Reported], closed: Iterable[int] = ()) -> Match:
        """Everything that `known` decides; the terms in `closed` are known to fail."""
        touched: dict[int, int] = {}
        failed = set(closed)
        for finding, value in known.items():
            decided = self._decided.get((finding, value)) if isinstance(value, bool) else None
            holding, failing = decided or _split(self._graded.get(finding, ()), value)  # type: ignore[arg-type]
            failed.update(failing)
            for term in holding:
                touched[term] = touched.get(term, 0) + 1
        fired: dict[int, list[int]] = {}
        sizes = self._sizes
        for term in sorted(term for term, count in touched.items() if count == sizes[term]):
            fired.setdefault(self.pattern_of[term], []).append(term)
        return Match(fired, failed, touched)

    def atoms_on(self, finding: str) -> Mapping[Atom, list[int]]:
        """The atoms that test `finding`, each with the terms that hold it."""
        return self._atoms.get(finding, {})

    def because(self, terms: Iterable[int]) -> tuple[str, ...]:
        """The findings that `terms` name, in order, each once."""
        return tuple(dict.fromkeys(atom.finding for term in terms for atom in self.terms[term]))


def _split(atoms: Iterable[tuple[Atom, Iterable[int]]], value: Value) -> tuple[Terms, Terms]:
    holding: list[int] = []
    failing: list[int] = []
    for atom, terms in atoms:
        (holding if atom.holds(value) else failing).extend(terms)
    return tuple(holding), tuple(failing)
