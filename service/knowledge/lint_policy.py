"""Lint of the policy and the other single files.

It covers the levels, the running advice, the first steps, `about` and the retired names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from service.errors import Issue
from service.knowledge.places import Place
from service.knowledge.schema.scalars import Referral
from service.model.scales import Level, Likelihood, Running

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge


def _scales(knowledge: Knowledge) -> Iterator[Issue]:
    for file, given, wanted in (
        ("levels.yaml", set(knowledge.levels), set(Level)),
        ("running.yaml", set(knowledge.running), set(Running)),
        ("policy.yaml", set(knowledge.policy.likelihood_from_points), set(Likelihood)),
    ):
        for missing in sorted(wanted - given):
            yield Place(file).issue(f"'{missing}' is missing")
    strictness = [knowledge.levels[level].running.rank for level in Level if level in knowledge.levels]
    if strictness != sorted(strictness):
        yield Place("levels.yaml").issue("running is less strict at a higher level")
    incomplete = knowledge.levels.get(knowledge.policy.incomplete_level)
    if incomplete is not None and incomplete.advice_while_open is None:
        yield Place("levels.yaml", knowledge.policy.incomplete_level).issue("advice_while_open is missing")


def _findings(knowledge: Knowledge) -> Iterator[Issue]:
    policy = knowledge.policy
    for field, names, kinds in (
        ("uncovered_signs", policy.uncovered_signs, ("boolean",)),
        ("complaints", policy.complaints, ("boolean",)),
        ("measurements", policy.measurements, ("integer", "number")),
    ):
        for name in names:
            if name not in knowledge.findings or knowledge.findings[name].kind not in kinds:
                yield Place("policy.yaml", field).issue(f"'{name}' is not a finding of kind {' or '.join(kinds)}")
    first = min(knowledge.checklists.values(), key=lambda one: one.order, default=None)
    for name in sorted(set(policy.complaints) ^ set(() if first is None else first.items)):
        yield Place("policy.yaml", "complaints").issue(f"'{name}' is not in both: complaints and the first checklist")


def _levels(knowledge: Knowledge) -> Iterator[Issue]:
    policy = knowledge.policy
    if policy.send_at_once_from.rank < Level.EMERGENCY.rank:
        yield Place("policy.yaml", "send_at_once_from").issue("an app interrupts for an emergency or more only")
    if policy.incomplete_level is Level.SELF_CARE or policy.not_known_sign_level is Level.SELF_CARE:
        yield Place("policy.yaml").issue("open and unknown signs set at least consultation")


def _labels(knowledge: Knowledge) -> Iterator[Issue]:
    activities = {name for text in knowledge.running.values() for name in text.allowed_activities}
    for field, given, wanted in (
        ("referral_labels", set(knowledge.policy.referral_labels), set(get_args(Referral))),
        ("activity_labels", set(knowledge.policy.activity_labels), activities),
    ):
        for name in sorted(given ^ wanted):
            says = "has no label" if name in wanted else "is not in use"
            yield Place("policy.yaml", field).issue(f"'{name}' {says}")


def _texts(knowledge: Knowledge) -> Iterator[Issue]:
    for field in ("first_steps", "added_fixes"):
        for number, steps in enumerate(getattr(knowledge.policy, field)):
            if steps.fix not in knowledge.fixes:
                yield Place("policy.yaml", f"{field}[{number}].fix").issue(f"'{steps.fix}' is not a fix")
    for number, text in enumerate(knowledge.about):
        if text.finding not in knowledge.findings:
            yield Place("about.yaml", f"[{number}].finding").issue(f"'{text.finding}' is not a finding")


def _one_number(knowledge: Knowledge) -> Iterator[Issue]:
    """Check that fixes do not repeat limits of the running advice.

    The only number per week in a response is that of the advice on running.
    """
    keys = {key for text in knowledge.running.values() for key in text.limits}
    for id_, fix in knowledge.fixes.items():
        for key in sorted(keys & fix.limits.keys()):
            yield Place(f"fixes/{id_}.yaml", f"limits.{key}").issue("belongs to the advice on running")


def _retired(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, retired in knowledge.retired.items():
        place = Place("retired.yaml", id_)
        if id_ in knowledge.findings:
            yield place.issue("is a finding")
        if (retired.code == "renamed") != (retired.instead is not None):
            yield place.issue("instead belongs to a renamed id, and only there")
        if retired.instead is not None and retired.instead not in knowledge.findings:
            yield place.issue(f"'{retired.instead}' is not a finding")


CHECKS = (_scales, _findings, _levels, _labels, _texts, _one_number, _retired)
