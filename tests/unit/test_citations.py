"""The sources of causes and fixes come from their statements."""

from __future__ import annotations

from typing import Any

import msgspec

from service.knowledge.citations import sources_of
from service.knowledge.schema.causes import Cause, Weight
from service.knowledge.schema.fixes import Fix


def _statement(*sources: str) -> dict[str, Any]:
    return {"text": "It is so.", "evidence": "E3", "sources": sources}


def _weight(points: int, *sources: str) -> dict[str, Any]:
    return {"when": "ache", "points": points, "statement": "It fits.", "evidence": "E3", "sources": sources}


def test_a_cause_has_the_sources_of_its_statements_in_order_of_first_mention(small_values: dict[str, Any]) -> None:
    """The order is mechanism, caveats, weights and referral, and each source is listed once."""
    parts = {
        "mechanism": [_statement("a", "b")],
        "caveats": [_statement("b", "c")],
        "supports": [_weight(2, "d", "a")],
        "opposes": [_weight(-1, "e")],
        "see_someone": [_statement("f")],
    }
    cause = msgspec.convert(small_values["causes"]["load"] | parts, Cause)
    assert sources_of(cause) == ("a", "b", "c", "d", "e", "f")


def test_a_fix_has_the_sources_of_its_steps_and_caveats(small_values: dict[str, Any]) -> None:
    """The sources of the steps come first."""
    parts = {"steps": [_statement("b"), _statement("a")], "caveats": [_statement("c", "a")]}
    fix = msgspec.convert(small_values["fixes"]["rest_it"] | parts, Fix)
    assert sources_of(fix) == ("b", "a", "c")


def test_an_entry_cannot_name_sources_beside_those_of_its_statements() -> None:
    """An entry has no list of sources of its own, because it could differ from the statements."""
    assert "sources" not in {*Cause.__struct_fields__, *Fix.__struct_fields__}
    assert "sources" in Weight.__struct_fields__
