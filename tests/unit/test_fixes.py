"""Fixes: those of the listed causes, once each, without contraindicated ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.engine import Engine
from service.model.assessment import Assessment

Ask = Callable[..., Assessment]
EngineOf = Callable[[dict[str, Any]], Engine]
_HOT = {"ache": True, "hot_run": True}


def _fixes(assessment: Assessment) -> list[tuple[str, tuple[str, ...]]]:
    return [(fix.id, fix.addresses) for fix in assessment.fixes]


def test_fixes_follow_the_order_of_the_causes(ask: Ask) -> None:
    """Each fix is given once, with all its causes."""
    assessment = ask(findings=_HOT)
    assert _fixes(assessment) == [("drink", ("heat_loss",)), ("rest_it", ("heat_loss", "load"))]
    assert [cause.fixes for cause in assessment.causes] == [("drink", "rest_it"), ("rest_it",)]
    assert assessment.withheld_fixes == ()


def test_a_fix_has_the_texts_of_the_knowledge(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Steps, limits, caveats and review time are unchanged in the response."""
    small_values["fixes"]["rest_it"]["caveats"] = [{"text": "Not for long.", "evidence": "E3"}]
    (fix,) = ask(engine_of(small_values), findings={**_HOT, "shoe": True}).fixes
    assert (fix.title, fix.steps, fix.limits) == ("Rest it", ("Rest.",), {"days_min": 2})
    assert (fix.caveats, fix.review_after_days) == (("Not for long.",), 7)
    assert fix.see_if_not_better.id == "physical_therapist"
    assert (fix.evidence, fix.sources) == ("E3", ("book",))


def test_a_less_likely_cause_gives_no_fix(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """The fixes of a less likely cause are given only if no cause is more likely."""
    small_values["causes"]["load"]["supports"][1]["points"] = 1
    small_values["policy"]["act_on_likelihood"] = "possible"
    engine = engine_of(small_values)
    beside = ask(engine, findings=_HOT)
    assert [(cause.id, cause.fixes) for cause in beside.causes] == [("heat_loss", ("drink", "rest_it")), ("load", ())]
    alone = ask(engine, findings={**_HOT, "shoe": True})
    assert [(cause.id, cause.fixes) for cause in alone.causes] == [("load", ("rest_it",))]


def test_a_forbidden_fix_gives_way(ask: Ask) -> None:
    """The replacement is given once, and the withheld fix has its reason."""
    assessment = ask(findings={**_HOT, "odd_sign": True})
    assert _fixes(assessment) == [("rest_it", ("heat_loss", "load"))]
    assert assessment.causes[0].fixes == ("rest_it",)
    assert [(fix.id, fix.because) for fix in assessment.withheld_fixes] == [("drink", ("odd_sign",))]


def test_a_replacement_needs_no_cause_of_its_own(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """The replacement has the cause of the forbidden fix."""
    small_values["causes"]["heat_loss"]["fixes"] = ["drink"]
    small_values["causes"]["load"]["fixes"] = []
    assessment = ask(engine_of(small_values), findings={**_HOT, "odd_sign": True})
    assert _fixes(assessment) == [("rest_it", ("heat_loss",))]


def test_a_forbidden_fix_without_a_replacement_is_omitted(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A forbidden fix without a replacement is omitted."""
    del small_values["fixes"]["drink"]["instead"]
    small_values["causes"]["heat_loss"]["fixes"] = ["drink"]
    assessment = ask(engine_of(small_values), findings={**_HOT, "odd_sign": True})
    assert _fixes(assessment) == [("rest_it", ("load",))]
    assert assessment.causes[0].fixes == ()


def test_a_replacement_may_be_forbidden_too(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """Replacements are tried until one is allowed or none is left."""
    small_values["fixes"]["rest_it"]["withheld_when"] = "near_miss"
    assessment = ask(engine_of(small_values), findings={**_HOT, "odd_sign": True, "near_miss": True, "salty": False})
    assert _fixes(assessment) == []
    assert [fix.id for fix in assessment.withheld_fixes] == ["drink", "rest_it"]


def test_from_consultation_24_on_nothing_is_to_be_tried(ask: Ask) -> None:
    """From consultation_24 on there are no fixes, replacements or withheld fixes."""
    assessment = ask(findings={**_HOT, "odd_sign": True, "sign_1": True})
    assert (assessment.fixes, assessment.withheld_fixes) == ((), ())
    assert [cause.fixes for cause in assessment.causes] == [(), ()]


def test_a_fix_of_an_unlisted_cause_is_not_given(ask: Ask) -> None:
    """A fix without a listed cause is not given."""
    assert _fixes(ask(findings={**_HOT, "shoe": True})) == [("rest_it", ("load",))]


def test_a_fix_waits_for_its_contraindications(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """While a contraindication is unknown, it is asked and the replacement is given; a no releases the fix."""
    small_values["fixes"]["drink"]["ask_first"] = ["near_miss"]
    small_values["causes"]["heat_loss"]["fixes"] = ["drink"]
    engine = engine_of(small_values)
    waiting = ask(engine, findings={**_HOT, "salty": False})
    assert _fixes(waiting) == [("rest_it", ("heat_loss",))]
    assert waiting.withheld_fixes == ()
    asked = {item.id for group in waiting.interview.groups for item in group.items}
    assert "near_miss" in asked
    assert _fixes(ask(engine, findings={**_HOT, "salty": False, "near_miss": False})) == [("drink", ("heat_loss",))]
    unknown = ask(engine, findings={**_HOT, "salty": False}, not_known=["near_miss"])
    assert _fixes(unknown) == [("rest_it", ("heat_loss",))]


def test_first_steps_are_given_while_no_cause_gives_a_fix(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A complaint always has first steps, until a cause of the same region gives a fix."""
    steps = small_values["fixes"]["rest_it"] | {"id": "stop_first", "title": "Stop first"}
    small_values["fixes"]["stop_first"] = steps
    small_values["policy"]["first_steps"] = [{"when": "ache", "regions": ["calf"], "fix": "stop_first"}]
    engine = engine_of(small_values)
    assert _fixes(ask(engine, findings={"ache": True})) == [("stop_first", ())]
    assert _fixes(ask(engine, findings={"ache": False})) == []
    assert "stop_first" not in dict(_fixes(ask(engine, findings=_HOT)))


def test_only_the_first_fix_is_given_in_full(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """The other fixes have one short step and no caveats."""
    small_values["fixes"]["rest_it"] |= {"short": "Rest.", "caveats": [{"text": "Not for long.", "evidence": "E3"}]}
    small_values["fixes"]["rest_it"]["steps"] = [{"text": text, "evidence": "E4"} for text in ("Sit down.", "Wait.")]
    first, second = ask(engine_of(small_values), findings=_HOT).fixes
    assert (first.id, first.steps) == ("drink", ("Drink.",))
    assert (second.id, second.steps, second.caveats) == ("rest_it", ("Rest.",), ())


def test_a_fix_that_fits_the_report_best_comes_first(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """The order of fixes follows the report, not only the causes."""
    small_values["fixes"]["rest_it"]["leads_when"] = "near_miss"
    engine = engine_of(small_values)
    assert [fix.id for fix in ask(engine, findings=_HOT).fixes] == ["drink", "rest_it"]
    assert [fix.id for fix in ask(engine, findings={**_HOT, "near_miss": True}).fixes] == ["rest_it", "drink"]


def test_a_fix_that_was_tried_in_vain_is_not_given_again(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """A fix that has failed is not given again, and has no replacement."""
    small_values["fixes"]["drink"]["failed_when"] = "near_miss"
    assert [fix.id for fix in ask(engine_of(small_values), findings={**_HOT, "near_miss": True}).fixes] == ["rest_it"]


def test_no_more_fixes_are_given_than_the_policy_allows(
    small_values: dict[str, Any], engine_of: EngineOf, ask: Ask
) -> None:
    """The first fixes are kept."""
    small_values["policy"]["most_fixes"] = 1
    assert [fix.id for fix in ask(engine_of(small_values), findings=_HOT).fixes] == ["drink"]


def test_a_fix_can_be_added_by_a_condition(small_values: dict[str, Any], engine_of: EngineOf, ask: Ask) -> None:
    """A fix can be added by a condition, whatever the causes."""
    small_values["policy"]["added_fixes"] = [{"when": "near_miss", "fix": "drink"}]
    engine = engine_of(small_values)
    assert _fixes(ask(engine, findings={"ache": False, "near_miss": True})) == [("drink", ())]
    assert _fixes(ask(engine, findings={"ache": False})) == []
