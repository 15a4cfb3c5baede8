"""The start page in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

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
