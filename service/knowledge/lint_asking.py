"""Lint of the conditions that ask or imply a finding.

Their fields are `asked_when`, `implied_by`, `settled_by` and `covered_by`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from service.errors import Issue
from service.knowledge.conditions import limited, named, negated
from service.knowledge.expansion import expanded
from service.knowledge.places import Place

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge


def _followed(knowledge: Knowledge) -> Iterator[Issue]:
    """Check the conditions that open or imply a finding.

    Such a condition must stay true if more is reported.
    """
    for id_, finding in knowledge.findings.items():
        for field, given in (("asked_when", finding.asked_when), ("implied_by", finding.implied_by)):
            for condition in given:
                for name in (*negated(condition), *limited(condition)):
                    yield Place("findings", f"{id_}.{field}").issue(f"a not or only over '{name}'")
        if finding.kind != "boolean" and (finding.implied_by or finding.settled_by):
            yield Place("findings", id_).issue("only a yes/no finding is implied or settled by others")
        for name in finding.implied_unless:
            if not _is_boolean(knowledge, name):
                yield Place("findings", f"{id_}.implied_unless").issue(f"'{name}' is not a yes/no finding")
        if finding.implied_unless and not finding.implied_by:
            yield Place("findings", f"{id_}.implied_unless").issue("there is no implied_by")


def _settled(knowledge: Knowledge) -> Iterator[Issue]:
    """Check the conditions that settle a finding.

    A yes cannot settle another finding, because its no says nothing. A measurement can imply a finding, but never deny
    it.
    """
    for id_, finding in knowledge.findings.items():
        place = Place("findings", f"{id_}.settled_by")
        denied = set(negated(finding.settled_by)) if finding.settled_by is not None else set()
        for name in named(finding.settled_by) if finding.settled_by is not None else ():
            if _is_boolean(knowledge, name) and name not in denied:
                yield place.issue(f"'{name}' is a yes/no finding: use implied_by")
            if name in knowledge.policy.measurements:
                yield place.issue(f"'{name}' is a measurement, which never denies: use implied_by")


def _is_boolean(knowledge: Knowledge, name: str) -> bool:
    return name in knowledge.findings and knowledge.findings[name].kind == "boolean"


def _cycles(knowledge: Knowledge) -> Iterator[Issue]:
    opened = {
        id_: {name for condition in finding.asked_when for name in expanded(knowledge, condition)}
        for id_, finding in knowledge.findings.items()
    }
    implied = {
        id_: {name for condition in finding.implied_by for name in expanded(knowledge, condition)}
        for id_, finding in knowledge.findings.items()
    }
    for field, edges in (("asked_when", opened), ("implied_by", implied)):
        for id_ in edges:
            if id_ in _reached(edges, id_):
                yield Place("findings", f"{id_}.{field}").issue("rests on itself")


def _reached(edges: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(edges.get(name, ()))
    return seen


def parents(knowledge: Knowledge) -> dict[str, set[str]]:
    """Return the details of each parent finding.

    The details are the yes/no findings that imply the parent.
    """
    return {
        id_: details
        for id_, finding in knowledge.findings.items()
        if (details := {name for given in finding.implied_by for name in named(given) if _is_boolean(knowledge, name)})
    }


def _two_levels(knowledge: Knowledge) -> Iterator[Issue]:
    """Check that a detail has no details of its own.

    Below the complaints there are parents and their details only.
    """
    below = parents(knowledge)
    for id_, details in below.items():
        if id_ in knowledge.policy.complaints:
            continue
        for name in sorted(details & below.keys()):
            yield Place("findings", f"{id_}.implied_by").issue(f"'{name}' is a parent itself: two levels at most")


def _covered(knowledge: Knowledge) -> Iterator[Issue]:
    """Check that needed report-only findings name a covering item.

    A report-only finding is needed if an item follows from it.
    """
    items = {name for checklist in knowledge.checklists.values() for name in checklist.items}
    placed = items | set(knowledge.policy.measurements)
    needed = {
        name
        for finding in knowledge.findings.values()
        for condition in (*finding.implied_by, *((finding.settled_by,) if finding.settled_by is not None else ()))
        for name in named(condition)
    }
    for id_, finding in knowledge.findings.items():
        place = Place("findings", f"{id_}.covered_by")
        if id_ in placed:
            if finding.covered_by is not None:
                yield place.issue("belongs to a report-only finding")
        elif finding.covered_by is not None and finding.covered_by not in items:
            yield place.issue(f"'{finding.covered_by}' is not an item of a checklist")
        elif id_ in needed and finding.covered_by is None:
            yield place.issue("is missing: an item follows from this report-only finding")


CHECKS = (_followed, _settled, _cycles, _two_levels, _covered)
