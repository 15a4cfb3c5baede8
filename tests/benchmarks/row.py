"""One row of the table of results."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """A measurement as text: median, spread, ratio and target."""

    part: str
    what: str
    measured: str
    spread: str = ""
    ratio: str = ""
    target: str = ""


def spread(values: Sequence[float], form: str) -> str:
    """The least and the greatest of `values`."""
    return f"{min(values):{form}} to {max(values):{form}}"


def ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median of each round's ratio, which cancels a round's disturbances."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown; the first row of a part names it."""
    lines = ["| part | what | measured | lowest to highest | ratio | to reach |", "|---|---|--:|--:|---|---|"]
    part = ""
    for row in rows:
        lines.append("| " + " | ".join(("" if row.part == part else row.part, *row[1:])) + " |")
        part = row.part
    return "\n".join(line.replace("  ", " ") for line in lines) + "\n"
