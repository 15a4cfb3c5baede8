"""Conversations on the page `/try`, in a real browser with no internet."""

from __future__ import annotations

import json
import shlex

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.try_page import STORIES, Opened, example


@pytest.mark.parametrize("story", STORIES)
def test_a_conversation_from_the_plain_complaint(opened: Opened, story: str) -> None:
    """The result shows the last response's level, leading cause and main fix, after at most four calls."""
    level, findings = STORIES[story]
    here = opened()
    here.converse(findings)
    response = here.response
    assert (here.level, here.heading) == (response["triage"]["level"], response["triage"]["label"])
    assert here.level == level
    assert len(here.calls) <= 4
    shown = here.page.locator("main").inner_text()
    parts = [response["triage"]["advice"], response["training_advice"]["statement"]]
    parts += [text for flag in response["red_flags"] for text in (flag["title"], flag["advice"])]
    parts += [it["statement"] for cause in response["causes"][:1] for it in (*cause["supporting"], *cause["opposing"])]
    parts += [text for fix in response["fixes"][:1] for text in (fix["title"], *fix["steps"])]
    parts += [notice["text"] for notice in response["notices"]]
    assert [part for part in parts if part not in shown] == []
    assert bool(response["red_flags"]) is (level == "emergency")
    assert bool(response["causes"]) is (level == "self_care")
    here.assert_clean()


def test_each_item_that_was_shown_is_answered(opened: Opened) -> None:
    """A displayed item without a tick is sent as false, and other items are not sent."""
    here = opened()
    here.tick(STORIES["hills"][1])
    shown = {box.get_attribute("name") for box in here.page.locator("form input[type=checkbox]").all()}
    here.press(here.submit)
    assert here.calls[0].post_data_json == {}
    assert here.calls[1].post_data_json == {"findings": {id_: id_ == "calf_cramp" for id_ in shown}}


def test_items_without_an_answer_are_not_known(opened: Opened) -> None:
    """Items that the person cannot answer go into `not_known`, and none of them is denied."""
    here = opened()
    here.tick(["foot_numbness"])
    here.press(here.submit)
    shown = {box.get_attribute("name") for box in here.page.locator("form input[type=checkbox]").all()}
    here.press(here.button("I can't tell"))
    here.press(here.button("See the result so far"))
    sent = here.calls[-1].post_data_json
    assert set(sent["not_known"]) == shown
    assert not shown & sent["findings"].keys()
    assert (here.level, here.heading) == (here.response["triage"]["level"], here.response["triage"]["label"])


def test_going_back_loses_no_answer(opened: Opened) -> None:
    """The page's and the browser's back button restore ticks and other answers."""
    here = opened()
    here.tick(["calf_cramp"])
    here.press(here.submit)
    here.press(here.submit)
    here.tick([])
    here.press(here.button("I can't tell"))
    here.tick(["headache", "balance_loss"])
    here.press(here.submit)
    here.press(here.button("Back"))
    for id_, is_ticked in (("headache", True), ("balance_loss", True), ("bloating_puffy", False)):
        assert here.page.locator(f"input[name={id_}]").is_checked() is is_ticked
    here.page.go_back()
    here.settle()
    expect(here.page.get_by_text("Your answer: I can't tell")).to_be_visible()
    here.page.go_back()
    here.settle()
    expect(here.page.get_by_text("Your answer: None of these")).to_be_visible()
    here.page.go_back()
    here.settle()
    assert here.page.locator("input[name=calf_cramp]").is_checked()
    assert len(here.calls) == 2
    here.assert_clean()


def test_an_answer_that_is_changed_later_counts(opened: Opened) -> None:
    """Details of a withdrawn complaint are not sent, and the result is that of the remaining answers."""
    here = opened()
    here.converse(STORIES["clot"][1])
    assert here.calls[-1].post_data_json["findings"]["calf_warm_red"] is True
    while here.heading != "Now, with any cramp gone:":
        here.page.go_back()
        here.settle()
    for id_ in ("leg_swollen", "skin_warm_or_red"):
        here.page.locator(f"input[name={id_}]").uncheck()
    here.converse({"calf_pain"})
    sent = here.calls[-1].post_data_json["findings"]
    assert (sent["leg_swollen"], sent["skin_warm_or_red"]) == (False, False)
    assert not {"swelling_one_leg", "calf_warm_red"} & sent.keys()
    assert here.level == here.response["triage"]["level"] != "emergency"


def test_an_urgent_answer_is_sent_at_once(opened: Opened) -> None:
    """A tick with `send_at_once` shows its advice without another click, and denies no other item."""
    here = opened()
    here.tick(["calf_cramp"])
    here.press(here.submit)
    with here.page.expect_response("**/assess"):
        here.page.locator("input[name=chest_pain]").click()
    expect(here.page.locator(".level")).to_be_visible()
    sent = here.calls[-1].post_data_json["findings"]
    assert sent["chest_pain"] is True
    assert "fainted" not in sent
    assert here.level == here.response["triage"]["level"] == "emergency_ambulance"
    here.press(here.button("Back"))
    assert here.page.locator("input[name=chest_pain]").is_checked()


def test_a_double_click_answers_one_group(opened: Opened) -> None:
    """The second half of a double click does not deny the signs of the next group."""
    here = opened()
    here.tick(["calf_cramp"])
    here.press(here.submit)
    shown = here.heading
    here.page.evaluate(
        "for (let times = 0; times < 2; times += 1) document.querySelector('main form.card [type=submit]').click()"
    )
    here.settle()
    expect(here.submit).to_be_enabled()
    expect(here.page.get_by_text("Your answer")).to_have_count(0)
    assert here.heading != shown
    here.page.go_back()
    expect(here.page.locator("h1")).to_have_text(shown)


def test_an_urgent_tick_is_not_lost_behind_another_request(opened: Opened) -> None:
    """A tick during a request is sent as soon as that has its response."""
    here = opened()
    here.tick(["calf_cramp"])
    here.press(here.submit)
    here.page.evaluate(
        "[...document.querySelectorAll('.link')].at(-1).click();document.querySelector('[name=chest_pain]').click()"
    )
    expect(here.page.locator(".level[data-level=emergency_ambulance]")).to_be_visible()
    assert here.calls[-1].post_data_json["findings"]["chest_pain"] is True


@pytest.mark.parametrize("name", ["emergency_swollen_calf", "not_known_answers"])
def test_a_link_holds_a_report(opened_everywhere: Opened, name: str) -> None:
    """A report in the fragment is sent unchanged, and no part of it is in a URL to the service."""
    report = example(f"{name}.request")
    here = opened_everywhere(report)
    assert here.calls[0].post_data_json == report
    assert here.response == example(f"{name}.response")
    assert (here.level, here.heading) == (here.response["triage"]["level"], here.response["triage"]["label"])
    assert [request.url for request in here.requests if any(id_ in request.url for id_ in report["findings"])] == []
    here.assert_clean()


def test_a_copied_link_leads_to_the_same_result(opened_everywhere: Opened) -> None:
    """The link has the last request, and opening it sends the same request."""
    here = opened_everywhere(example("low_shoes.request"), permissions=["clipboard-read", "clipboard-write"])
    here.page.locator("#copy-link").click()
    expect(here.page.get_by_role("status")).to_have_text("Copied.")
    link = here.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{here.address}/try#report=")
    here.page.goto("about:blank")
    here.page.goto(link)
    here.settle()
    assert here.calls[-1].post_data_json == example("low_shoes.request")


def test_a_copied_command_gets_the_same_response(opened_everywhere: Opened) -> None:
    """The curl command has the service's address with its prefix, and the last request."""
    here = opened_everywhere(example("flat_feet.request"), permissions=["clipboard-read", "clipboard-write"])
    here.page.locator("#copy-curl").click()
    expect(here.page.get_by_role("status")).to_have_text("Copied.")
    command, _, url, *options = shlex.split(here.page.evaluate("navigator.clipboard.readText()"))
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert command == "curl"
    assert url == f"{here.address}/assess"
    name, value = given["-H"].split(": ")
    answered = httpx.post(url, content=given["-d"], headers={name: value})
    assert answered.json() == here.response == example("flat_feet.response")


def test_request_and_response_are_shown(opened: Opened) -> None:
    """The panel shows the JSON of the last request and of its response."""
    here = opened(example("dehydration_in_heat.request"))
    for id_, expected in (("#request", here.calls[-1].post_data_json), ("#response", here.response)):
        assert json.loads(here.page.locator(id_).text_content() or "") == expected


def test_an_example_is_a_starting_point(opened: Opened) -> None:
    """Each named example of the contract is available, and two clicks show its result."""
    here = opened()
    contract = httpx.get(f"{here.address}/openapi.json").json()
    named = contract["paths"]["/assess"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    expect(here.page.locator("#example")).to_be_visible()
    options = here.page.locator("#example option").all()
    assert [option.get_attribute("value") for option in options] == list(named)
    here.page.locator("#example").select_option("emergency_ambulance_stroke_signs")
    here.press(here.button("Show its result"))
    assert here.response == example("emergency_ambulance_stroke_signs.response")
    assert here.level == "emergency_ambulance"
    here.assert_clean()


def test_the_runner_chooses_the_emergency_number(opened: Opened) -> None:
    """The country is sent in `runner`, and the response's number can be called."""
    here = opened()
    here.page.get_by_text("About the runner (optional)").click()
    here.page.get_by_label("Age in years").fill("41")
    here.page.get_by_label("Sex at birth").select_option("female")
    here.page.get_by_label("Country").select_option("GB")
    here.tick(["calf_cramp"])
    here.press(here.submit)
    assert here.calls[-1].post_data_json["runner"] == {"age_years": 41, "sex_at_birth": "female", "country": "GB"}
    here.press(here.button("See the result so far"))
    (number,) = [notice["number"] for notice in here.response["notices"] if "number" in notice]
    expect(here.page.locator(f"a[href='tel:{number}']")).to_be_visible()
    assert number == "999"


def test_a_reading_can_be_added(opened: Opened) -> None:
    """A measurement in the response is sent as a finding and can raise the level."""
    here = opened(example("plain_cramp_final_call.request"))
    assert here.level == "self_care"
    here.page.get_by_text("Add a reading").click()
    here.page.get_by_label("Body temperature").fill("41")
    here.press(here.button("Send readings"))
    assert here.calls[-1].post_data_json["findings"]["body_temp_c"] == 41
    assert here.level == here.response["triage"]["level"] != "self_care"


@pytest.mark.parametrize("report", [None, {"findings": {"calf_cramp": True}}])
def test_it_is_an_unreviewed_demonstration(opened: Opened, report: object) -> None:
    """Every screen states that the page is a demonstration, with the review state of the response."""
    here = opened(report)
    review = here.response["knowledge"]["review"]
    assert review == "not reviewed by a clinician"
    expect(here.page.locator(".demonstration")).to_contain_text("Demonstration only")
    expect(here.page.locator(".demonstration")).to_contain_text(review)
