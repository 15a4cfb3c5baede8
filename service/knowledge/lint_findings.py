"""Lint of each finding by itself: kind, range, label and values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.errors import Issue
from service.knowledge.places import Place

if TYPE_CHECKING:
    from service.knowledge.knowledge import Knowledge

_WORDS_AT_MOST = 12


def _findings(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, finding in knowledge.findings.items():
        place = Place("findings", id_)
        if (finding.kind in ("choice", "choices")) != bool(finding.values):
            yield place.issue("values belong to choice and choices, and only there")
        if finding.kind == "choices" and "unknown" in finding.values:
            yield place.issue("'unknown' cannot be one of several values: only a choice may have it")
        numeric = finding.kind in ("integer", "number", "series")
        if numeric != (finding.minimum is not None and finding.maximum is not None and finding.unit is not None):
            yield place.issue("minimum, maximum and unit belong to numbers, and only there")
        if (finding.kind == "series") != (finding.min_items is not None and finding.max_items is not None):
            yield place.issue("min_items and max_items belong to a series, and only there")
        if not finding.question.endswith("?"):
            yield place.issue("the question must end in '?'")


def _labels(knowledge: Knowledge) -> Iterator[Issue]:
    for id_, finding in knowledge.findings.items():
        place = Place("findings", f"{id_}.label")
        if finding.label is None:
            yield place.issue("is missing")
        elif len(finding.label.split()) > _WORDS_AT_MOST:
            yield place.issue(f"has more than {_WORDS_AT_MOST} words")
        values = set(finding.values)
        for value in sorted(values ^ set(finding.labels)):
            says = "has no label" if value in values else "is not a value"
            yield Place("findings", f"{id_}.labels").issue(f"'{value}' {says}")


CHECKS = (_findings, _labels)
