"""The catalogue: the knowledge as JSON, complete, by kind and by entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.knowledge.catalogue import Catalogue, catalogue
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import NOT_REVIEWED, counts, digest_of
from service.knowledge.schema.red_flags import RedFlag

_ABOUT = {"version", "digest", "review"}


@pytest.fixture
def served(small_knowledge: Knowledge) -> Catalogue:
    """The documents of the small knowledge."""
    return catalogue(small_knowledge)


def test_every_document_names_its_knowledge(small_knowledge: Knowledge, served: Catalogue) -> None:
    """Version, digest and review state are the first members of each document."""
    for document in (served.whole, *served.kinds.values(), *served.entries.values()):
        content = msgspec.json.decode(document)
        assert content.keys() > _ABOUT
        assert (content["version"], content["digest"]) == ("1.2.3", small_knowledge.digest)


def test_the_whole_is_the_knowledge(small_knowledge: Knowledge, served: Catalogue) -> None:
    """The decoded document equals the knowledge."""
    content = msgspec.json.decode(served.whole)["content"]
    assert msgspec.convert(content, Knowledge).digest == small_knowledge.digest


def test_the_whole_counts_the_reviews(small_knowledge: Knowledge, served: Catalogue) -> None:
    """The document counts the entries by review state, including those without a review."""
    assert msgspec.json.decode(served.whole)["reviews"] == counts(small_knowledge)


def test_an_entry_has_its_review_state(small_values: dict[str, Any]) -> None:
    """A review counts until the entry changes; entries of kinds without reviews have no review state."""
    flag = small_values["red_flags"]["clot"]
    digest = digest_of(msgspec.convert(flag, RedFlag))
    flag["review"] = {"by": "A. Reader", "role": "general practitioner", "on": "2026-01-31", "digest": digest}

    def served(kind: str, id_: str) -> Any:
        return msgspec.json.decode(catalogue(msgspec.convert(small_values, Knowledge)).entries[kind, id_])

    signed = served("red-flags", "clot")["entry_review"]
    assert signed == "reviewed by A. Reader, general practitioner, on 2026-01-31"
    flag["advice"] = "Wait and see."
    assert served("red-flags", "clot")["entry_review"] == NOT_REVIEWED
    assert "entry_review" not in served("findings", "ache")


def test_the_notes_of_editors_are_served(small_values: dict[str, Any]) -> None:
    """The served statements include the editors' notes."""
    small_values["fixes"]["rest_it"]["steps"][0]["note"] = "Note on the step."
    documents = catalogue(msgspec.convert(small_values, Knowledge))
    for document in (documents.whole, documents.kinds["fixes"], documents.entries["fixes", "rest_it"]):
        assert b"Note on the step." in document


def test_kinds_hold_their_entries(served: Catalogue) -> None:
    """There are eight kinds, and each entry is found by kind and id."""
    kinds = ["findings", "checklists", "causes", "fixes", "red-flags", "levels", "sources", "facts"]
    assert list(served.kinds) == kinds
    for kind, document in served.kinds.items():
        content = msgspec.json.decode(document)
        assert content["kind"] == kind
        for id_, entry in content["entries"].items():
            alone = msgspec.json.decode(served.entries[kind, id_])
            assert (alone["kind"], alone["id"], alone["entry"]) == (kind, id_, entry)
    assert len(served.entries) == sum(len(msgspec.json.decode(kind)["entries"]) for kind in served.kinds.values())


def test_a_proof_of_other_knowledge_proves_nothing_here(small_knowledge: Knowledge, served: Catalogue) -> None:
    """A proof record with another digest is shown, with the note that this knowledge is not proved."""
    proof = msgspec.json.decode(served.whole)["proof"]
    assert proof["proved"] is False
    assert proof["digest"] != small_knowledge.digest


def test_without_a_record_there_is_no_proof(
    small_knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A custom knowledge may have no proof record."""
    monkeypatch.setattr("service.knowledge.catalogue.PROOF", tmp_path / "nothing.json")
    assert msgspec.json.decode(catalogue(small_knowledge).whole)["proof"] is None
