"""The quoted figures are the measured ones."""

from __future__ import annotations

from tests.benchmarks.quote import PAGE, README, RESULTS, figures, quoted


def test_the_page_quotes_the_results() -> None:
    """`docs/performance.md` has the complete table of the last `make bench`, with its date."""
    assert quoted(PAGE) == RESULTS.read_text(encoding="utf-8")
    assert quoted(PAGE).startswith("Measured on 20")


def test_the_readme_quotes_three_figures() -> None:
    """The three figures are those of the table, with its date."""
    assert quoted(README) == figures(RESULTS.read_text(encoding="utf-8"))
    assert quoted(README).count("\n- ") == 3
