"""The page `/try` as driven by a test, with browser errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from playwright.sync_api import Browser, Locator, Request, expect

from tests.browser.watched_page import WatchedPage

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
STORIES: Mapping[str, tuple[str, frozenset[str]]] = {
    "hills": ("self_care", frozenset({"calf_cramp", "cramp_on_hills", "hills_new_or_increased"})),
    "shoes": (
        "self_care",
        frozenset({"foot_numbness", "laces_tight", "relief_loosen_or_remove", "pressure_top_of_foot"}),
    ),
    "clot": (
        "emergency",
        frozenset({"calf_pain", "leg_swollen", "swelling_one_leg", "skin_warm_or_red", "calf_warm_red"})
        | {"long_travel_4wk"},
    ),
}
"""The final level, and the true findings, with the complaint of the first screen among them."""

Opened: TypeAlias = Callable[..., "TryPage"]


class TryPage(WatchedPage):
    """The page `/try`."""

    def open(self, report: object = None) -> TryPage:
        """Open the page and wait for its first screen.

        A report goes into the fragment.
        """
        fragment = "" if report is None else f"#report={quote(json.dumps(report))}"
        self.page.goto(f"{self.address}/try{fragment}")
        self.settle()
        return self

    def settle(self) -> None:
        """Wait for a screen that waits for input."""
        expect(self.page.locator("main:not([aria-busy]) h1")).to_be_visible(timeout=20_000)
        expect(self.page.locator("main button:disabled")).to_have_count(0)

    @property
    def calls(self) -> list[Request]:
        """The requests for an assessment, in order."""
        return [request for request in self.requests if request.url.endswith("/assess")]

    @property
    def response(self) -> Any:
        """The last assessment or problem."""
        answered = self.calls[-1].response()
        assert answered is not None
        return answered.json()

    @property
    def heading(self) -> str:
        """The heading of the screen."""
        heading: str = self.page.locator("h1").inner_text()
        return heading

    @property
    def level(self) -> str | None:
        """The level of the displayed result; none on another screen."""
        shown = self.page.locator(".level")
        return shown.get_attribute("data-level") if shown.count() else None

    def button(self, name: str) -> Locator:
        """The button whose name has this prefix."""
        return self.page.get_by_role("button", name=name)

    @property
    def submit(self) -> Locator:
        """The button for the next screen."""
        return self.page.locator("main form.card button[type=submit]").first

    def press(self, button: Locator) -> None:
        """Press a button and wait for the next screen."""
        button.click()
        self.settle()

    def tick(self, findings: Iterable[str]) -> None:
        """Tick the findings on this screen."""
        for id_ in findings:
            box = self.page.locator(f"input[type=checkbox][name={id_}]")
            if box.count():
                box.check()

    def converse(self, findings: Iterable[str]) -> list[str]:
        """Answer every screen up to a result, and return the headings."""
        headings = []
        while self.level is None:
            headings.append(self.heading)
            assert len(headings) < 40, headings
            self.tick(findings)
            self.press(self.submit)
        return headings


def opener(browser: Browser, address: str) -> Iterator[Opened]:
    """Return a function that opens the page at this address.

    Each page has a context that ends with the test.
    """
    pages: list[TryPage] = []

    def open_(report: object = None, **options: Any) -> TryPage:
        pages.append(TryPage(browser, address, **options))
        return pages[-1].open(report)

    yield open_
    for page in pages:
        page.context.close()


def example(name: str) -> Any:
    """A named example of the contract, such as `low_shoes.request`."""
    return json.loads((EXAMPLES / f"{name}.json").read_bytes())
