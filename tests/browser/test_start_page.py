"""The start page in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize("width", [360, 1280])
def test_the_start_page_leads_to_the_reference(chromium: Browser, address: str, width: int) -> None:
    """One click leads to the API reference, also below a prefix; nothing is cut off, and the console is silent."""
    page = chromium.new_context(viewport={"width": width, "height": 740}).new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.goto(f"{address}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Runner triage")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="/docs").click()
    expect(page.locator("section[id$='/POST/assess']")).to_be_visible(timeout=20_000)
    assert page.url.split("#")[0] == f"{address}/docs"
    assert complaints == []
    page.context.close()
