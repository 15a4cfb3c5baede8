"""Each question of a random report applies, and none is repeated."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.engine.decision import Decision
from service.engine.terms import terms_of
from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.findings import People

from .reports import engine, groups, is_true, shipped, values

_REPORTS = 2000 if "EVERY_CONVERSATION" in os.environ else 300


def _partial_report(source: random.Random) -> dict[str, Any]:
    """A request with findings of three conditions, some not known."""
    knowledge = shipped()
    names = [name for group in source.sample(groups(), 3) for name in group]
    names += source.sample(list(knowledge.findings), source.choice([2, 20, 60]))
    body: dict[str, Any] = {"runner": {}, "findings": {}, "training": {}, "not_known": []}
    for name in dict.fromkeys(names):
        finding = knowledge.findings[name]
        if finding.place == "findings" and source.random() < 0.1:
            body["not_known"].append(name)
        else:
            body[finding.place][name] = source.choice(values(name))
    return body


def _holds(condition: Condition, known: Mapping[str, Any]) -> bool:
    return any(is_true(term, known) for term in terms_of(condition, shipped()))


def _applies(people: People | None, known: Mapping[str, Any]) -> bool:
    """Whether a question for `people` can apply; unknown counts as yes."""
    if people is None:
        return True
    sex, age = known.get("sex_at_birth"), known.get("age_years")
    low = -1 if people.age_at_least is None else people.age_at_least
    high = 999 if people.age_at_most is None else people.age_at_most
    return (sex is None or not people.sex_at_birth or sex in people.sex_at_birth) and (
        age is None or low <= age <= high
    )


def _guards(decision: Decision) -> set[str]:
    """The contraindications of the listed causes' fixes, asked before the fix."""
    fixes = (shipped().fixes[fix] for cause in decision.causes for fix in shipped().causes[cause.id].fixes)
    return {guard for fix in fixes for guard in fix.ask_first}


@cache
def _unlimited() -> Engine:
    """The engine without a limit on cause questions per response."""
    policy = msgspec.structs.replace(shipped().policy, cause_questions_per_response=10_000)
    return Engine(msgspec.structs.replace(shipped(), policy=policy))


@pytest.mark.parametrize("seed", range(_REPORTS))
def test_each_question_applies_and_is_asked_once(seed: int) -> None:
    """Each question applies or guards a fix, is unanswered, and the remaining ones are counted correctly."""
    body = _partial_report(random.Random(seed))  # noqa: S311 (a reproducible draw, not a secret)
    decision = engine().decide(engine().read(msgspec.json.encode(body)))
    asked = [item.id for group in decision.interview.groups for item in group.items]
    assert len(asked) == len(set(asked))
    answered = {*body["runner"], *body["findings"], *body["training"], *body["not_known"]}
    assert [id_ for id_ in asked if id_ in answered] == []
    for id_ in asked:
        finding = shipped().findings[id_]
        conditions = finding.asked_when
        applies = not conditions or any(_holds(one, decision.known) for one in conditions)
        assert applies or id_ in _guards(decision), id_
        assert _applies(finding.asked_of, decision.known), id_
    everything = _unlimited().decide(_unlimited().read(msgspec.json.encode(body))).interview
    assert decision.interview.items_left == sum(len(group.items) for group in everything.groups)
    assert decision.interview.should_stop == (decision.interview.stop_reason is not None)
