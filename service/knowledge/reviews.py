"""Review states of the entries that a clinician reviews.

A review counts while the entry is the same as when it was signed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from service.knowledge.schema.causes import Cause
from service.knowledge.schema.derivations import Derivation
from service.knowledge.schema.fixes import Fix
from service.knowledge.schema.levels import LevelText
from service.knowledge.schema.red_flags import RedFlag
from service.knowledge.schema.running import RunningText

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge

Reviewed = RedFlag | Cause | Fix | Derivation | LevelText | RunningText
"""The entries that a clinician reviews."""

NOT_REVIEWED: Final = "not reviewed by a clinician"


class ReviewState(StrEnum):
    """The review state of an entry.

    A changed entry has lost its review.
    """

    REVIEWED = "reviewed"
    CHANGED = "changed"
    NOT_REVIEWED = "not_reviewed"


def digest_of(entry: Reviewed) -> str:
    """Return the digest that a clinician signs.

    It is `sha256:` and the hex digest of the entry without its review.
    """
    unsigned = msgspec.structs.replace(entry, review=None)
    return "sha256:" + hashlib.sha256(msgspec.json.encode(unsigned)).hexdigest()


def state_of(entry: Reviewed) -> ReviewState:
    """Return the review state of an entry."""
    if entry.review is None:
        return ReviewState.NOT_REVIEWED
    return ReviewState.REVIEWED if entry.review.digest == digest_of(entry) else ReviewState.CHANGED


def review_of(entry: Reviewed) -> str:
    """Return the review state of one entry as text."""
    if entry.review is None or state_of(entry) is not ReviewState.REVIEWED:
        return NOT_REVIEWED
    return f"reviewed by {entry.review.by}, {entry.review.role}, on {entry.review.on}"


def entries(knowledge: Knowledge) -> dict[str, Reviewed]:
    """Return all entries that a clinician reviews, by `kind/id`.

    The most urgent red flags come first.
    """
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


def counts(knowledge: Knowledge) -> dict[str, int]:
    """Return the number of entries in each review state."""
    found = Counter(map(state_of, entries(knowledge).values()))
    return {state.value: found[state] for state in ReviewState}


def review_of_all(knowledge: Knowledge) -> str:
    """Return the review state of the whole knowledge as text."""
    by_state = counts(knowledge)
    reviewed = by_state[ReviewState.REVIEWED]
    return f"{reviewed} of {sum(by_state.values())} entries reviewed by a clinician" if reviewed else NOT_REVIEWED
