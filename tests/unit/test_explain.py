"""What `explain=full` adds: why the rest did not happen, and where every statement comes from."""

from __future__ import annotations

import json
from typing import Any

from service.engine import Engine
from service.model.explanation import Explanation


def _explained(engine: Engine, **request: Any) -> tuple[bytes, bytes, Explanation]:
    presentation = engine.read(json.dumps(request).encode())
    return engine.answer(presentation).body, engine.answer_explained(presentation).body, engine.explain(presentation)


def test_the_decision_s_bytes_stay_the_same(small_engine: Engine) -> None:
    """The explanation is one more member behind the bytes of the plain answer."""
    plain, explained, _ = _explained(small_engine, findings={"ache": True, "hot_run": True})
    assert explained.startswith(plain[:-1] + b',"explanation":{')
    without = json.loads(explained)
    del without["explanation"]
    assert without == json.loads(plain)


def test_an_unfired_rule_says_what_decided_it(small_engine: Engine) -> None:
    """What was reported and does not pass is named; with nothing left to wait for, the rule is settled."""
    _, _, explanation = _explained(small_engine, findings={"sign_1": False, "near_miss": True})
    rules = {rule.rule: (rule.decided_by, rule.waiting_for) for rule in explanation.unfired_rules}
    assert rules == {
        "clot": (("sign_1",), ()),
        "swollen": (("sign_1",), ()),
        "wobble": ((), ("hot_run", "salty")),
    }


def test_what_the_screen_rules_out_is_named(small_engine: Engine) -> None:
    """A no on the screen settles a number that was not sent, and the explanation says which."""
    screen = {"none_of_these": True}
    _, _, explanation = _explained(small_engine, findings={"ache": True}, safety_screen=screen)
    rules = {rule.rule: (rule.decided_by, rule.waiting_for) for rule in explanation.unfired_rules}
    assert rules["young"] == (("age_years",), ())
    assert rules["swollen"] == (("sign_1",), ())


def test_a_rule_that_nothing_touches_is_left_out(small_engine: Engine) -> None:
    """The explanation grows with what was reported, not with the knowledge."""
    _, _, explanation = _explained(small_engine, findings={"ache": True})
    assert explanation.unfired_rules == ()


def test_an_unlisted_cause_says_what_left_it_out(small_engine: Engine) -> None:
    """A cause that is excluded or outweighed names the findings that did it."""
    findings = {"ache": True, "shoe": True, "salty": False}
    _, _, explanation = _explained(small_engine, findings=findings)
    unlisted = {cause.cause: (cause.points, cause.left_out_by) for cause in explanation.unlisted_causes}
    assert unlisted == {"heat_loss": (0, ("shoe",)), "load": (-2, ("salty",))}


def test_every_statement_shown_has_its_source(engine: Engine) -> None:
    """Each text of the listed causes and fixes stands among the sourced statements, and each source is spelt out."""
    findings = {"calf_cramp": True, "cramp_on_hills": True, "foot_numbness": True, "back_pain": True}
    plain, _, explanation = _explained(engine, findings=findings)
    answer = json.loads(plain)
    texts = {statement.text for statement in explanation.statements}
    shown = [step for fix in answer["fixes"] for step in (*fix["steps"], *fix["caveats"])]
    shown += [text for cause in answer["causes"] for text in (*cause["caveats"], *cause["see_someone"])]
    shown += [part["statement"] for cause in answer["causes"] for part in (*cause["supporting"], *cause["opposing"])]
    shown += [flag["rationale"] for flag in answer["red_flags"]]
    assert shown
    assert set(shown) <= texts
    cited = {source for statement in explanation.statements for source in statement.sources}
    assert cited == {source.id for source in explanation.sources}
