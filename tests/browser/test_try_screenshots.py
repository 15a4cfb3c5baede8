"""The screenshots in the README; `make screenshots` writes them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.browser.try_page import STORIES, Opened


def test_the_screenshots_of_the_readme(opened: Opened, tmp_path: Path) -> None:
    """A group of questions on a phone and a result on a wide screen, each below 150 KB."""
    folder = Path(os.environ.get("TRIAGE_SCREENSHOTS", tmp_path))
    phone = opened(width=360, height=740, reduced_motion="reduce")
    phone.tick(["calf_cramp"])
    phone.press(phone.submit)
    while phone.heading != "Now, with any cramp gone:":
        phone.press(phone.submit)
    phone.page.screenshot(path=folder / "try-phone.png")
    wide = opened(width=1280, height=800, reduced_motion="reduce")
    wide.converse(STORIES["hills"][1])
    wide.page.screenshot(path=folder / "try-result.png")
    assert {file.name: file.stat().st_size < 150_000 for file in folder.glob("try-*.png")} == {
        "try-phone.png": True,
        "try-result.png": True,
    }
