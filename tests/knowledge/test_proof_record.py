"""The record of the proof matches the shipped knowledge."""

from __future__ import annotations

import msgspec

from service.knowledge.catalogue import PROOF, Proof, catalogue
from service.knowledge.knowledge import Knowledge

from .proof.record import record


def test_the_record_is_of_this_knowledge() -> None:
    """A change of the knowledge or of a property needs a new proof by `make prove`."""
    assert msgspec.json.decode(PROOF.read_bytes(), type=Proof) == record()


def test_the_proof_is_served(shipped: Knowledge) -> None:
    """`GET /knowledge` has the digest, the properties, and whether this knowledge is proved."""
    served = msgspec.json.decode(catalogue(shipped).whole)["proof"]
    assert served["proved"] is True
    assert served["digest"] == shipped.digest
    assert len(served["properties"]) == len(set(served["properties"])) >= 15
