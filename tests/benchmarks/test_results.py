"""The figures that are shown are the figures that were measured."""

from __future__ import annotations

from tests.benchmarks.quote import RESULTS, quoted


def test_the_page_quotes_the_results() -> None:
    """`docs/performance.md` shows the table of the last `make bench`, whole and with its date."""
    assert quoted() == RESULTS.read_text(encoding="utf-8")
    assert quoted().startswith("Measured on 20")
