"""Texts that a runner reads, with their file and path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.knowledge.places import Place, statements

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge

_OF_RED_FLAG = ("title", "advice", "rationale")
_OF_LEVEL = ("label", "advice", "advice_while_open")


def runner_texts(knowledge: Knowledge) -> Iterator[tuple[Place, str]]:
    """Yield every text that a runner reads, with its place.

    The exact question of a finding is left out, because it is for integrators.
    """
    yield from _of_statements(knowledge)
    yield from _of_rules(knowledge)
    yield from _of_questions(knowledge)
    yield from _of_advice(knowledge)
    yield from _of_policy(knowledge)


def _of_statements(knowledge: Knowledge) -> Iterator[tuple[Place, str]]:
    for place, statement in statements(knowledge):
        if place.file != "background.yaml":
            yield place, statement.text


def _of_rules(knowledge: Knowledge) -> Iterator[tuple[Place, str]]:
    for id_, red_flag in knowledge.red_flags.items():
        for field in _OF_RED_FLAG:
            yield Place(f"red_flags/{id_}.yaml", field), getattr(red_flag, field)
    for id_, cause in knowledge.causes.items():
        yield Place(f"causes/{id_}.yaml", "name"), cause.name
        for field, weights in (("supports", cause.supports), ("opposes", cause.opposes)):
            for number, weight in enumerate(weights):
                yield Place(f"causes/{id_}.yaml", f"{field}[{number}].statement"), weight.statement
    for id_, fix in knowledge.fixes.items():
        yield Place(f"fixes/{id_}.yaml", "title"), fix.title
        if fix.short is not None:
            yield Place(f"fixes/{id_}.yaml", "short"), fix.short


def _of_questions(knowledge: Knowledge) -> Iterator[tuple[Place, str]]:
    for id_, finding in knowledge.findings.items():
        if finding.label is not None:
            yield Place("findings", f"{id_}.label"), finding.label
        for value, label in finding.labels.items():
            yield Place("findings", f"{id_}.labels.{value}"), label
    for id_, checklist in knowledge.checklists.items():
        yield Place(f"checklists/{id_}.yaml", "text"), checklist.text


def _of_advice(knowledge: Knowledge) -> Iterator[tuple[Place, str]]:
    for level, meaning in knowledge.levels.items():
        for field in _OF_LEVEL:
            if (text := getattr(meaning, field)) is not None:
                yield Place("levels.yaml", f"{level}.{field}"), text
    for running, advice in knowledge.running.items():
        yield Place("running.yaml", f"{running}.statement"), advice.statement
        for number, goal in enumerate(advice.return_when):
            yield Place("running.yaml", f"{running}.return_when[{number}]"), goal.text
        for number, answer in enumerate(advice.race):
            yield Place("running.yaml", f"{running}.race[{number}]"), answer.text


def _of_policy(knowledge: Knowledge) -> Iterator[tuple[Place, str]]:
    policy = knowledge.policy
    for field in policy.__struct_fields__:
        if field.endswith(("_statement", "_text")):
            yield Place("policy.yaml", field), getattr(policy, field)
    for field in ("referral_labels", "activity_labels"):
        for id_, label in getattr(policy, field).items():
            yield Place("policy.yaml", f"{field}.{id_}"), label
    for id_, notice in knowledge.notices.items():
        yield Place("notices.yaml", id_), notice.text
