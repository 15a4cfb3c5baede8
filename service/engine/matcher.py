"""Matching of known findings against patterns.

A pattern is a condition as alternative terms (`terms.py`). Sets of terms are bit sets in the order of the patterns.
Terms about asked findings come first (`numbering.py`). For each value of a finding, the compiled knowledge holds the
terms that it satisfies and the terms that it fails. A request only joins these sets.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_

import msgspec

from service.engine.atoms import Atom, OneOf, Within
from service.engine.bitset import Bits, bits, first, members
from service.engine.numbering import connected, numbered
from service.engine.terms import Term
from service.report.report import Reported, Value

LONGEST = 7
"""The most findings that a term may name. A count up to this number fits into three bits."""


class Verdict(msgspec.Struct, frozen=True):
    """The effect of one value on the terms.

    `holds` are the terms whose atom it passes, and `fails` are those whose atom it fails.
    """

    holds: Bits
    fails: Bits


class Match(msgspec.Struct, frozen=True):
    """The state of all terms, and the known findings.

    `fired` terms hold, `failed` terms can no longer hold, and `touched` terms have an atom that holds.
    """

    fired: Bits
    failed: Bits
    touched: Bits
    known: Bits


Judge = Callable[[Value], Verdict]


class _Verdicts(dict[Value, Verdict]):
    """The verdicts on the values of one finding.

    Each value that a term names has its own verdict. All other values share one.
    """

    def __init__(self, named: Mapping[Value, Verdict], other: Verdict) -> None:
        super().__init__(named)
        self._other = other

    def __missing__(self, value: Value) -> Verdict:
        return self._other


class Matcher:
    """All terms of all patterns, by the findings they name.

    `findings` are all findings that a request can make known. `asked` are the findings that are asked.
    """

    def __init__(
        self, patterns: Sequence[tuple[Term, ...]], findings: Iterable[str], asked: Iterable[str] = ()
    ) -> None:
        near = connected(patterns, asked)
        in_order = numbered(patterns, near)
        self.terms: list[Term] = [term for _, term in in_order]
        self.pattern_of: list[int] = [pattern for pattern, _ in in_order]
        self.terms_of: list[Bits] = [0] * len(patterns)
        for number, pattern in enumerate(self.pattern_of):
            self.terms_of[pattern] |= 1 << number
        names = sorted(dict.fromkeys(findings), key=lambda name: name not in near)
        self.bit_of: dict[str, Bits] = {name: 1 << number for number, name in enumerate(names)}
        self._names = [tuple(atom.finding for atom in term) for term in self.terms]
        sizes = [len(term) for term in self.terms]
        if max(sizes, default=0) > LONGEST:
            raise ValueError(f"a term may name {LONGEST} findings")
        self._not_ones, self._not_twos, self._not_fours = (
            bits(number for number, size in enumerate(sizes) if not size & digit) for digit in (1, 2, 4)
        )
        self._atoms: dict[str, dict[Atom, Bits]] = defaultdict(lambda: defaultdict(int))
        for number, term in enumerate(self.terms):
            for atom in term:
                self._atoms[atom.finding][atom] |= 1 << number
        self.terms_naming: dict[str, Bits] = {name: reduce(or_, self._atoms[name].values(), 0) for name in self.bit_of}
        """The terms that name each finding."""
        self._tables: dict[str, _Verdicts] = {}
        self._judges: dict[str, Judge] = {}
        self._denied: dict[str, Verdict] = {}
        for finding in self.bit_of:
            self._compile(finding)

    def match(self, known: Mapping[str, Reported]) -> Match:
        """Return the terms that `known` decides.

        The method uses bit-sliced counters. `ones`, `twos` and `fours` are the binary digits of the number of atoms
        that hold, for all terms at once.
        """
        ones = twos = fours = failed = 0
        denied, tables, judges = self._denied, self._tables, self._judges
        for finding, value in known.items():
            if value is False:
                verdict = denied[finding]
            elif (table := tables.get(finding)) is not None:
                verdict = table[value]  # type: ignore[index]  # a series has no table
            else:
                verdict = judges[finding](value)  # type: ignore[arg-type]  # no term names a series
            failed |= verdict.fails
            if holds := verdict.holds:
                carry = ones & holds
                ones ^= holds
                if carry:
                    fours ^= twos & carry
                    twos ^= carry
        touched = ones | twos | fours
        # Masks are as long as the rulebook, so apply them to the shorter set of terms by `&` only.
        full = (touched & ones) ^ (touched & self._not_ones)
        full = (full & twos) ^ (full & self._not_twos)
        full = (full & fours) ^ (full & self._not_fours)
        return Match(full, failed, touched, sum(map(self.bit_of.__getitem__, known)))

    def patterns(self, terms: Bits) -> list[tuple[int, Bits]]:
        """Return the patterns of `terms` in order.

        Each pattern comes with those of its terms that are in `terms`.
        """
        found = []
        while terms:
            pattern = self.pattern_of[first(terms)]
            own = terms & self.terms_of[pattern]
            found.append((pattern, own))
            terms ^= own
        found.sort()
        return found

    def because(self, terms: Bits) -> tuple[str, ...]:
        """Return the distinct findings that `terms` name, in order."""
        if not terms & (terms - 1):
            return self._names[first(terms)] if terms else ()
        return tuple(dict.fromkeys(name for term in members(terms) for name in self._names[term]))

    def _compile(self, finding: str) -> None:
        """Compile the verdicts on `finding` into a table or a function."""
        atoms = self._atoms.get(finding)
        if not atoms:
            silent = self._denied[finding] = Verdict(0, 0)
            self._judges[finding] = lambda _: silent
        elif all(isinstance(atom, Within) for atom in atoms):
            self._judges[finding] = self._judge_of_numbers(finding)
        elif all(isinstance(atom, OneOf) for atom in atoms):
            named = {value for atom in atoms if isinstance(atom, OneOf) for value in atom.values}
            verdicts: dict[Value, Verdict] = {value: self._verdict(finding, value) for value in named}
            table = self._tables[finding] = _Verdicts(verdicts, Verdict(0, self.terms_naming[finding]))
            self._denied[finding] = table[False]
        else:
            self._judges[finding] = lambda value: self._verdict(finding, value)

    def _judge_of_numbers(self, finding: str) -> Judge:
        """Return a function that looks up the verdict on a number.

        It searches the bounds of all ranges. Each bound has a verdict, and so has each gap between two bounds.
        """
        ranges = [atom for atom in self._atoms[finding] if isinstance(atom, Within)]
        bounds = sorted({bound for atom in ranges for bound in (atom.low, atom.high) if math.isfinite(bound)})
        gaps = [bounds[0] - 1, *((low + high) / 2 for low, high in pairwise(bounds)), bounds[-1] + 1]
        samples = [sample for pair in zip(gaps, bounds, strict=False) for sample in pair] + gaps[-1:]
        verdicts = [self._verdict(finding, sample) for sample in samples]
        return lambda value: verdicts[bisect_left(bounds, value) + bisect_right(bounds, value)]

    def _verdict(self, finding: str, value: Value) -> Verdict:
        holds = reduce(or_, (terms for atom, terms in self._atoms[finding].items() if atom.holds(value)), 0)
        return Verdict(holds, self.terms_naming[finding] ^ holds)
