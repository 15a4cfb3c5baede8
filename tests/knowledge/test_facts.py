"""The source article's facts, with their speakers and numbers."""

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
from service.knowledge.loader import SHIPPED, load
from service.knowledge.places import statements
from service.knowledge.schema.statements import Statement
from service.review import vignettes

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
    """A statement with the fact's speaker and the article as a source carries each fact."""
    carrying = _carrying(shipped, fact["id"])
    assert fact["speaker"] in {statement.by for statement in carrying}
    assert any("article" in statement.sources for statement in carrying)


@pytest.mark.parametrize("fact", [fact for fact in _facts() if fact["numbers"]], ids=lambda fact: fact["id"])
def test_a_fact_s_number_is_in_the_knowledge(shipped: Knowledge, fact: dict[str, str]) -> None:
    """A number of the article is in a statement of that fact, as digits or as a word."""
    words = {"2": "two|twice|both", "3": "three", "4": "four", "6": "six", "7": "seven", "8": "eight"}
    texts = " ".join(statement.text for statement in _carrying(shipped, fact["id"]))
    for number in fact["numbers"].split(";"):
        pattern = rf"\b({number}|{words.get(number, number)})\b"
        assert re.search(pattern, texts, re.IGNORECASE), (number, texts)


@pytest.mark.parametrize("fact", _facts(), ids=lambda fact: fact["id"])
def test_a_fact_is_served_with_its_speaker_and_numbers(shipped: Knowledge, fact: dict[str, str]) -> None:
    """`GET /knowledge/facts/A01` has the text, the speaker, and the article as its source."""
    entry = msgspec.json.decode(catalogue(shipped).entries["facts", fact["id"]])["entry"]
    assert (entry["by"], entry["sources"]) == (fact["speaker"], ["article"])
    for number in filter(None, fact["numbers"].split(";")):
        assert re.search(rf"\b{number}\b", entry["text"]), (number, entry["text"])


def test_a_fact_has_other_words_than_the_statements(shipped: Knowledge) -> None:
    """The reference has its own words, against which an editor can check the statements."""
    stated = {statement.text for _, statement in statements(shipped)}
    assert [id_ for id_, fact in shipped.facts.items() if fact.text in stated] == []


def test_each_row_of_the_clinical_reference_is_served(shipped: Knowledge) -> None:
    """RF01 to RF35, C13 and D1 to D11 each have known sources and no speaker."""
    rows = {id_: fact for id_, fact in shipped.facts.items() if not id_.startswith("A")}
    expected = [*(f"RF{number:02}" for number in range(1, 36)), "C13", *(f"D{number}" for number in range(1, 12))]
    assert sorted(rows) == sorted(expected)
    for fact in rows.values():
        assert fact.by is None
        assert set(fact.sources) <= shipped.sources.keys()


def test_the_reference_has_no_row_that_nothing_points_to(shipped: Knowledge) -> None:
    """A row is the reference of a red flag or the subject of a vignette."""
    used = {flag.reference for flag in shipped.red_flags.values()}
    used |= {rule for vignette in vignettes.read(SHIPPED, shipped) for rule in vignette.rules}
    assert {id_ for id_ in shipped.facts if not id_.startswith("A")} == used


def test_every_speaker_of_a_fact_is_known(shipped: Knowledge) -> None:
    """The knowledge has the name and role of each speaker."""
    assert {fact.by for fact in shipped.facts.values() if fact.by} == shipped.speakers.keys()


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
    """Each fact is in the explained response to a case or vignette."""
    assert fact["id"] in _shown()
