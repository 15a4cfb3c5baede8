"""Reports for property tests: made of the vocabulary, few findings at a time, and at the edges of every threshold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from service.engine import Engine
from service.knowledge.conditions import named, parts
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from service.knowledge.places import conditions
from service.knowledge.schema import Clause, Condition, Finding

Body = dict[str, Any]
_BOUNDS = ("at_least", "at_most", "more_than", "less_than")
_SERIES = ([30, 33], [30, 33.1], [30] * 8 + [60], [100, 150], [0, 0], [5, 4, 3])


@cache
def shipped() -> Knowledge:
    """The knowledge that ships."""
    return load()


@cache
def engine() -> Engine:
    """The engine of it; every engine of the same knowledge answers alike."""
    return Engine(shipped())


def clauses(condition: Condition) -> Iterator[Clause]:
    """Every clause in `condition`."""
    if isinstance(condition, Clause):
        yield condition
        for part in parts(condition):
            yield from clauses(part)


@cache
def _edges(name: str) -> list[float]:
    every = [clause for _, condition in conditions(shipped()) for clause in clauses(condition)]
    bounds = [getattr(clause, bound) for clause in every if clause.finding == name for bound in _BOUNDS]
    return sorted({bound for bound in bounds if bound is not None})


@cache
def values(name: str) -> tuple[Any, ...]:
    """What the finding called `name` is reported as: every choice, and both sides of every threshold."""
    finding = shipped().findings[name]
    if finding.kind == "boolean":
        return (True, False)
    if finding.kind == "choice":
        return tuple(value for value in finding.values if value != "unknown")
    if finding.kind == "choices":
        return (*([value] for value in finding.values), list(finding.values))
    if finding.kind == "series":
        return tuple(series for series in _SERIES if _fits(series, finding))
    step = 1 if finding.kind == "integer" else 0.1
    near = {round(edge + way, 1) for edge in _edges(name) for way in (-step, 0, step)}
    whole = {int(number) if number == int(number) else number for number in near}
    low, high = finding.minimum or 0, finding.maximum or 0
    return tuple(sorted({low, high, *(number for number in whole if low <= number <= high)}))


def _fits(series: list[float], finding: Finding) -> bool:
    low, high = finding.minimum or 0, finding.maximum or 0
    return len(series) >= (finding.min_items or 0) and all(low <= item <= high for item in series)


@cache
def groups() -> list[tuple[str, ...]]:
    """The findings that some condition names together, telemetry behind a measure included."""
    knowledge = shipped()
    found: dict[tuple[str, ...], None] = {}
    for _, condition in conditions(knowledge):
        found[tuple(dict.fromkeys(_sent(condition, knowledge)))] = None
    return list(found)


def _sent(condition: Condition, knowledge: Knowledge) -> Iterator[str]:
    for name in named(condition):
        derivation = knowledge.derivations.get(name)
        if derivation is None:
            yield name
        elif derivation.when is not None:
            yield from _sent(derivation.when, knowledge)
        elif derivation.measure is not None:
            measure = derivation.measure
            reads = (measure.series, measure.per, measure.value, measure.baseline)
            yield from (read for read in reads if read is not None)


@st.composite
def reports(draw: st.DrawFn) -> Body:
    """A request: findings of at most two conditions, a few others, and a screen answered in one of many ways."""
    knowledge = shipped()
    names: list[str] = []
    for group in draw(st.lists(st.sampled_from(groups()), max_size=2)):
        names += draw(st.lists(st.sampled_from(group), max_size=4))
    names += draw(st.lists(st.sampled_from(list(knowledge.findings)), max_size=3))
    known: dict[str, Any] = {name: draw(st.sampled_from(values(name))) for name in names}
    return body(known, draw(screens()))


@st.composite
def screens(draw: st.DrawFn) -> dict[str, bool]:
    """A screen: often all no, sometimes not sent, sometimes answered in part."""
    kind = draw(st.sampled_from(["all no", "all no", "not sent", "in part"]))
    if kind == "all no":
        return {"none_of_these": True}
    if kind == "not sent":
        return {}
    questions = [*shipped().safety_screen.questions, "none_of_these"]
    return draw(st.dictionaries(st.sampled_from(questions), st.booleans(), max_size=4))


def body(known: dict[str, Any], screen: dict[str, bool]) -> Body:
    """The request that reports `known`, each finding in its place; one that decides nothing stands in for none."""
    request: Body = {"findings": {}}
    for name, value in known.items():
        request.setdefault(shipped().findings[name].place, {})[name] = value
    request["findings"] = request["findings"] or {_neutral(): False}
    return request | ({"safety_screen": screen} if screen else {})


@cache
def _neutral() -> str:
    return next(
        name for name, finding in shipped().findings.items() if finding.context_only and finding.kind == "boolean"
    )


def known_in(request: Body) -> dict[str, Any]:
    """The findings that `request` reports, whatever their place."""
    return {
        name: value for place in ("runner", "findings", "training") for name, value in request.get(place, {}).items()
    }


def encoded(request: Body) -> bytes:
    """`request` as a client sends it."""
    return json.dumps(request).encode()
