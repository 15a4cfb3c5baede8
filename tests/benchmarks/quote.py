"""The table as `docs/performance.md` quotes it, between two marks."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.corpus import ROOT

RESULTS = Path(__file__).with_name("RESULTS.md")
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- make bench writes from here -->\n", "<!-- to here -->\n"


def quoted() -> str:
    """What stands between the marks of the PAGE."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def quote() -> None:
    """Put the results between the marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + RESULTS.read_text(encoding="utf-8") + END + after, encoding="utf-8")
