"""Conversations with a runner who answers only questions.

`make test` runs a part of the random reports and terms; `make conversations` runs all of them.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from statistics import median
from typing import Any, NamedTuple

import msgspec
import pytest

from service.contract import SHIPPED as CONTRACT
from service.engine.atoms import OneOf
from service.engine.terms import Term, terms_of
from service.knowledge.loader import SHIPPED
from service.knowledge.schema.cases import CaseRequest
from service.model.assessment import Assessment
from service.model.interview import StopReason
from service.model.scales import Level
from service.review import vignettes
from service.review.cases import body_of, present_in

from .reports import engine, groups, shipped, values
from .simulated_runner import Conversation, RepeatedQuestion, SimulatedRunner, decoded, respond, runner_of
from .three_valued import passing

_ALL = "EVERY_CONVERSATION" in os.environ
_RANDOM_TRUTHS = 1000 if _ALL else 150
_EACH_TERM = 1 if _ALL else 9

_HARMLESS = ("calf_cramp", "calf_pain", "foot_numbness", "foot_tingling")
_PLAIN = ("calf_cramp", "foot_numbness")

NOT_REACHED = frozenset({"worse_cough_sneeze_sit", "swallowing_difficulty", "prominent_new_veins"})
"""Signs that set a level if reported, and are asked only after another sign."""


NOT_ASKED = frozenset(
    (rule, "calf_cramp") for rule in ("calf_pain_with_clot_risks", "calf_pain_over_two_weeks", "calf_strain")
)
"""Rules with a term that no complaint alone opens, such as the course of another pain after a cramp."""


class Story(NamedTuple):
    """A case, its conversation, and the response to all its facts."""

    name: str
    conversation: Conversation
    at_once: Assessment


def _at_once(case: CaseRequest) -> Assessment:
    complete = msgspec.structs.replace(case, rest="denied")
    return decoded(respond(engine(), json.loads(body_of(complete, shipped()))))


def _story(name: str, case: CaseRequest) -> Story:
    runner = runner_of(case, shipped())
    return Story(name, runner.converse(engine(), runner.complaints[:1]), _at_once(case))


@cache
def _vignettes() -> tuple[Story, ...]:
    return tuple(_story(vignette.name, vignette) for vignette in vignettes.read(SHIPPED, shipped()))


@cache
def _examples() -> tuple[Story, ...]:
    """The contract's examples with a response, without contradictory ones."""
    stories = []
    for file in sorted((CONTRACT / "examples").glob("*.request.json")):
        if file.with_name(file.name.replace(".request.", ".response.")).exists():
            request = json.loads(file.read_text(encoding="utf-8"))
            if decoded(respond(engine(), request)).contradictions:
                continue
            case = CaseRequest(
                runner=_known(request.get("runner") or {}),
                findings=_known(request.get("findings") or {}),
                training=_known(request.get("training") or {}),
                not_known=tuple(request.get("not_known") or ()),
            )
            stories.append(_story(file.name, case))
    return tuple(stories)


def _known(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None and value != "unknown"}


def _stories() -> Iterator[Story]:
    return chain(_vignettes(), _examples())


def test_a_conversation_takes_at_most_four_calls_and_mostly_three() -> None:
    """Over all vignettes and examples, a conversation takes at most 4 calls, and 95 % take at most 3."""
    calls = {story.name: story.conversation.calls for story in _stories()}
    assert {name: count for name, count in calls.items() if count > 4} == {}
    assert sum(count <= 3 for count in calls.values()) >= 0.95 * len(calls)


@pytest.mark.parametrize("complaint", _HARMLESS)
def test_a_plain_harmless_complaint_takes_at_most_20_taps(complaint: str) -> None:
    """One complaint and a no to all other questions ends within 20 taps and 3 calls, at self-care."""
    conversation = SimulatedRunner(shipped(), {complaint: True}).converse(engine(), [complaint])
    assert conversation.end.triage.level is Level.SELF_CARE
    assert conversation.taps <= 20
    assert conversation.calls <= 3


def test_both_complaints_together_take_at_most_28_taps() -> None:
    """A cramp, a numb foot and a no to all other questions ends within 28 taps."""
    conversation = SimulatedRunner(shipped(), dict.fromkeys(_PLAIN, True)).converse(engine(), _PLAIN)
    assert conversation.taps <= 28


def test_self_care_vignettes_take_20_taps_in_the_median_and_30_at_most() -> None:
    """Self-care vignettes take at most 20 taps in the median, and never more than 30."""
    taps = {
        story.name: story.conversation.taps
        for story in _vignettes()
        if story.conversation.end.triage.level is Level.SELF_CARE
    }
    assert {name: count for name, count in taps.items() if count > 30} == {}
    assert median(taps.values()) <= 20


def test_answers_to_questions_reach_the_level_of_a_complete_report() -> None:
    """Each vignette and example ends at the level that it has if all facts are sent at once."""
    other = {
        story.name: (story.conversation.end.triage.level, story.at_once.triage.level)
        for story in _stories()
        if story.conversation.end.triage.level is not story.at_once.triage.level
    }
    assert other == {}


def _random_truth(source: random.Random) -> dict[str, Any]:
    """A complaint, findings of one or two conditions, and two others."""
    knowledge = shipped()
    names = [source.choice(knowledge.policy.complaints)]
    for group in source.sample(groups(), source.randint(1, 2)):
        names += source.sample(group, min(len(group), 4))
    names += source.sample(list(knowledge.findings), 2)
    return {name: source.choice(values(name)) for name in names} | {names[0]: True}


def _story_of(truth: Mapping[str, Any]) -> Story:
    parts: dict[str, dict[str, Any]] = {"runner": {}, "findings": {}, "training": {}}
    for name, value in truth.items():
        parts[shipped().findings[name].place][name] = value
    case = CaseRequest(runner=parts["runner"], findings=parts["findings"], training=parts["training"])
    return _story("random", case)


@pytest.mark.parametrize("seed", range(_RANDOM_TRUTHS))
def test_a_random_truth_reaches_the_level_of_a_complete_report(seed: int) -> None:
    """A random truth ends at the same level; a sign that no question reaches sets less than 24 hours."""
    truth = _random_truth(random.Random(seed))  # noqa: S311 (a reproducible draw, not a secret)
    story = _story_of(truth)
    if truth.keys() & NOT_REACHED and story.at_once.triage.level.rank < Level.CONSULTATION_24.rank:
        story = _story_of({name: value for name, value in truth.items() if name not in NOT_REACHED})
    reached, expected = story.conversation.end.triage.level, story.at_once.triage.level
    assert reached is expected, truth


def _raising_terms() -> list[tuple[str, Level, Term]]:
    """Each term of each rule that sets a level."""
    knowledge = shipped()
    terms = [
        (flag.id, flag.level, term) for flag in knowledge.red_flags.values() for term in terms_of(flag.when, knowledge)
    ]
    level = knowledge.policy.uncovered_sign_level
    return terms + [
        ("uncovered_sign", level, (OneOf(sign, frozenset({True})),)) for sign in knowledge.policy.uncovered_signs
    ]


_TERMS = _raising_terms()[::_EACH_TERM]


@pytest.mark.parametrize("complaint", _PLAIN)
@pytest.mark.parametrize(("rule", "level", "term"), _TERMS, ids=lambda part: part if isinstance(part, str) else "")
def test_each_term_is_reached_from_each_plain_complaint(rule: str, level: Level, term: Term, complaint: str) -> None:
    """A runner who starts with one complaint reaches the level of each term by a sign in it."""
    truth = {atom.finding: passing(atom) for atom in term}
    if truth.keys() <= NOT_REACHED or (rule, complaint) in NOT_ASKED:
        assert level.rank < Level.CONSULTATION_24.rank
        return
    end = SimulatedRunner(shipped(), {complaint: True} | truth).converse(engine(), [complaint]).end
    named = truth.keys() | present_in(truth, shipped())
    reasons = [reason for reason in end.triage.reasons if reason.rule == rule or named.intersection(reason.because)]
    reached = max((reason.level.rank for reason in reasons), default=-1)
    has_acted = end.interview.stop_reason is StopReason.ACT_NOW and end.triage.level.rank >= level.rank
    assert reached >= level.rank or has_acted, truth


class _RepeatingEngine:
    """An engine that repeats its first questions."""

    def read(self, body: bytes) -> bytes:
        return body

    def decide(self, report: bytes) -> bytes:
        return report

    def render(self, _: bytes) -> bytes:
        return respond(engine(), {"findings": {"calf_cramp": True}})


def test_the_simulated_runner_refuses_a_repeated_question() -> None:
    """The simulated runner detects an item that it has answered."""
    runner = SimulatedRunner(shipped(), {"calf_cramp": True})
    with pytest.raises(RepeatedQuestion):
        runner.converse(_RepeatingEngine(), ["calf_cramp"])  # type: ignore[arg-type]
