"""Lint of the checklists.

It covers their size and order, the placement of each finding, parents, and signs that are never closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.errors import Issue
from service.knowledge.conditions import named
from service.knowledge.expansion import expanded, raising_findings
from service.knowledge.lint_asking import parents
from service.knowledge.places import Place
from service.knowledge.schema.conditions import Clause
from service.model.interview import GroupKind, Purpose
from service.model.scales import Level, most_urgent

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge
    from service.knowledge.schema.checklists import Checklist
    from service.knowledge.schema.conditions import Condition

_FIRST_GROUPS_AT_MOST = 13
_ITEMS_AT_MOST = 8
_WORDS_AT_MOST = 12


def _at(checklist: Checklist, path: str = "") -> Place:
    return Place(f"checklists/{checklist.id}.yaml", path)


def _sizes(knowledge: Knowledge) -> Iterator[Issue]:
    first = [one for one in knowledge.checklists.values() if one.stage == "first" and one.purpose is Purpose.SAFETY]
    if len(first) > _FIRST_GROUPS_AT_MOST:
        yield Place("checklists").issue(f"more than {_FIRST_GROUPS_AT_MOST} safety groups of the first stage")
    orders = Counter(one.order for one in knowledge.checklists.values())
    for one in knowledge.checklists.values():
        if not 1 <= len(one.items) <= _ITEMS_AT_MOST:
            yield _at(one, "items").issue(f"must be 1 to {_ITEMS_AT_MOST}")
        if len(one.text.split()) > _WORDS_AT_MOST:
            yield _at(one, "text").issue(f"has more than {_WORDS_AT_MOST} words")
        if orders[one.order] > 1:
            yield _at(one, "order").issue("another checklist has this order")


def _items(knowledge: Knowledge) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for one in knowledge.checklists.values():
        for name in one.items:
            finding = knowledge.findings.get(name)
            if finding is None:
                yield _at(one, "items").issue(f"'{name}' is not a finding")
                continue
            if seen.setdefault(name, one.id) != one.id or one.items.count(name) > 1:
                yield _at(one, "items").issue(f"'{name}' is an item already")
            if one.kind is GroupKind.CHECKLIST and finding.kind != "boolean":
                yield _at(one, "items").issue(f"'{name}' is not a yes/no finding, which a checklist needs")
            if finding.kind == "series" or finding.place != "findings":
                yield _at(one, "items").issue(f"'{name}' cannot be answered under findings")
            if name in knowledge.policy.measurements:
                yield _at(one, "items").issue(f"'{name}' is a measurement")


def _stages(knowledge: Knowledge) -> Iterator[Issue]:
    first = {name for one in knowledge.checklists.values() if one.stage == "first" for name in one.items}
    below = parents(knowledge)
    for one in knowledge.checklists.values():
        for name in one.items if one.stage == "detail" else ():
            finding = knowledge.findings.get(name)
            if finding is None:
                continue
            if not finding.asked_when:
                yield _at(one, "items").issue(f"'{name}' is a detail without asked_when")
            opening = {opener for condition in finding.asked_when for opener in named(condition)}
            over = {parent for parent, details in below.items() if name in details and parent in first}
            if over and not over & opening:
                yield _at(one, "items").issue(f"'{name}' is not asked when its parent is present")
        separating = set(one.items) if one.stage == "separating" else set()
        for name in sorted(separating ^ one.separates.keys()):
            yield _at(one, "separates").issue(f"'{name}' must be there for each separating item, and only there")
        for name in sorted({cause for causes in one.separates.values() for cause in causes} - knowledge.causes.keys()):
            yield _at(one, "separates").issue(f"'{name}' is not a cause")


def _background(knowledge: Knowledge) -> Iterator[Issue]:
    background = {name for one in knowledge.checklists.values() if one.role == "background" for name in one.items}
    for id_, finding in knowledge.findings.items():
        if (id_ in background) != (finding.keeps is not None):
            yield Place("findings", f"{id_}.keeps").issue("belongs to background items, and only there")


def _placement(knowledge: Knowledge) -> Iterator[Issue]:
    """Check that each level-raising finding is a yes/no item.

    A number or a choice never keeps a conversation open, so each limit needs a yes/no item. Measurements are exempt.
    """
    items = {name for one in knowledge.checklists.values() for name in one.items}
    askable = {name for name in items if name in knowledge.findings and knowledge.findings[name].kind == "boolean"}
    for name in sorted(raising_findings(knowledge) - askable - set(knowledge.policy.measurements)):
        yield Place("findings", name).issue("can raise the level and is neither a yes/no item nor a measurement")


def _never_closed(knowledge: Knowledge) -> Iterator[Issue]:
    first = {name for one in knowledge.checklists.values() if one.stage == "first" for name in one.items}
    for name in knowledge.policy.never_closed:
        place = Place("policy.yaml", "never_closed")
        if name not in first or name not in knowledge.findings:
            yield place.issue(f"'{name}' is not an item of the first stage")
        elif knowledge.findings[name].asked_when or knowledge.findings[name].asked_of:
            yield place.issue(f"'{name}' has asked_when or asked_of, which can close it")


def _parents(knowledge: Knowledge) -> Iterator[Issue]:
    """Check that a parent alone sets at most consultation.

    It may set more if each of its details sets more by itself.
    """
    items = {name for one in knowledge.checklists.values() for name in one.items}
    for id_, details in parents(knowledge).items():
        if level_alone(knowledge, id_).rank <= Level.CONSULTATION.rank:
            continue
        for name in sorted(details & items):
            if level_alone(knowledge, name).rank <= Level.CONSULTATION.rank:
                yield Place("findings", id_).issue(f"sets more than consultation, and its detail '{name}' does not")


def level_alone(knowledge: Knowledge, name: str) -> Level:
    """Return the level for a report of the finding `name` alone.

    `name` is a yes/no finding that is present.
    """
    fired = [rule.level for rule in knowledge.red_flags.values() if _holds(knowledge, rule.when, name)]
    if name in knowledge.policy.uncovered_signs:
        fired.append(knowledge.policy.uncovered_sign_level)
    return most_urgent(fired)


def _holds(knowledge: Knowledge, condition: Condition, name: str) -> bool:
    if isinstance(condition, str):
        when = knowledge.derivations[condition].when if condition in knowledge.derivations else None
        if when is None:
            return condition == name
        # A derivation that depends on itself has its own issue, and following it would never end.
        return condition not in expanded(knowledge, when) and _holds(knowledge, when, name)
    return _clause_holds(knowledge, condition, name)


def _clause_holds(knowledge: Knowledge, clause: Clause, name: str) -> bool:
    if clause.all_ is not None:
        return all(_holds(knowledge, part, name) for part in clause.all_)
    if clause.any_ is not None:
        return any(_holds(knowledge, part, name) for part in clause.any_)
    if clause.of is not None:
        return sum(_holds(knowledge, part, name) for part in clause.of) >= (clause.at_least_of or 0)
    return False


CHECKS = (_sizes, _items, _stages, _background, _placement, _never_closed, _parents)
