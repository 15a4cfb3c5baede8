"""The source article's facts are all found again, with their speakers and numbers."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import msgspec
import pytest

from service.engine import Engine
from service.knowledge.catalogue import catalogue
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from service.knowledge.places import statements
from service.knowledge.schema import Statement

from .proof.record import corpus

_TABLE = Path(__file__).with_name("article_facts.csv")


def _facts() -> list[dict[str, str]]:
    with _TABLE.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _carrying(knowledge: Knowledge, fact: str) -> list[Statement]:
    return [statement for _, statement in statements(knowledge) if fact in statement.facts]


def test_the_table_names_each_of_the_article_s_facts_once() -> None:
    """The ids run from A01 to A79 without a gap or a repeat."""
    assert [f"A{number:02}" for number in range(1, 80)] == [fact["id"] for fact in _facts()]


@pytest.mark.parametrize("fact", _facts(), ids=lambda fact: fact["id"])
def test_a_fact_is_carried_by_a_statement_of_its_speaker(shipped: Knowledge, fact: dict[str, str]) -> None:
    """Each fact stands in some statement that names who said it and the article as a source."""
    carrying = _carrying(shipped, fact["id"])
    assert fact["speaker"] in {statement.by for statement in carrying}
    assert any("article" in statement.sources for statement in carrying)


@pytest.mark.parametrize("fact", [fact for fact in _facts() if fact["numbers"]], ids=lambda fact: fact["id"])
def test_a_fact_s_number_is_in_the_knowledge(shipped: Knowledge, fact: dict[str, str]) -> None:
    """A number that the article gives stands in a statement of that fact, in digits or in a word."""
    words = {"2": "two|twice|both", "3": "three", "4": "four", "6": "six", "7": "seven", "8": "eight"}
    texts = " ".join(statement.text for statement in _carrying(shipped, fact["id"]))
    for number in fact["numbers"].split(";"):
        pattern = rf"\b({number}|{words.get(number, number)})\b"
        assert re.search(pattern, texts, re.IGNORECASE), (number, texts)


def test_the_facts_are_found_in_the_served_knowledge(shipped: Knowledge) -> None:
    """`GET /knowledge` holds every id from A01 to A79."""
    served = msgspec.json.decode(catalogue(shipped).whole)
    found = set(re.findall(r"\bA[0-9]{2}\b", msgspec.json.encode(served).decode()))
    assert {fact["id"] for fact in _facts()} <= found


@cache
def _shown() -> frozenset[str]:
    """The facts in the explained responses to the cases and vignettes."""
    knowledge = load()
    engine = Engine(knowledge)
    shown: set[str] = set()
    for request in corpus(knowledge):
        explanation = engine.explain(engine.decide(engine.read(request)))
        shown.update(fact for statement in explanation.statements for fact in statement.facts)
    return frozenset(shown)


@pytest.mark.parametrize("fact", _facts(), ids=lambda fact: fact["id"])
def test_a_fact_reaches_a_runner(fact: dict[str, str]) -> None:
    """Each fact stands in the explained response to some case or vignette."""
    assert fact["id"] in _shown()
