"""`/try` by keyboard, on small screens, in both colour schemes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.try_page import EXAMPLES, STORIES, Opened, TryPage, example

_BY_LINK = {
    "self-care": "plain_cramp_final_call",
    "appointment": "plain_cramp_first_call",
    "within a day": "consultation_24_night_shocks",
    "emergency": "emergency_swollen_calf",
    "ambulance": "emergency_ambulance_stroke_signs",
    "withheld": "fix_withheld",
    "contradictions": "contradictory_answers",
    "ignored values": "telemetry_ignored",
    "several causes": "overtraining",
    "rejected": "several_faults",
}
"""Results and a refusal, by their example."""


_VIOLATIONS = {"resultTypes": ["violations"]}
_CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def _to_details(here: TryPage) -> None:
    here.tick(["foot_numbness"])
    while "Details" not in here.page.locator("main").inner_text():
        here.press(here.submit)
    while not here.page.locator("input[type=radio]").count():
        here.press(here.submit)


def _to_problem(name: str) -> Callable[[TryPage], None]:
    def step(here: TryPage) -> None:
        body = (EXAMPLES / f"{name}.problem.json").read_bytes()
        status = example(f"{name}.problem")["status"]
        here.page.route("**/assess", lambda route: route.fulfill(status=status, body=body))
        here.press(here.submit)

    return step


def _to_no_response(here: TryPage) -> None:
    here.page.route("**/assess", lambda route: route.abort())
    here.press(here.submit)


_BY_STEPS: Mapping[str, Callable[[TryPage], None]] = {
    "start": lambda here: expect(here.page.locator("#example")).to_be_visible(),
    "about the runner": lambda here: here.page.get_by_text("About the runner (optional)").click(),
    "complaint ticked": lambda here: here.tick(["calf_cramp"]),
    "group": lambda here: here.press(here.submit),
    "details": _to_details,
    "unavailable": _to_problem("unavailable"),
    "key": _to_problem("unauthorized"),
    "no response": _to_no_response,
}


@pytest.mark.parametrize("state", [*_BY_STEPS, *_BY_LINK])
def test_no_state_has_a_violation(opened: Opened, state: str) -> None:
    """Each state of the page passes axe-core at both widths and in both colour schemes, and fits the width."""
    here = opened(example(f"{_BY_LINK[state]}.request") if state in _BY_LINK else None, reduced_motion="reduce")
    if state in _BY_STEPS:
        _BY_STEPS[state](here)
    here.page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    for width in (1280, 360):
        here.page.set_viewport_size({"width": width, "height": 800})
        here.page.evaluate("document.getElementById('panel').open = true")
        # The schemes differ in colour alone.
        for scheme, options in (("light", _VIOLATIONS), ("dark", _CONTRAST)):
            here.page.emulate_media(color_scheme=scheme)
            found = Axe().run(here.page, options=options)
            assert found.violations_count == 0, f"{width} {scheme}: {found.generate_report()}"
        assert here.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_a_violation_would_be_found(opened: Opened) -> None:
    """A button without a name and pale text are reported."""
    here = opened()
    here.page.evaluate(
        "document.querySelector('h1').style.color = '#ccc';"
        "document.querySelector('main').append(document.createElement('button'))"
    )
    found = {violation["id"] for violation in Axe().run(here.page).response["violations"]}
    assert {"color-contrast", "button-name"} <= found


def _tab_to(here: TryPage, selector: str) -> None:
    """Press Tab until the element that matches has the focus."""
    for _ in range(60):
        here.page.keyboard.press("Tab")
        if here.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached by Tab")


@pytest.mark.parametrize("story", STORIES)
def test_a_conversation_by_keyboard_alone(opened: Opened, story: str) -> None:
    """Tab, Space and Enter lead from the complaint to the result, and each new screen starts at its heading."""
    level, findings = STORIES[story]
    here = opened()
    while here.level is None:
        for box in here.page.locator("form input[type=checkbox][name]").all():
            if (name := box.get_attribute("name")) in findings:
                _tab_to(here, f"[name={name}]")
                here.page.keyboard.press("Space")
        _tab_to(here, "form.card button[type=submit]")
        here.page.keyboard.press("Enter")
        here.settle()
        assert here.page.evaluate("document.activeElement.tagName") == "H1"
        assert here.page.evaluate("scrollY") == 0
    assert here.level == level
    here.page.keyboard.press("Shift+Tab")
    here.page.keyboard.press("Enter")
    expect(here.page.locator("form.card").first).to_be_visible()
    here.assert_clean()


def test_the_focus_can_be_seen(opened: Opened) -> None:
    """Every focused element has an outline, or the row around it has one."""
    here = opened()
    expect(here.page.locator("#example")).to_be_visible()
    outlined = """() => {
      const it = document.activeElement;
      const seen = (element) => element && getComputedStyle(element).outlineStyle !== "none";
      return seen(it) || seen(it.closest(".row"));
    }"""
    reached = 0
    while here.page.keyboard.press("Tab") or here.page.evaluate("document.activeElement !== document.body"):
        assert here.page.evaluate(outlined), here.page.evaluate("document.activeElement.outerHTML")
        reached += 1
        assert reached < 60
    assert reached > 15


def test_a_screen_is_announced(opened: Opened) -> None:
    """Each screen has its own title and one heading of the first level, and a message has a live region."""
    here = opened(permissions=["clipboard-read", "clipboard-write"])
    titles = {here.page.title()}
    for _ in range(3):
        here.press(here.submit)
        titles.add(here.page.title())
        assert here.page.locator("h1").count() == 1
    assert len(titles) == 4
    here.page.locator("#copy-curl").click()
    expect(here.page.get_by_role("status")).to_have_text("Copied.")


@pytest.mark.parametrize("name", ["plain_cramp_final_call", "emergency_swollen_calf"])
def test_colour_is_never_the_only_signal(opened: Opened, name: str) -> None:
    """A level has its label, its place among the levels and its own sign besides its colour."""
    here = opened(example(f"{name}.request"))
    banner = here.page.locator(".level")
    expect(banner.locator("h1")).to_have_text(here.response["triage"]["label"])
    levels = ["self_care", "consultation", "consultation_24", "emergency", "emergency_ambulance"]
    expect(banner).to_contain_text(f"Level {levels.index(here.level or '') + 1} of 5")
    drawn = here.page.evaluate("(ids) => ids.map((id) => document.getElementById(`icon-${id}`).innerHTML)", levels)
    assert len(set(drawn)) == len(levels)
    assert banner.locator("svg").first.evaluate("(it) => it.outerHTML") == drawn[levels.index(here.level or "")]


@pytest.mark.parametrize(("motion", "names"), [("reduce", {"none"}), ("no-preference", {"rise"})])
def test_motion_is_reduced_on_request(opened: Opened, motion: str, names: set[str]) -> None:
    """Nothing is animated if the system requests reduced motion."""
    here = opened(reduced_motion=motion)
    moving = "[...document.querySelectorAll('main > *')].map((it) => getComputedStyle(it).animationName)"
    assert set(here.page.evaluate(moving)) == names
    seconds = here.page.evaluate(
        "[...document.querySelectorAll('*')].map((it) => getComputedStyle(it).transitionDuration)"
    )
    assert (set(seconds) == {"0s"}) is (motion == "reduce")


def test_a_small_screen_shows_the_person_first(opened: Opened) -> None:
    """At 360 px the request and the response are below the questions, and initially closed."""
    here = opened(width=360, height=740)
    expect(here.page.locator("#request")).not_to_be_visible()
    asks, panel = here.page.locator("main").bounding_box(), here.page.locator("#panel").bounding_box()
    assert asks is not None
    assert panel is not None
    assert panel["y"] >= asks["y"] + asks["height"]
    here.page.get_by_text("Request and response", exact=True).click()
    expect(here.page.locator("#request")).to_be_visible()
