"""The table as the README quotes it, between two marks."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.corpus import ROOT

RESULTS = Path(__file__).with_name("RESULTS.md")
README = ROOT / "README.md"
BEGIN, END = "<!-- make bench writes from here -->\n", "<!-- to here -->\n"


def quoted() -> str:
    """What stands between the marks of the README."""
    return README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def quote() -> None:
    """Put the results between the marks."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + RESULTS.read_text(encoding="utf-8") + END + after, encoding="utf-8")
