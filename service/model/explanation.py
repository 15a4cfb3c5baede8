"""The explanation of a response as wire types.

It is exactly the part that `POST /assess?explain=full` adds to an assessment.
"""

from __future__ import annotations

from service.model.part import Part
from service.model.scales import Evidence, Level


class UnfiredRule(Part, frozen=True, kw_only=True):
    """A red flag that a reported finding touches without firing it.

    `decided_by` names the reported findings that rule out an alternative of it; `waiting_for` the unknown ones that
    could still make it fire. With nothing to wait for it cannot fire any more.
    """

    rule: str
    level: Level
    decided_by: tuple[str, ...]
    waiting_for: tuple[str, ...]


class UnlistedCause(Part, frozen=True, kw_only=True):
    """A cause that is not listed, with its points.

    It names the findings that left it out; there are none if nothing supports it.
    """

    cause: str
    points: int
    left_out_by: tuple[str, ...]


class SourcedStatement(Part, frozen=True, kw_only=True):
    """One statement of the response with its speaker, facts and sources.

    `about` is the id of the rule, cause or fix. `note` is the remark of an editor, which runners do not see.
    """

    about: str
    text: str
    evidence: Evidence
    by: str | None
    facts: tuple[str, ...]
    sources: tuple[str, ...]
    note: str | None


class ExplainedEntry(Part, frozen=True, kw_only=True):
    """A red flag, cause or fix, with its review state.

    `note` is the remark of an editor.
    """

    id: str
    review: str
    note: str | None


class CitedSource(Part, frozen=True, kw_only=True):
    """The place of a cited statement.

    `status` is the part of it that was read.
    """

    id: str
    title: str
    status: str
    url: str | None


class Explanation(Part, frozen=True, kw_only=True):
    """The rules that did not fire, the unlisted causes, and the sources."""

    unfired_rules: tuple[UnfiredRule, ...]
    unlisted_causes: tuple[UnlistedCause, ...]
    statements: tuple[SourcedStatement, ...]
    sources: tuple[CitedSource, ...]
    entries: tuple[ExplainedEntry, ...]
