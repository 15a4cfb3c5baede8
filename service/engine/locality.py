"""Groups findings that have to do with each other, so that what is asked about together is numbered together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def kinships(together: Iterable[Sequence[str]], findings: Sequence[str]) -> dict[str, int]:
    """The group of each finding: the same for two that some sequence names, directly or through others.

    Groups are numbered in the order of their first finding in `findings`, which holds every one that is named.
    """
    leads = {finding: finding for finding in findings}

    def lead(finding: str) -> str:
        while leads[finding] != finding:
            leads[finding] = leads[leads[finding]]
            finding = leads[finding]
        return finding

    for named in together:
        for other in named[1:]:
            leads[lead(other)] = lead(named[0])
    numbers: dict[str, int] = {}
    return {finding: numbers.setdefault(lead(finding), len(numbers)) for finding in findings}
