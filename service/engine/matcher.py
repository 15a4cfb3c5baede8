"""Finds which patterns known findings make true.

Everything is a set of terms as bits: what a value makes of all the terms that name its finding was worked out when
the knowledge was compiled, and a request only joins those sets. Terms that share findings, directly or through other
terms, are numbered in a row, and findings likewise: so the numbers that a request joins reach to the last group that
it is about, whatever comes behind.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import NamedTuple, TypeVar

from service.engine.atoms import Atom, OneOf, Within
from service.engine.bitset import Bits, bits, first, members
from service.engine.locality import kinships
from service.engine.terms import Term
from service.model.scales import Level
from service.report.report import Reported, Value

T = TypeVar("T")

LONGEST = 7
"""The most findings that a term may name; counts up to here fit into three bits."""


class Verdict(NamedTuple):
    """What one value decides: the terms whose atom it passes, those that it fails, and the finding as known."""

    holds: Bits
    fails: Bits
    known: Bits


class Tally(NamedTuple):
    """What some findings decide so far.

    `ones`, `twos` and `fours` are the binary digits of how many atoms of each term hold.
    """

    ones: Bits
    twos: Bits
    fours: Bits
    failed: Bits
    known: Bits


NOTHING = Tally(0, 0, 0, 0, 0)


class Match(NamedTuple):
    """What is decided: terms that hold, that can no longer hold, and of which an atom holds; and what is known."""

    fired: Bits
    failed: Bits
    touched: Bits
    known: Bits

    def still_open(self, terms: Bits) -> Bits:
        """Those of `terms` that can still come to hold, or do."""
        return (terms & self.failed) ^ terms

    def highest(self, by_level: Iterable[tuple[Bits, Level]], least: Level) -> Level:
        """The first level of which a term can still come to hold, or does, and not below `least`."""
        level = first_open(by_level, self.failed)
        return least if level is None or level.rank <= least.rank else level


Judge = Callable[[Value], Verdict]


def first_open(ways: Iterable[tuple[Bits, T]], failed: Bits) -> T | None:
    """What stands beside the first terms that have not all `failed`."""
    for terms, what in ways:
        if failed & terms != terms:
            return what
    return None


class Index:
    """All terms of all patterns, by the findings that they name; `findings` are all that a request can make known."""

    def __init__(self, patterns: Sequence[tuple[Term, ...]], findings: Iterable[str]) -> None:
        names = list(dict.fromkeys(findings))
        each = ((pattern, term) for pattern, terms in enumerate(patterns) for term in terms)
        listed = [(pattern, place, term) for place, (pattern, term) in enumerate(each)]
        self.group_of = kinships((tuple(atom.finding for atom in term) for *_, term in listed), names)
        listed.sort(key=lambda one: self.group_of[one[2][0].finding] if one[2] else 0)
        self.terms: list[Term] = [term for *_, term in listed]
        self.pattern_of: list[int] = [pattern for pattern, *_ in listed]
        self.places: list[int] = [place for _, place, _ in listed]
        self.terms_of: list[Bits] = [0] * len(patterns)
        for number, pattern in enumerate(self.pattern_of):
            self.terms_of[pattern] |= 1 << number
        self.bit_of: dict[str, Bits] = {
            finding: 1 << number for number, finding in enumerate(sorted(names, key=self.group_of.__getitem__))
        }
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
        self._judges: dict[str, Judge] = {finding: self._judge(finding) for finding in self.bit_of}

    def tally(self, known: Mapping[str, Reported], since: Tally = NOTHING) -> Tally:
        """What `known` decides, on top of `since`, which was made of other findings."""
        ones, twos, fours, failed, so_far = since
        judges = self._judges
        for finding, value in known.items():
            holds, fails, bit = judges[finding](value)  # type: ignore[arg-type]  # no term names a series
            so_far |= bit
            failed |= fails
            if holds:
                carry = ones & holds
                ones ^= holds
                if carry:
                    fours ^= twos & carry
                    twos ^= carry
        return Tally(ones, twos, fours, failed, so_far)

    def match(self, tally: Tally) -> Match:
        """The terms of which as many atoms hold as they have, and the rest of what is decided."""
        ones, twos, fours, failed, known = tally
        touched = ones | twos | fours
        # Masks only ever meet a set of terms by `&`, for they are as long as the rulebook and it is not.
        full = (touched & ones) ^ (touched & self._not_ones)
        full = (full & twos) ^ (full & self._not_twos)
        full = (full & fours) ^ (full & self._not_fours)
        return Match(full, failed, touched, known)

    def patterns(self, terms: Bits) -> list[tuple[int, Bits]]:
        """The patterns that `terms` are of, in order, each with those of its terms."""
        found = []
        while terms:
            pattern = self.pattern_of[first(terms)]
            own = terms & self.terms_of[pattern]
            found.append((pattern, own))
            terms ^= own
        found.sort()
        return found

    def atoms_on(self, finding: str) -> Mapping[Atom, Bits]:
        """The atoms that test `finding`, each with the terms that hold it."""
        return self._atoms.get(finding, {})

    def naming(self, finding: str) -> Bits:
        """The terms that name `finding`."""
        return reduce(or_, self.atoms_on(finding).values(), 0)

    def because(self, terms: Bits) -> tuple[str, ...]:
        """The findings that `terms` name, in order, each once."""
        if not terms & (terms - 1):
            return self._names[first(terms)] if terms else ()
        return tuple(dict.fromkeys(name for term in self.in_order(terms) for name in self._names[term]))

    def first(self, terms: Bits) -> Term:
        """The first of `terms`, of which there is one, in the order of their patterns."""
        return self.terms[min(members(terms), key=self.places.__getitem__)]

    def in_order(self, terms: Bits) -> list[int]:
        """The members of `terms` in the order of their patterns."""
        return sorted(members(terms), key=self.places.__getitem__)

    def _judge(self, finding: str) -> Judge:
        """What gives the verdict on a value of `finding`."""
        atoms = self.atoms_on(finding)
        if not atoms:
            silent = Verdict(0, 0, self.bit_of[finding])
            return lambda _: silent
        if all(isinstance(atom, Within) for atom in atoms):
            return self._judge_of_numbers(finding)
        if all(isinstance(atom, OneOf) for atom in atoms):
            return self._judge_of_choices(finding)
        return lambda value: self._verdict(finding, value)

    def _judge_of_choices(self, finding: str) -> Judge:
        """Looks a yes, a no or a choice up among those that some term names."""
        named = frozenset[bool | str]().union(
            *(atom.values for atom in self.atoms_on(finding) if isinstance(atom, OneOf))
        )
        verdicts: dict[Value, Verdict] = {value: self._verdict(finding, value) for value in named}
        other = Verdict(0, self.naming(finding), self.bit_of[finding])
        return lambda value: verdicts.get(value, other)

    def _judge_of_numbers(self, finding: str) -> Judge:
        """Looks a number up among the bounds of all ranges: each bound, and each stretch beside one, is alike."""
        ranges = [atom for atom in self.atoms_on(finding) if isinstance(atom, Within)]
        bounds = sorted({bound for atom in ranges for bound in (atom.low, atom.high) if math.isfinite(bound)})
        stretches = [bounds[0] - 1, *((low + high) / 2 for low, high in pairwise(bounds)), bounds[-1] + 1]
        samples = [sample for pair in zip(stretches, bounds, strict=False) for sample in pair] + stretches[-1:]
        verdicts = [self._verdict(finding, sample) for sample in samples]
        return lambda value: verdicts[bisect_left(bounds, value) + bisect_right(bounds, value)]

    def _verdict(self, finding: str, value: Value) -> Verdict:
        holds = reduce(or_, (terms for atom, terms in self.atoms_on(finding).items() if atom.holds(value)), 0)
        return Verdict(holds, self.naming(finding) ^ holds, self.bit_of[finding])
