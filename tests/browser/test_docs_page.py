"""The docs page in a real browser with no internet."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.watched_page import WatchedPage

_EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
_DESKTOP, _PHONE = (1280, 900), (360, 740)


class Seen(WatchedPage):
    """The docs page; its viewer creates addresses of its own."""

    own_schemes = ("data:", "blob:")

    @property
    def operation(self) -> Locator:
        """The section of the first operation."""
        return self.page.locator("section[id$='/POST/assess']")

    def contract(self) -> Any:
        """The served contract."""
        return self.page.evaluate("fetch('openapi.json').then((answer) => answer.json())")


def _seen(chromium: Browser, address: str, size: tuple[int, int]) -> Iterator[Seen]:
    seen = Seen(chromium, address, width=size[0], height=size[1])
    seen.watch_failed_requests()
    seen.page.goto(f"{address}/docs")
    expect(seen.operation).to_be_visible(timeout=20_000)
    yield seen
    folder = os.environ.get("TRIAGE_SCREENSHOTS")
    if folder:
        seen.page.screenshot(path=f"{folder}/docs-{size[0]}-{len(seen.requests)}.png")
    seen.context.close()


@pytest.fixture
def seen(chromium: Browser, address: str) -> Iterator[Seen]:
    """The opened and rendered docs page."""
    yield from _seen(chromium, address, _DESKTOP)


@pytest.fixture
def phone(chromium: Browser, direct: str) -> Iterator[Seen]:
    """The docs page on a phone."""
    yield from _seen(chromium, direct, _PHONE)


def test_the_page_shows_the_contract(seen: Seen) -> None:
    """The page shows title, version, every operation and every section of the guide, from this service alone."""
    contract = seen.contract()
    introduction = seen.page.locator(".introduction-section")
    expect(introduction).to_contain_text(contract["info"]["title"])
    expect(introduction).to_contain_text(f"v{contract['info']['version']}")
    menu = seen.page.get_by_role("complementary")
    for tag in contract["tags"][1:]:
        menu.get_by_role("button", name=f"Open Group - {tag['name']}").click()
    for item in contract["paths"].values():
        for method in ("get", "post"):
            if method in item:
                expect(menu.get_by_text(item[method]["summary"], exact=True).first).to_be_visible()
    for section in re.findall(r"^## (.+)$", contract["info"]["description"], re.MULTILINE):
        expect(menu.get_by_text(section, exact=True).first).to_be_visible()
    seen.assert_clean()


def test_the_first_operation_is_on_the_first_screen(seen: Seen) -> None:
    """The operation to call is visible without a scroll or a click."""
    expect(seen.page.locator(".endpoints-card").first.get_by_text("/assess", exact=True)).to_be_in_viewport()
    expect(seen.page.get_by_role("heading", name="Assess one runner's report").first).to_be_in_viewport()
    seen.assert_clean()


def test_the_findings_are_in_groups(seen: Seen) -> None:
    """The menu and the request have a group for each subject, with all findings."""
    findings = seen.contract()["components"]["schemas"]["FindingsById"]
    groups = dict(re.findall(r"^- \*\*(.+)\*\*: (.+)$", findings["description"], re.MULTILINE))
    named = [id_ for ids in groups.values() for id_ in re.findall(r"`(\w+)`", ids)]
    assert sorted(named) == sorted(findings["properties"])
    menu = seen.page.get_by_role("complementary")
    menu.get_by_role("button", name="Open Group - findings").click()
    for group in groups:
        expect(menu.get_by_text(group, exact=True)).to_be_visible()
    expect(seen.operation.get_by_text(next(iter(groups)), exact=True)).to_be_attached()
    seen.assert_clean()


def test_a_search_finds_a_finding(seen: Seen) -> None:
    """The id of a finding leads to its group, which shows its meaning."""
    seen.page.get_by_role("button", name="Search").first.click()
    seen.page.keyboard.type("near_faint")
    result = seen.page.get_by_role("option").filter(has_text="Signs in the whole body")
    expect(result).to_be_visible()
    result.click()
    meaning = seen.contract()["components"]["schemas"]["FindingsById"]["properties"]["near_faint"]["description"]
    group = seen.page.locator("[id$='/models/Signs-in-the-whole-body-content']")
    expect(group.get_by_text(meaning.split("\n")[0]).first).to_be_visible()
    seen.assert_clean()


def _assert_first_example_is_sent(seen: Seen) -> None:
    examples = seen.contract()["paths"]["/assess"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    first = next(iter(examples))
    seen.operation.get_by_role("button", name="Test Request").first.click()
    dialog = seen.page.get_by_role("dialog")
    with seen.page.expect_response("**/assess*") as caught:
        dialog.get_by_role("button", name="Send").first.click()
    sent = caught.value.request
    assert sent.url == f"{seen.address}/assess"
    assert json.loads(sent.post_data or "") == json.loads((_EXAMPLES / f"{first}.request.json").read_bytes())
    assert caught.value.status == 200
    answer = json.loads((_EXAMPLES / f"{first}.response.json").read_bytes())
    assert caught.value.json() == answer
    expect(dialog.get_by_text("200 OK").first).to_be_visible()
    expect(dialog.get_by_text(f'"{answer["triage"]["level"]}"').first).to_be_visible()
    seen.assert_clean()


def test_try_it_out_sends_the_first_example_and_shows_the_answer(seen: Seen) -> None:
    """Two clicks show a real response without typing, and the request has no `explain`."""
    _assert_first_example_is_sent(seen)


def test_the_page_works_on_a_phone(phone: Seen) -> None:
    """At 360 px nothing is cut off, the first operation is on the first screen, and it can be tried."""
    assert phone.page.evaluate("document.documentElement.scrollWidth") == _PHONE[0]
    expect(phone.page.locator(".endpoints-card").first.get_by_text("/assess", exact=True)).to_be_in_viewport()
    _assert_first_example_is_sent(phone)


def test_the_links_of_the_page_lead_to_the_contract(seen: Seen) -> None:
    """The links of the introduction, and the one without JavaScript, lead to this service's contract."""
    shown = seen.page.locator(".introduction-section a[href*='/openapi.']")
    expect(shown).to_have_count(2)
    asides = re.findall(r'href="(\S+)">/?openapi', seen.page.request.get(f"{seen.address}/docs").text())
    assert len(asides) == 1
    links = [
        *shown.evaluate_all("(all) => all.map((it) => it.href)"),
        *(urljoin(f"{seen.address}/docs", it) for it in asides),
    ]
    for link in links:
        assert link.startswith(f"{seen.address}/openapi.")
        assert seen.page.request.get(link).status == 200


def test_a_slash_at_the_end_leads_to_the_page(seen: Seen) -> None:
    """The address with a trailing slash redirects to the one of the page's relative links."""
    seen.page.goto(f"{seen.address}/docs/")
    expect(seen.operation).to_be_visible(timeout=20_000)
    assert seen.page.url.split("#")[0] == f"{seen.address}/docs"
    seen.assert_clean()


def test_the_policy_is_enforced(seen: Seen) -> None:
    """The browser blocks and reports an inline script, so the test above would see a violation."""
    seen.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))"
    )
    assert seen.page.evaluate("window.ran") is None
    assert seen.page.evaluate("window.violations") != []
    assert seen.errors != []


def test_no_other_host_is_known(seen: Seen) -> None:
    """A call to another host fails here."""
    page = seen.page.context.new_page()
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
    page.close()
