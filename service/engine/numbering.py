"""Numbers terms and findings so that sets about what the checklists ask are short, however much else is known.

A set is as long as its last member, so a report would pay for every finding that comes before its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from service.engine.terms import Term


def connected(patterns: Iterable[Sequence[Term]], start: Iterable[str]) -> frozenset[str]:
    """The findings of `start`, and all that terms connect to them."""
    terms_naming: dict[str, list[Term]] = defaultdict(list)
    for terms in patterns:
        for term in terms:
            for atom in term:
                terms_naming[atom.finding].append(term)
    found = set(start)
    waiting = list(found)
    while waiting:
        for term in terms_naming[waiting.pop()]:
            new = {atom.finding for atom in term} - found
            found |= new
            waiting += new
    return frozenset(found)


def numbered(patterns: Sequence[Sequence[Term]], first: frozenset[str]) -> list[tuple[int, Term]]:
    """Each term with its pattern, in the order of the patterns; those that name one of `first` come first."""
    terms = [(pattern, term) for pattern, terms in enumerate(patterns) for term in terms]
    return sorted(terms, key=lambda entry: not any(atom.finding in first for atom in entry[1]))
