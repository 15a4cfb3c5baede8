"""Which unknown finding each term that sets a level is asked about by, and what has to do with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import NamedTuple

from service.engine.bitset import Bits, members
from service.engine.rulebook import Rulebook
from service.model.scales import Level

Told = Mapping[str, Mapping[Level, bytes]]
"""The question about each finding as it is told, for each level that the answer could lead to."""


class Asked(NamedTuple):
    """A finding or a question of the screen: where it stands among the others, and the question as it is told."""

    order: int
    id: str
    told: bytes


class Standing(NamedTuple):
    """What a term is asked about by: the place of the term, whether it is of an emergency, and the finding's bit."""

    place: int
    is_urgent: bool
    known: Bits
    asked: Asked


class Kin(NamedTuple):
    """What has to do with a finding: terms to look at again once it is known, and the findings that these ask about.

    The terms are of one `group`, in which they are numbered in the order of their rules.
    """

    group: int
    terms: Bits
    findings: Bits


_Way = tuple[Bits, Standing]


class _Choice(NamedTuple):
    """One way to ask about a term, and the terms that a no settles.

    `ways` say how it is asked while some of these terms, each of one level, are open, the most urgent first.
    """

    finding: str
    known: Bits
    settles: Bits
    ways: tuple[_Way, ...]


class Asking:
    """The choices of every term that sets a level: of a red flag, or an uncovered sign.

    Each is asked about by one unknown finding of it, the one that most terms of its rule share, and rather by
    one that the safety screen covers.
    """

    def __init__(self, rulebook: Rulebook, screened: Mapping[str, tuple[str, ...]], told: Told) -> None:
        index = rulebook.index
        self._choices = _choices(rulebook, {finding for findings in screened.values() for finding in findings}, told)
        # Of a term that nothing touches yet the best finding is unknown, so one question settles all with the same.
        alike: dict[str, Bits] = {}
        for term, (best, *_) in self._choices.items():
            alike[best.finding] = alike.get(best.finding, 0) | 1 << term
        self._first = {
            term: best._replace(settles=alike[best.finding], ways=tuple(_behind(len(told), best.ways)))
            for term, (best, *_) in self._choices.items()
        }
        self.kin = {
            finding: Kin(index.group_of[finding], *self._kin(rulebook, terms, alike))
            for finding in index.bit_of
            if (terms := index.naming(finding) & rulebook.raising)
        }
        self.left_to = {
            id_: (
                reduce(or_, (alike.get(finding, 0) for finding in findings)),
                reduce(or_, (index.bit_of[finding] for finding in findings)),
            )
            for id_, findings in screened.items()
        }
        """For each question of the screen the terms that are left to it, and the findings."""

    def quiet(self, terms: Bits, failed: Bits, passed_over: Bits) -> Iterator[Standing]:
        """What `terms` of one group are asked about by, of which nothing is known: in their order, each finding once.

        `failed` terms do not count for how far a finding could raise the level, and what is `passed_over` is left out.
        """
        return _standing(terms, self._first.__getitem__, failed, passed_over)

    def touched(self, terms: Bits, failed: Bits, passed_over: Bits, known: Bits) -> Iterator[Standing]:
        """The same of terms of which a `known` finding holds."""

        def unknown(term: int) -> _Choice:
            for choice in self._choices[term]:
                if not choice[1] & known:
                    break  # at the last choice at the latest: an open term has an unknown finding
            return choice

        return _standing(terms, unknown, failed, passed_over)

    def _kin(self, rulebook: Rulebook, terms: Bits, alike: Mapping[str, Bits]) -> Iterator[Bits]:
        """The terms and the findings that change their standing when a finding that `terms` name becomes known."""
        beside = {choice.finding for term in members(terms) for choice in self._choices[term]}
        yield reduce(or_, (alike.get(finding, 0) for finding in beside), terms)
        yield reduce(or_, (rulebook.index.bit_of[finding] for finding in beside))


def _standing(terms: Bits, choose: Callable[[int], _Choice], failed: Bits, passed_over: Bits) -> Iterator[Standing]:
    while terms:
        _, known, settles, ways = choose((terms & -terms).bit_length() - 1)
        terms ^= terms & settles
        if not known & passed_over:
            passed_over |= known
            for open_, standing in ways:  # written out: a call for each would be felt
                if failed & open_ != open_:
                    yield standing
                    break


def _choices(rulebook: Rulebook, screened: Container[str], told: Told) -> dict[int, tuple[_Choice, ...]]:
    """What each term can be asked about by, the best first."""
    index = rulebook.index
    places = {finding: place for place, finding in enumerate(rulebook.knowledge.findings)}
    level_of = dict(rulebook.raising_terms())
    raising = {term: (index.pattern_of[term], index.terms[term]) for term in level_of}
    shared = Counter((pattern, atom.finding) for pattern, atoms in raising.values() for atom in atoms)

    def worth(pattern: int, finding: str) -> tuple[bool, int, int]:
        return (finding not in screened, -shared[pattern, finding], places[finding])

    def ways(term: int, finding: str) -> Iterator[_Way]:
        is_urgent = level_of[term].rank >= Level.EMERGENCY.rank
        for open_, level in rulebook.by_level(index.naming(finding)):
            order = 2 * (len(Level) - level.rank) * len(told) + places[finding]
            asked = Asked(order, finding, told[finding][level])
            yield open_, Standing(index.places[term], is_urgent, index.bit_of[finding], asked)

    return {
        term: tuple(
            _Choice(name, index.bit_of[name], index.atoms_on(name)[atom], tuple(ways(term, name)))
            for _, name, atom in sorted((worth(pattern, atom.finding), atom.finding, atom) for atom in atoms)
        )
        for term, (pattern, atoms) in raising.items()
    }


def _behind(by: int, ways: Iterable[_Way]) -> Iterator[_Way]:
    """The same ways, each asked about so many places further back."""
    for terms, standing in ways:
        yield terms, standing._replace(asked=standing.asked._replace(order=standing.asked.order + by))
