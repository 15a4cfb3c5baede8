"""The docs page as a partner sees it, in a real browser with no internet."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

_EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


@dataclass
class Seen:
    """A page, and what the browser had to say about it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """No error on the console, no breach of the policy, and nothing asked outside the service's own prefix."""
        assert self.complaints == []
        assert self.page.evaluate("window.violations") == []
        asked = [url for url in self.asked if not url.startswith("data:")]
        assert [url for url in asked if not url.startswith(f"{self.address}/")] == []
        assert asked != []


@pytest.fixture
def seen(chromium: Browser, address: str) -> Iterator[Seen]:
    """The docs page, opened and rendered."""
    page = chromium.new_context(viewport={"width": 1200, "height": 1400}).new_page()
    seen = Seen(page, address)
    page.add_init_script(_VIOLATIONS)
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("requestfailed", lambda request: seen.complaints.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "console",
        lambda line: seen.complaints.append(line.text) if line.type in {"error", "warning"} else None,
    )
    page.goto(f"{address}/docs")
    expect(page.locator("#operations-triage-assess, .opblock-post").first).to_be_visible(timeout=20_000)
    yield seen
    folder = os.environ.get("TRIAGE_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/docs-{len(seen.asked)}.png")
    page.context.close()


def test_the_page_shows_the_contract(seen: Seen) -> None:
    """Title, version and every operation of the contract are there, drawn from this service alone."""
    contract = seen.page.evaluate("fetch('openapi.json').then((answer) => answer.json())")
    methods = ("get", "head", "post", "options")
    operations = [method for item in contract["paths"].values() for method in methods if method in item]
    expect(seen.page.locator("h1.title, h2.title").first).to_contain_text(contract["info"]["title"])
    expect(seen.page.locator(".info .version").first).to_contain_text(contract["info"]["version"])
    expect(seen.page.locator(".opblock")).to_have_count(len(operations))
    seen.assert_clean()


def test_try_it_out_sends_the_first_example_and_shows_the_answer(seen: Seen) -> None:
    """A partner sees a real answer with three clicks and without a word typed."""
    first = seen.page.evaluate(
        "fetch('openapi.json').then((answer) => answer.json())"
        ".then((it) => Object.keys(it.paths['/assess'].post.requestBody.content['application/json'].examples)[0])"
    )
    block = seen.page.locator(".opblock-post").first
    block.locator(".opblock-summary").first.click()
    block.get_by_role("button", name="Try it out").click()
    sent = json.loads(block.locator("textarea.body-param__text").input_value())
    assert sent == json.loads((_EXAMPLES / f"{first}.request.json").read_bytes())
    with seen.page.expect_response("**/assess*") as caught:
        block.get_by_role("button", name="Execute").click()
    assert caught.value.status == 200
    assert caught.value.url.startswith(f"{seen.address}/assess")
    answer = json.loads((_EXAMPLES / f"{first}.response.json").read_bytes())
    shown = caught.value.json()
    shown.pop("explanation", None)  # the page fills in the parameter's example
    assert shown == answer
    live = block.locator(".live-responses-table")
    expect(live.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(live.locator(".response-col_description").nth(1)).to_contain_text(f'"level": "{answer["triage"]["level"]}"')
    live.scroll_into_view_if_needed()
    seen.assert_clean()


def test_the_links_of_the_page_lead_to_the_contract(seen: Seen) -> None:
    """The link below the title, and the one for those without JavaScript, lead to the contract of this service."""
    shown = seen.page.locator(".info a[href$='openapi.json']").first
    asides = re.findall(r'href="(\S+)">/?openapi', seen.page.request.get(f"{seen.address}/docs").text())
    assert len(asides) == 1
    for link in (shown.evaluate("(it) => it.href"), *(urljoin(f"{seen.address}/docs", it) for it in asides)):
        assert link.startswith(f"{seen.address}/openapi.")
        assert seen.page.request.get(link).status == 200


def test_a_slash_at_the_end_leads_to_the_page(seen: Seen) -> None:
    """The address with a slash at its end is sent on to the one from which the page's relative links hold."""
    seen.page.goto(f"{seen.address}/docs/")
    assert seen.page.url == f"{seen.address}/docs"
    expect(seen.page.locator(".opblock-post").first).to_be_visible(timeout=20_000)
    seen.assert_clean()


def test_the_policy_is_enforced(seen: Seen) -> None:
    """The proof that a breach would be seen: an inline script is not run, and it is reported."""
    seen.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))"
    )
    assert seen.page.evaluate("window.ran") is None
    assert seen.page.evaluate("window.violations") != []
    assert seen.complaints != []


def test_no_other_host_is_known(seen: Seen) -> None:
    """The proof that a call to another host would fail here."""
    page = seen.page.context.new_page()
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")
    page.close()
