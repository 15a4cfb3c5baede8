"""Tells which entries a clinician has reviewed: a review counts while the entry is as it was when it was signed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from service.knowledge.schema import Cause, Derivation, Fix, LevelText, RedFlag, RunningText

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge

Reviewed = RedFlag | Cause | Fix | Derivation | LevelText | RunningText
"""The entries that a clinician reviews."""

NOT_REVIEWED: Final = "not reviewed by a clinician"


def digest_of(entry: Reviewed) -> str:
    """`sha256:` and the hex digest of an entry without its review: what a clinician signs."""
    unsigned = msgspec.structs.replace(entry, review=None)
    return "sha256:" + hashlib.sha256(msgspec.json.encode(unsigned)).hexdigest()


def is_reviewed(entry: Reviewed) -> bool:
    """Whether the entry has a review and is unchanged since."""
    return entry.review is not None and entry.review.digest == digest_of(entry)


def review_of(entry: Reviewed) -> str:
    """The review state of one entry, in words for a reader."""
    if entry.review is None or not is_reviewed(entry):
        return NOT_REVIEWED
    return f"reviewed by {entry.review.by}, {entry.review.role}, on {entry.review.on}"


def entries(knowledge: Knowledge) -> dict[str, Reviewed]:
    """All entries that a clinician reviews, by `kind/id`, the most urgent red flags first."""
    flags = sorted(knowledge.red_flags.values(), key=lambda flag: (-flag.level.rank, flag.id))
    kinds: tuple[tuple[str, dict[str, Reviewed]], ...] = (
        ("red_flags", {flag.id: flag for flag in flags}),
        ("levels", {str(level): text for level, text in knowledge.levels.items()}),
        ("causes", {**knowledge.causes}),
        ("fixes", {**knowledge.fixes}),
        ("derivations", {**knowledge.derivations}),
        ("running", {str(running): text for running, text in knowledge.running.items()}),
    )
    return {f"{kind}/{id_}": entry for kind, listed in kinds for id_, entry in listed.items()}


def review_of_all(knowledge: Knowledge) -> str:
    """The review state of the whole knowledge, in words for a reader."""
    every = entries(knowledge).values()
    reviewed = sum(map(is_reviewed, every))
    return f"{reviewed} of {len(every)} entries reviewed by a clinician" if reviewed else NOT_REVIEWED
