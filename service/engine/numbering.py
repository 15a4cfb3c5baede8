"""The numbering of terms and findings.

Terms and findings of the checklists come first. A bit set needs as many bits as its highest member, so the sets of a
report stay short even with much other knowledge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from service.engine.terms import Term


def connected(patterns: Iterable[Sequence[Term]], start: Iterable[str]) -> frozenset[str]:
    """Return `start` and all findings that terms connect to it."""
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
    """Return each term with its pattern, in the order of numbering.

    Terms that name one of `first` come first. Otherwise, the terms keep the order of the patterns.
    """
    terms = [(pattern, term) for pattern, terms in enumerate(patterns) for term in terms]
    return sorted(terms, key=lambda entry: not any(atom.finding in first for atom in entry[1]))
