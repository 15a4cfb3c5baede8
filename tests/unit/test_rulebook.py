"""The rulebook: all conditions as patterns, red flags last."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.engine.bitset import members
from service.engine.rulebook import Rulebook
from service.knowledge.knowledge import Knowledge
from service.model.scales import Level


@pytest.fixture
def rulebook(small_values: dict[str, Any]) -> Rulebook:
    """The small knowledge, compiled."""
    return Rulebook(msgspec.convert(small_values, Knowledge))


def test_red_flags_are_in_order_of_urgency(rulebook: Rulebook) -> None:
    """Red flags are in order of urgency, then of id."""
    assert list(rulebook.red_flags) == sorted(rulebook.red_flags)
    assert [flag.id for flag in rulebook.red_flags.values()] == ["heat", "clot", "swollen", "wobble", "young"]


def test_terms_by_level_are_those_of_red_flags_and_uncovered_signs(rulebook: Rulebook) -> None:
    """Each term that sets a level is listed with it, the most urgent first."""
    levels = [level for terms, level in rulebook.terms_by_level for _ in members(terms)]
    assert levels == [
        Level.EMERGENCY_AMBULANCE,
        *[Level.EMERGENCY] * 2,
        Level.CONSULTATION_24,
        *[Level.CONSULTATION] * 5,
    ]
    setting = rulebook.red_flag_terms | rulebook.matcher.terms_of[rulebook.uncovered_signs]
    assert setting.bit_count() == len(levels)


def test_the_highest_level_of_some_terms_is_never_below_the_least(rulebook: Rulebook) -> None:
    """Without terms the result is the least level, else the most urgent of the terms."""
    terms = {level: terms for terms, level in rulebook.terms_by_level}
    assert rulebook.highest(0, Level.CONSULTATION) is Level.CONSULTATION
    both = terms[Level.EMERGENCY] | terms[Level.CONSULTATION]
    assert rulebook.highest(both, Level.SELF_CARE) is Level.EMERGENCY
    assert rulebook.highest(both, Level.EMERGENCY_AMBULANCE) is Level.EMERGENCY_AMBULANCE


def test_every_pattern_belongs_to_one_entry(rulebook: Rulebook) -> None:
    """Each rule has its own number, and causes are in order of rank."""
    numbers = [
        *rulebook.withheld.values(),
        *rulebook.derivations,
        *rulebook.applies,
        *rulebook.excludes.values(),
        *rulebook.weights,
        *rulebook.red_flags,
        rulebook.uncovered_signs,
    ]
    assert numbers == list(range(len(rulebook.matcher.terms_of)))
    assert [cause.id for cause in rulebook.applies.values()] == ["heat_loss", "load"]
    assert [derivation.id for derivation in rulebook.derivations.values()] == ["sweaty"]
    assert list(rulebook.excludes) == ["heat_loss"]
    assert list(rulebook.withheld) == ["drink"]


def test_weights_belong_to_their_cause(rulebook: Rulebook) -> None:
    """Supports precede opposes, each with its index among both."""
    weights = [(weight.cause, weight.number, weight.points) for weight in rulebook.weights.values()]
    assert weights == [
        ("heat_loss", 0, 3),
        ("heat_loss", 1, 4),
        ("heat_loss", 2, -2),
        ("load", 0, 3),
        ("load", 1, 2),
        ("load", 2, -2),
    ]


def test_equal_conditions_of_applicability_share_a_pattern(small_values: dict[str, Any]) -> None:
    """Findings asked under the same condition share its pattern."""
    for name in ("hot_run", "salty"):
        small_values["findings"][name]["asked_when"] = ["ache"]
    small_values["findings"]["shoe"]["asked_when"] = ["sign_1"]
    rulebook = Rulebook(msgspec.convert(small_values, Knowledge))
    assert rulebook.asked_when["hot_run"] == rulebook.asked_when["salty"] != rulebook.asked_when["shoe"]
