"""The quoted results in `docs/performance.md` and the README."""

from __future__ import annotations

import re
from pathlib import Path

from tests.benchmarks.corpus import ROOT

RESULTS = Path(__file__).with_name("RESULTS.md")
PAGE, README = ROOT / "docs" / "performance.md", ROOT / "README.md"
BEGIN, END = "<!-- make bench writes from here -->\n", "<!-- to here -->\n"
_OURS = "our service, complete"


def quoted(page: Path) -> str:
    """The text between the marks of a page."""
    return page.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def quote() -> None:
    """Put the results and their figures between the marks."""
    results = RESULTS.read_text(encoding="utf-8")
    for page, text in ((PAGE, results), (README, figures(results))):
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        page.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")


def figures(results: str) -> str:
    """The date and three figures of a table of results."""
    day = re.search(r"Measured on (\S+),", results)
    rows = _rows(results)
    rate = next(row for row in rows if row[:2] == ["HTTP, corpus mix", _OURS])
    tail = next(row for row in rows if row[0].startswith("p99") and row[1].startswith(_OURS))
    memory = next(row for row in rows if row[1].startswith("memory of a worker"))
    assert day is not None
    return (
        f"Measured on {day[1]} with one worker on one core and the corpus of examples and vignettes:\n\n"
        f"- {rate[2]}, which is {rate[4]}\n"
        f"- p99 at {tail[1].rpartition(', ')[2]}, 70 % of saturation: {tail[2]}\n"
        f"- memory of a worker: {memory[2]}\n"
    )


def _rows(results: str) -> list[list[str]]:
    """The cells of each row, with the part filled in."""
    rows: list[list[str]] = []
    for line in results.splitlines():
        if line.startswith("| ") and not line.startswith("| part"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            rows.append([cells[0] or rows[-1][0], *cells[1:]])
    return rows
