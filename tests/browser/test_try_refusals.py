"""Errors on the page `/try`, with an explanation for the person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from service.access.keys import generate_key
from tests.browser.processes import running_service
from tests.browser.try_page import EXAMPLES, Opened, TryPage, example


def _problem(name: str, status: int, **headers: str) -> dict[str, Any]:
    """The contract's response to a request for an assessment."""
    return {
        "status": status,
        "body": (EXAMPLES / f"{name}.problem.json").read_bytes(),
        "headers": {"content-type": "application/problem+json", **headers},
    }


def _refuse(here: TryPage, **answer: Any) -> None:
    def fulfil(route: Route) -> None:
        route.fulfill(**answer)

    here.page.route("**/assess", fulfil)


@pytest.mark.parametrize("name", ["several_faults", "misspelt_name", "removed_name"])
def test_a_rejected_report_is_explained(opened: Opened, name: str) -> None:
    """Each fault is displayed with the pointer of its member, and a new conversation can begin."""
    here = opened(example(f"{name}.request"))
    assert here.heading == "The service rejected this report"
    problem = here.response
    assert problem["status"] == 422
    shown = [(pointer.inner_text(), says.inner_text()) for pointer, says in _faults(here)]
    assert shown == [(fault["pointer"], fault["detail"]) for fault in problem["errors"]]
    here.press(here.button("Start again").last)
    assert here.heading == "What do you feel?"


def _faults(here: TryPage) -> Iterator[tuple[Any, Any]]:
    yield from zip(here.page.locator("dl dt").all(), here.page.locator("dl dd").all(), strict=True)


def test_a_rejected_answer_can_be_mended(opened: Opened) -> None:
    """After a rejection, Back leads to the question, and the conversation continues with the corrected value."""
    here = opened()
    here.page.get_by_text("About the runner (optional)").click()
    here.page.get_by_label("Age in years").fill("-1")
    here.tick(["calf_cramp"])
    here.press(here.submit)
    assert here.heading == "The service rejected this report"
    expect(here.page.get_by_text("/runner/age_years", exact=True)).to_be_visible()
    here.press(here.button("Back to the questions"))
    assert here.page.locator("input[name=calf_cramp]").is_checked()
    here.page.get_by_label("Age in years").fill("41")
    here.press(here.submit)
    assert here.calls[-1].post_data_json["runner"] == {"age_years": 41}
    assert here.heading == "In or since the run:"


@pytest.mark.parametrize(
    ("name", "status", "headers", "title"),
    [
        ("unavailable", 503, {}, "The service is unavailable"),
        ("overloaded", 503, {"retry-after": "1"}, "The service is unavailable"),
        ("rate_limited", 429, {"retry-after": "42"}, "Too many requests"),
        ("internal_error", 500, {}, "The service could not answer"),
    ],
)
def test_a_service_that_cannot_answer_is_explained(
    opened: Opened, name: str, status: int, headers: dict[str, str], title: str
) -> None:
    """The problem is displayed, no answer is lost, and the same request can be repeated."""
    here = opened()
    _refuse(here, **_problem(name, status, **headers))
    here.tick(["calf_cramp"])
    here.press(here.submit)
    assert here.heading == title
    expect(here.page.locator(".problem")).to_contain_text(example(f"{name}.problem")["detail"])
    if seconds := headers.get("retry-after"):
        expect(here.page.locator(".problem")).to_contain_text(f"wait for {seconds} seconds")
    expect(here.page.locator("main")).to_contain_text("An emergency? Call 112 now.")
    here.page.unroute("**/assess")
    here.press(here.button("Try again"))
    assert here.calls[-1].post_data_json["findings"]["calf_cramp"] is True
    assert here.heading == "In or since the run:"


@pytest.mark.parametrize("is_first", [True, False], ids=["first request", "later request"])
def test_an_unreachable_service_is_explained(chromium: Browser, tmp_path: Path, *, is_first: bool) -> None:
    """Without a response, the page explains the error, keeps the answers and offers a retry."""
    with running_service(tmp_path) as address:
        here = TryPage(chromium, address)
        if is_first:
            here.page.route("**/assess", lambda route: route.abort())
        here.open()
        if not is_first:
            here.tick(["calf_cramp"])
    if not is_first:
        here.press(here.submit)
    assert here.heading == "The service cannot be reached"
    expect(here.button("Try again")).to_be_visible()
    expect(here.page.get_by_text("Your answers are kept on this page.")).to_be_visible()
    if not is_first:
        here.press(here.button("Back to the questions"))
        assert here.page.locator("input[name=calf_cramp]").is_checked()
    here.context.close()


def test_the_page_of_a_proxy_is_no_response(opened: Opened) -> None:
    """HTML from a proxy, with an error or with 200, counts as a service that could not answer."""
    here = opened()
    for status, title in ((502, "The service could not answer"), (200, "The service could not answer")):
        _refuse(here, status=status, body="<html>Bad gateway</html>", headers={"content-type": "text/html"})
        here.press(here.button("I can't tell") if here.button("I can't tell").count() else here.button("Try again"))
        assert here.heading == title


@pytest.mark.parametrize("fragment", ["{", "%E0%A4%A", "[]", "1", ""])
def test_a_link_that_cannot_be_read_leads_to_the_start(opened: Opened, fragment: str) -> None:
    """The page explains that the link has no report, and starts a conversation."""
    here = opened()
    here.page.goto("about:blank")
    here.page.goto(f"{here.address}/try#report={fragment}")
    here.settle()
    assert here.heading == "What do you feel?"
    expect(here.page.get_by_text("This link holds no report that can be read.")).to_be_visible()
    here.assert_clean()


def test_a_key_is_asked_for_and_kept_in_memory(chromium: Browser, tmp_path: Path) -> None:
    """If keys are required, the page asks for one, sends it, and does not store it."""
    key, hash_ = generate_key()
    keys = tmp_path / "keys.yaml"
    keys.write_text(f"partners:\n  demonstration:\n    keys: {{one: {{sha256: {hash_}}}}}\n")
    with running_service(tmp_path, TRIAGE_KEYS=str(keys)) as address:
        here = TryPage(chromium, address).open()
        assert here.heading == "The service asks for a key"
        here.page.get_by_label("Key of the partner").fill("wrong")
        here.press(here.button("Send with this key"))
        assert here.heading == "The service asks for a key"
        here.page.get_by_label("Key of the partner").fill(key)
        here.press(here.button("Send with this key"))
        assert here.heading == "What do you feel?"
        assert here.calls[-1].headers["authorization"] == f"Bearer {key}"
        stored = here.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, location.href]")
        assert stored == [0, 0, "", f"{address}/try"]
        assert key not in here.page.content()
        here.context.close()


def test_off_removes_the_page_and_its_files(tmp_path: Path) -> None:
    """With `TRIAGE_TRY=off` the page and each of its files get 404, and other routes work."""
    with running_service(tmp_path, TRIAGE_TRY="off") as address:
        for path in ("/try", "/try/", "/try/try.js", "/try/try.css"):
            answered = httpx.get(f"{address}{path}")
            assert (answered.status_code, json.loads(answered.content)["status"]) == (404, 404)
        assert httpx.get(f"{address}/docs").status_code == 200
        assert httpx.post(f"{address}/assess", json={}).status_code == 200
