"""Conditions in plain words, without the grammar's syntax."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Condition
from service.review.plain_words import in_words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("hot_run", "A hot run"),
        ("sweaty", "Hot or salty"),
        ({"not": "shoe"}, "not: Shoe presses"),
        ({"finding": "side", "is": "left"}, "Which side: Left"),
        ({"finding": "side", "is": ["left", "unknown"]}, "Which side: Left or Not sure"),
        ({"finding": "where", "includes": ["heel", "toes"]}, "Where: any of Heel, Toes"),
        ({"finding": "where", "only": ["heel"]}, "Where: only Heel"),
        ({"finding": "temp", "at_least": 40}, "Body temperature: at least 40 degree_celsius"),
        (
            {"finding": "temp", "more_than": 38, "less_than": 40},
            "Body temperature: more than 38 and less than 40 degree_celsius",
        ),
        ({"finding": "pain", "at_most": 0}, "How bad: at most 0 points"),
        ({"any": ["hot_run"]}, "A hot run"),
        (
            {"all": ["ache", {"any": ["hot_run", {"not": "salty"}]}]},
            "all of:\n  - Calf ache\n  - at least one of:\n      - A hot run\n      - not: Salty sweat",
        ),
        (
            {"at_least_of": 2, "of": ["sign_1", "sign_2", "sign_3"]},
            "at least 2 of:\n  - Sign 1\n  - Sign 2\n  - Sign 3",
        ),
    ],
    ids=str,
)
def test_a_condition_is_written_with_labels(small_knowledge: Knowledge, condition: Any, words: str) -> None:
    """Each form of the grammar has its words, and the parts of a group are indented."""
    assert in_words(msgspec.convert(condition, Condition), small_knowledge) == words


def test_each_condition_of_the_shipped_rules_has_words(engine: Engine) -> None:
    """The words contain labels instead of ids."""
    knowledge = engine.knowledge
    for flag in knowledge.red_flags.values():
        words = in_words(flag.when, knowledge)
        assert words
        assert not [id_ for id_ in knowledge.findings if "_" in id_ and id_ in words], flag.id
