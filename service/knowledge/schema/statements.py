"""Types of the statements that are shown or cited."""

from __future__ import annotations

from service.knowledge.schema.conditions import Condition
from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import FactId, Id, Sentence
from service.model.scales import Evidence


class Statement(Entry, frozen=True, kw_only=True):
    """A clinical statement with its speaker, sources and strength.

    `note` is for editors, not for runners.
    """

    text: Sentence
    evidence: Evidence
    facts: tuple[FactId, ...] = ()
    by: Id | None = None
    sources: tuple[str, ...] = ()
    note: Sentence | None = None


class SymptomText(Entry, frozen=True, kw_only=True):
    """An explanation of a symptom.

    It is shown under `about` while `when` holds. `finding` is the id that it is shown under.
    """

    finding: Id
    when: Condition
    statements: tuple[Statement, ...]


class Notice(Entry, frozen=True, kw_only=True):
    """A statement that every answer carries.

    `{number}` stands for the emergency number.
    """

    text: Sentence
