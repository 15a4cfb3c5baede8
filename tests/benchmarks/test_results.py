"""The figures that are shown are the figures that were measured."""

from __future__ import annotations

from tests.benchmarks.quote import PAGE, README, RESULTS, figures, quoted


def test_the_page_quotes_the_results() -> None:
    """`docs/performance.md` shows the table of the last `make bench`, whole and with its date."""
    assert quoted(PAGE) == RESULTS.read_text(encoding="utf-8")
    assert quoted(PAGE).startswith("Measured on 20")


def test_the_readme_quotes_three_figures() -> None:
    """They are those of the table, with its date."""
    assert quoted(README) == figures(RESULTS.read_text(encoding="utf-8"))
    assert quoted(README).count("\n- ") == 3
