"""The record of the proof is of the knowledge that ships."""

from __future__ import annotations

import msgspec

from service.knowledge.catalogue import PROOF, Proof, catalogue
from service.knowledge.knowledge import Knowledge

from .proof.record import record


def test_the_record_is_of_this_knowledge() -> None:
    """Whoever changes the knowledge or what is proved of it proves it again: `make prove`."""
    assert msgspec.json.decode(PROOF.read_bytes(), type=Proof) == record()


def test_the_proof_is_served(shipped: Knowledge) -> None:
    """`GET /knowledge` names the digest that was proved, what was proved, and that it is this one."""
    served = msgspec.json.decode(catalogue(shipped).whole)["proof"]
    assert served["proved"] is True
    assert served["digest"] == shipped.digest
    assert len(served["properties"]) == len(set(served["properties"])) >= 15
