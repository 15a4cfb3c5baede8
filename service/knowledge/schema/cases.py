"""Types of the test cases of rules and causes."""

from __future__ import annotations

from typing import Literal

from service.knowledge.schema.entry import Entry
from service.knowledge.schema.scalars import Id, Sentence, Value


class CaseRequest(Entry, frozen=True, kw_only=True):
    """The parts of a request, as a case writes them.

    Findings are checked against the vocabulary. `rest: denied` stands for a runner who answers no to every checklist
    item that the case does not mention.
    """

    findings: dict[Id, Value] = {}
    training: dict[Id, Value] = {}
    runner: dict[Id, Value] = {}
    not_known: tuple[Id, ...] = ()
    rest: Literal["unknown", "denied"] = "unknown"


class Case(CaseRequest, frozen=True, kw_only=True):
    """A test case of a rule.

    It has a sentence about one runner, the report, and whether the rule fires.
    """

    name: Sentence
    fires: bool


class CauseCase(CaseRequest, frozen=True, kw_only=True):
    """A test case of a cause.

    It has a sentence about one runner, and the place of the cause in the answer.
    """

    name: Sentence
    expect: Literal["leads", "listed", "not_listed"]
