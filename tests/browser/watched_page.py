"""A page in a real browser, with all browser errors recorded."""

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
    """Schemes of addresses without a server."""

    def __init__(self, browser: Browser, address: str, *, width: int = 1280, height: int = 900, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[Request] = []
        self.page.add_init_script(_VIOLATIONS)
        self.page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 (playwright marks it)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.errors.append(line.text) if line.type in {"error", "warning"} else None,
        )

    def watch_failed_requests(self) -> None:
        """Record a request without a response as an error."""
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))

    def assert_clean(self) -> None:
        """Fail after console errors, policy violations or requests outside the prefix."""
        assert self.errors == []
        assert self.page.evaluate("window.violations") == []
        asked = [request.url for request in self.requests if not request.url.startswith(self.own_schemes)]
        assert [url for url in asked if not url.startswith(f"{self.address}/")] == []
        assert asked != []
