"""The knowledge as the documents of `GET /knowledge`, encoded once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import Reviewed, counts, review_of, review_of_all

PROOF = Path(__file__).with_name("proof.json")


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The last proof of the knowledge by a solver.

    `digest` is that of the knowledge it covers, and `properties` are those proved.
    """

    digest: str
    properties: tuple[str, ...]


class Catalogue(msgspec.Struct, frozen=True):
    """The documents of `GET /knowledge`, as JSON bytes.

    `whole` is one document, `kinds` holds one per kind, and `entries` one per entry, by kind and id.
    """

    whole: bytes
    kinds: dict[str, bytes]
    entries: dict[tuple[str, str], bytes]


def catalogue(knowledge: Knowledge) -> Catalogue:
    """Encode every document of `knowledge`.

    Each carries the version and digest of the knowledge.
    """
    about = {"version": knowledge.policy.version, "digest": knowledge.digest, "review": review_of_all(knowledge)}
    kinds: dict[str, dict[str, Any]] = {
        "findings": dict(knowledge.findings),
        "checklists": dict(knowledge.checklists),
        "causes": dict(knowledge.causes),
        "fixes": dict(knowledge.fixes),
        "red-flags": dict(knowledge.red_flags),
        "levels": {str(level): text for level, text in knowledge.levels.items()},
        "sources": dict(knowledge.sources),
        "facts": dict(knowledge.facts),
    }
    reviews = counts(knowledge)
    encode = msgspec.json.encode
    return Catalogue(
        whole=encode({**about, "reviews": reviews, "proof": _proof(knowledge), "content": knowledge}),
        kinds={kind: encode({**about, "kind": kind, "entries": entries}) for kind, entries in kinds.items()},
        entries={
            (kind, id_): encode({**about, "kind": kind, "id": id_, **_entry_review(entry), "entry": entry})
            for kind, entries in kinds.items()
            for id_, entry in entries.items()
        },
    )


def _entry_review(entry: object) -> dict[str, str]:
    """Return the review state of an entry that a clinician reviews.

    The signature in a changed entry does not count.
    """
    return {"entry_review": review_of(entry)} if isinstance(entry, Reviewed) else {}


def _proof(knowledge: Knowledge) -> dict[str, Any] | None:
    """Return the last proof, and whether it covers `knowledge`.

    Returns None if the service has no record of a proof.
    """
    if not PROOF.is_file():
        return None
    proof = msgspec.json.decode(PROOF.read_bytes(), type=Proof)
    return {"proved": proof.digest == knowledge.digest, "digest": proof.digest, "properties": proof.properties}
