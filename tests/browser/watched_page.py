"""A page in a real browser, with everything that the browser complains about."""

from __future__ import annotations

from typing import Any, ClassVar

from playwright.sync_api import Browser, Page, Request

_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


class WatchedPage:
    """A page in a context of its own."""

    own_schemes: ClassVar[tuple[str, ...]] = ("data:",)
    """Schemes of addresses that ask no server."""

    def __init__(self, browser: Browser, address: str, *, width: int = 1280, height: int = 900, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[Request] = []
        self.page.add_init_script(_VIOLATIONS)
        self.page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 (playwright marks it)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type in {"error", "warning"} else None,
        )

    def watch_failed_requests(self) -> None:
        """Take a request without a response as a complaint."""
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))

    def assert_clean(self) -> None:
        """No error on the console, no breach of the policy, and nothing asked outside the prefix of the service."""
        assert self.complaints == []
        assert self.page.evaluate("window.violations") == []
        asked = [request.url for request in self.requests if not request.url.startswith(self.own_schemes)]
        assert [url for url in asked if not url.startswith(f"{self.address}/")] == []
        assert asked != []
