"""Types of the evidence: sources, facts and speakers."""

from __future__ import annotations

from typing import Literal

from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Sentence


class Source(Entry, frozen=True, kw_only=True):
    """A source of statements.

    It names where a statement can be read. `status` is how far the source was read.
    """

    title: Sentence
    status: Literal["found", "found in part", "second-hand", "article"]
    url: str | None = None
    note: Sentence | None = None


class Fact(Entry, frozen=True, kw_only=True):
    """A fact of the source article or of the clinical reference.

    A fact of the article has its speaker. A fact of the reference is one of its rows.
    """

    text: Sentence
    by: Id | None = None
    sources: tuple[str, ...]


class Speaker(Entry, frozen=True, kw_only=True):
    """A person or an organization that the article quotes."""

    name: Sentence
    role: Sentence
