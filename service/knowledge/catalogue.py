"""The knowledge as the documents of `GET /knowledge`, encoded once."""

from __future__ import annotations

from typing import Any

import msgspec

from service.knowledge.knowledge import Knowledge


class Catalogue(msgspec.Struct, frozen=True):
    """JSON bytes: `whole`, one document a kind, and one an entry by kind and id."""

    whole: bytes
    kinds: dict[str, bytes]
    entries: dict[tuple[str, str], bytes]


def catalogue(knowledge: Knowledge) -> Catalogue:
    """Every document of `knowledge`; each carries the version and digest that it comes from."""
    about = {"version": knowledge.policy.version, "digest": knowledge.digest, "review": knowledge.policy.review}
    kinds: dict[str, dict[str, Any]] = {
        "findings": dict(knowledge.findings),
        "causes": dict(knowledge.causes),
        "fixes": dict(knowledge.fixes),
        "red-flags": dict(knowledge.red_flags),
        "levels": {str(level): text for level, text in knowledge.levels.items()},
        "sources": dict(knowledge.sources),
    }
    encode = msgspec.json.encode
    return Catalogue(
        whole=encode({**about, "content": knowledge}),
        kinds={kind: encode({**about, "kind": kind, "entries": entries}) for kind, entries in kinds.items()},
        entries={
            (kind, id_): encode({**about, "kind": kind, "id": id_, "entry": entry})
            for kind, entries in kinds.items()
            for id_, entry in entries.items()
        },
    )
