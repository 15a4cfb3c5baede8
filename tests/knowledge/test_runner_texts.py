"""A runner's texts: length, reading grade, and facts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from service.knowledge.loader import SHIPPED
from service.knowledge.places import statements
from service.knowledge.runner_texts import runner_texts
from service.model.scales import Level
from service.review import vignettes
from service.review.cases import body_of

from .proof.record import corpus
from .reading import grade
from .reports import engine, shipped

_WORDS_IN_THE_MEDIAN = 250
_WORDS_AT_MOST = 350
_GRADE_AT_MOST = 8
_SHORT_TEXT = 7


def _response(request: bytes) -> dict[str, Any]:
    one = engine()
    decoded: dict[str, Any] = json.loads(one.answer(one.read(request)).body)
    return decoded


def _texts(response: dict[str, Any]) -> Iterator[str]:
    """The texts of a response, without the questions."""
    triage, advice = response["triage"], response["training_advice"]
    yield from (triage["label"], triage["advice"])
    yield from (one["statement"] for one in triage["reasons"])
    yield from (one["label"] for one in triage["referrals"])
    yield from (one["text"] for one in (*response["about"], *response["notices"]))
    for cause in response["causes"]:
        yield from (cause["name"], cause["mechanism"], *cause["caveats"], *cause["see_someone"])
        yield from (one["statement"] for one in (*cause["supporting"], *cause["opposing"]))
    for fix in response["fixes"]:
        yield from (fix["title"], *fix["steps"], *fix["caveats"])
    yield from (one["label"] for one in (*response["withheld_fixes"], *advice["allowed_activities"]))
    yield from (advice["statement"], *advice["return_when"], advice["race"] or "")


@cache
def _self_care() -> dict[str, int]:
    """The words of each self-care response to a vignette, by its name."""
    responses = (
        (vignette.name, _response(body_of(vignette, shipped()))) for vignette in vignettes.read(SHIPPED, shipped())
    )
    return {
        name: sum(len(text.split()) for text in _texts(response))
        for name, response in responses
        if response["triage"]["level"] == Level.SELF_CARE
    }


def test_a_self_care_response_is_short() -> None:
    """Self-care responses have at most 250 words in the median, and never more than 350."""
    words = _self_care()
    assert {name: count for name, count in words.items() if count > _WORDS_AT_MOST} == {}
    assert median(words.values()) <= _WORDS_IN_THE_MEDIAN


def test_each_text_reads_at_grade_8() -> None:
    """A text of more than seven words reads at grade 8, except titles and rationales of red flags."""
    grades = {
        f"{place.file} {place.path}: {text}": round(grade(text), 1)
        for place, text in runner_texts(shipped())
        if len(text.split()) > _SHORT_TEXT
        and not (place.file.startswith("red_flags/") and place.path in ("title", "rationale"))
    }
    assert {text: found for text, found in grades.items() if found > _GRADE_AT_MOST} == {}


@cache
def _reached() -> frozenset[str]:
    """The facts whose statements a response to a case or vignette shows."""
    shown = "\n".join({text for request in corpus(shipped()) for text in _texts(_response(request))})
    return frozenset(
        fact for _, statement in statements(shipped()) for fact in statement.facts if statement.text in shown
    )


def _facts() -> list[str]:
    with Path(__file__).with_name("article_facts.csv").open(encoding="utf-8", newline="") as table:
        return [fact["id"] for fact in csv.DictReader(table)]


@pytest.mark.parametrize("fact", _facts())
def test_a_fact_reaches_a_response(fact: str) -> None:
    """Some response has each fact of the article."""
    assert fact in _reached()
