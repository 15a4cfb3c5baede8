"""The base class of the knowledge types, and parts of several entries."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base class of the knowledge types.

    An entry is frozen, has named fields only, and refuses unknown ones.
    """


class Review(Entry, frozen=True, kw_only=True):
    """A clinician's signature of an entry.

    It holds the name, role, date and the digest of the entry without its review.
    """

    by: Annotated[str, Meta(min_length=2, max_length=120)]
    role: Annotated[str, Meta(min_length=2, max_length=120)]
    on: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    digest: Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]


class Codes(Entry, frozen=True, kw_only=True):
    """Terminology codes of a rule or a cause.

    `symptom` codes may be returned with a symptom. `concept` codes are kept as concept tags.
    """

    symptom: tuple[str, ...] = ()
    concept: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
