"""The start page in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.try_page import TryPage
from tests.browser.watched_page import WatchedPage


@pytest.mark.parametrize("width", [360, 1280])
def test_the_start_page_leads_to_the_reference(chromium: Browser, address: str, width: int) -> None:
    """One click leads to the API reference, also below a prefix, without cut-off content or console errors."""
    seen = WatchedPage(chromium, address, width=width, height=740)
    seen.watch_failed_requests()
    page = seen.page
    page.goto(f"{address}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Runner triage")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="/docs").click()
    expect(page.locator("section[id$='/POST/assess']")).to_be_visible(timeout=20_000)
    assert page.url.split("#")[0] == f"{address}/docs"
    assert seen.errors == []
    seen.context.close()


@pytest.mark.parametrize("way", ["example", "complaint"])
def test_a_first_visit_reaches_a_result_with_five_clicks(chromium: Browser, address: str, way: str) -> None:
    """At most three screens follow the start page, whether the visitor takes an example or names a complaint."""
    visit = TryPage(chromium, address)
    visit.page.goto(f"{address}/")
    clicks, screens = 0, 0

    def click(target: Locator) -> None:
        nonlocal clicks, screens
        before, leaves = visit.heading, target.get_attribute("type") != "checkbox"
        target.click()
        clicks += 1
        if leaves:
            expect(visit.page.locator("h1")).not_to_have_text(before)
            visit.settle()
            screens += 1

    click(visit.page.get_by_role("link", name="/try"))
    if way == "example":
        click(visit.button("Show its result"))
    else:
        click(visit.page.locator("input[name=calf_cramp]"))
        click(visit.submit)
        click(visit.button("See the result so far"))
    assert visit.level == visit.response["triage"]["level"]
    assert clicks <= 5
    assert screens <= 3
    visit.assert_clean()
    visit.context.close()
