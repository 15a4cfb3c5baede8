"""The review state: a review counts while its entry is unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import SHIPPED
from service.knowledge.reviews import NOT_REVIEWED, counts, digest_of, entries, review_of, review_of_all, state_of


def _signed(values: dict[str, Any], kind: str, id_: str) -> None:
    entry = entries(msgspec.convert(values, Knowledge))[f"{kind}/{id_}"]
    values[kind][id_]["review"] = {
        "by": "A. Reader",
        "role": "general practitioner",
        "on": "2026-01-31",
        "digest": digest_of(entry),
    }


_PARTS = [
    ("red_flags", "clot", "advice"),
    ("levels", "self_care", "advice"),
    ("causes", "load", "name"),
    ("fixes", "drink", "title"),
    ("derivations", "jump", "title"),
    ("running", "pause", "statement"),
]


@pytest.mark.parametrize(("kind", "id_", "field"), _PARTS)
def test_a_changed_entry_loses_its_review(small_values: dict[str, Any], kind: str, id_: str, field: str) -> None:
    """An entry of each kind is reviewed once signed, and changed after an edit."""
    key = f"{kind}/{id_}"
    assert state_of(entries(msgspec.convert(small_values, Knowledge))[key]) == "not_reviewed"
    _signed(small_values, kind, id_)
    signed = entries(msgspec.convert(small_values, Knowledge))[key]
    assert (state_of(signed), review_of(signed)) == (
        "reviewed",
        "reviewed by A. Reader, general practitioner, on 2026-01-31",
    )
    small_values[kind][id_][field] = "Something else."
    changed = entries(msgspec.convert(small_values, Knowledge))[key]
    assert (state_of(changed), review_of(changed)) == ("changed", NOT_REVIEWED)


def test_a_signature_does_not_change_the_digest(small_values: dict[str, Any]) -> None:
    """The digest of an entry does not cover its review."""
    before = digest_of(msgspec.convert(small_values, Knowledge).red_flags["clot"])
    _signed(small_values, "red_flags", "clot")
    assert digest_of(msgspec.convert(small_values, Knowledge).red_flags["clot"]) == before


def test_the_states_are_counted(small_values: dict[str, Any]) -> None:
    """Each entry is in one state, and the counts add up to all entries."""
    _signed(small_values, "red_flags", "clot")
    _signed(small_values, "red_flags", "young")
    _signed(small_values, "fixes", "drink")
    small_values["fixes"]["drink"]["title"] = "Drink more"
    knowledge = msgspec.convert(small_values, Knowledge)
    every = len(entries(knowledge))
    assert counts(knowledge) == {"reviewed": 2, "changed": 1, "not_reviewed": every - 3}
    assert review_of_all(knowledge) == f"2 of {every} entries reviewed by a clinician"


def test_the_most_urgent_red_flags_come_first(small_values: dict[str, Any]) -> None:
    """Reviewers start with the entries whose mistakes cost most."""
    keys = list(entries(msgspec.convert(small_values, Knowledge)))
    flags = [key for key in keys if key.startswith("red_flags/")]
    assert keys[: len(flags)] == flags
    assert flags == [f"red_flags/{id_}" for id_ in ("heat", "clot", "swollen", "wobble", "young")]


def test_the_shipped_knowledge_is_not_reviewed(shipped: Knowledge) -> None:
    """No clinician has signed an entry, and the service states it."""
    assert review_of_all(shipped) == NOT_REVIEWED
    assert counts(shipped)["not_reviewed"] == len(entries(shipped))


def test_the_knowledge_has_owners() -> None:
    """`CODEOWNERS` lists the knowledge's folder, and CONTRIBUTING.md names the required team."""
    root = Path(__file__).parents[2]
    lines = (root / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = dict(line.split() for line in lines if line and not line.startswith("#"))
    assert {root / folder.strip("/") for folder in owned} == {SHIPPED, SHIPPED.with_name("reference")}
    contributing = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert all(f"`{team}`" in contributing for team in owned.values())
