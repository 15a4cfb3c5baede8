"""The rulebook: every condition of the knowledge as a pattern, red flags first, most urgent first."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.engine.rulebook import Rulebook
from service.knowledge.knowledge import Knowledge
from service.model.scales import Level


@pytest.fixture
def rulebook(small_values: dict[str, Any]) -> Rulebook:
    """The small knowledge, compiled."""
    return Rulebook(msgspec.convert(small_values, Knowledge))


def test_red_flags_lead_most_urgent_first(rulebook: Rulebook) -> None:
    """Pattern order is reading order; equals are ordered by id."""
    assert list(rulebook.red_flags) == [0, 1, 2, 3, 4]
    assert [flag.id for flag in rulebook.red_flags.values()] == ["heat", "clot", "swollen", "wobble", "young"]


def test_flagging_terms_are_all_terms_of_red_flags(rulebook: Rulebook) -> None:
    """One for each alternative, in the order of their red flags."""
    flags = [flag.id for _, flag in rulebook.flagging_terms()]
    assert flags == ["heat", "clot", "clot", "swollen", "wobble", "wobble", "young"]
    assert [rulebook.index.places[term] for term, _ in rulebook.flagging_terms()] == list(range(7))


def test_raising_terms_are_those_of_red_flags_and_then_of_uncovered_signs(rulebook: Rulebook) -> None:
    """Whatever sets a level is asked about, with the level that it sets."""
    levels = [level for _, level in rulebook.raising_terms()]
    assert levels == [*(flag.level for _, flag in rulebook.flagging_terms()), Level.CONSULTATION]
    assert [rulebook.index.places[term] for term, _ in rulebook.raising_terms()] == list(range(8))
    assert rulebook.raising.bit_count() == len(levels)


def test_every_pattern_says_what_it_stands_for(rulebook: Rulebook) -> None:
    """Each rule has a number of its own, and causes stand in the order of their rank."""
    numbers = [
        *rulebook.red_flags,
        rulebook.uncovered_signs,
        *rulebook.screen.values(),
        *rulebook.derivations,
        *rulebook.applies,
        *rulebook.excludes.values(),
        *rulebook.weights,
        *rulebook.withheld.values(),
    ]
    assert numbers == list(range(len(rulebook.index.terms_of)))
    assert [cause.id for cause in rulebook.applies.values()] == ["heat_loss", "load"]
    assert [derivation.id for derivation in rulebook.derivations.values()] == ["sweaty"]
    assert list(rulebook.excludes) == ["heat_loss"]
    assert list(rulebook.withheld) == ["drink"]


def test_weights_stand_with_their_cause(rulebook: Rulebook) -> None:
    """Supports first, then opposes."""
    points = {
        cause: [rulebook.weights[number].weight.points for number in numbers]
        for cause, numbers in rulebook.weights_of.items()
    }
    assert points == {"heat_loss": [3, 4, -2], "load": [3, 2, -2]}
    assert {weighing.cause for weighing in rulebook.weights.values()} == {"heat_loss", "load"}


def test_members_of_a_question_are_atoms(rulebook: Rulebook) -> None:
    """What a yes may stand for, one term for each."""
    assert [atom.finding for (atom,) in rulebook.members_of("question_13")] == ["sign_13", "age_years"]


def test_a_finding_is_answered_in_its_place(rulebook: Rulebook) -> None:
    """Pointers and paths name the part of the request; a derived finding has no place."""
    assert rulebook.pointer("km") == "/training/km"
    assert rulebook.path("age_years") == "runner.age_years"
    assert rulebook.path("jump") == "jump"
