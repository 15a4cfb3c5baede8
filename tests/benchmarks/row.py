"""One line of the table that everything ends in."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """What was measured, as text: the median with its spread, what it is compared with, and what was to be reached."""

    part: str
    what: str
    measured: str
    spread: str = ""
    ratio: str = ""
    target: str = ""


def spread(values: Sequence[float], form: str) -> str:
    """The least and the most of `values`."""
    return f"{min(values):{form}} to {max(values):{form}}"


def ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios of one round each, so that what disturbs a whole round cancels out."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown; a part is named where it begins."""
    lines = ["| part | what | measured | lowest to highest | ratio | to reach |", "|---|---|--:|--:|---|---|"]
    part = ""
    for row in rows:
        lines.append("| " + " | ".join(("" if row.part == part else row.part, *row[1:])) + " |")
        part = row.part
    return "\n".join(line.replace("  ", " ") for line in lines) + "\n"
