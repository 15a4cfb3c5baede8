"""Reports for property tests, at the thresholds of the rules."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from service.engine import Engine
from service.engine.decision import Decision
from service.engine.terms import Term
from service.knowledge.conditions import named, parts
from service.knowledge.knowledge import Knowledge
from service.knowledge.loader import load
from service.knowledge.places import conditions
from service.knowledge.schema.conditions import Clause, Condition
from service.knowledge.schema.findings import Finding

Body = dict[str, Any]
_BOUNDS = ("at_least", "at_most", "more_than", "less_than")
_SERIES = ([30, 33], [30, 33.1], [30] * 8 + [60], [100, 150], [0, 0], [5, 4, 3])


LAWS = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
"""Hypothesis settings of a law, with the same reports in each run."""

DRINK_NO_MORE = (
    "drank_beyond_thirst",
    "weight_gain_during_run",
    "nsaid_with_run",
    "fluid_restriction_or_organ_disease",
    "kidney_disease",
    "diuretic",
    "pregnant_or_postpartum",
)
"""The findings with which drinking more could be harmful."""


@cache
def shipped() -> Knowledge:
    """The shipped knowledge."""
    return load()


@cache
def engine() -> Engine:
    """The shipped knowledge's engine; engines of equal knowledge respond alike."""
    return Engine(shipped())


def is_true(term: Term, known: Mapping[str, Any]) -> bool:
    """Whether the known values pass every test of a term."""
    return all(atom.finding in known and atom.holds(known[atom.finding]) for atom in term)


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
    """Values of the finding `name`: all choices, both sides of all thresholds."""
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


def _fits(series: Sequence[float], finding: Finding) -> bool:
    low, high = finding.minimum or 0, finding.maximum or 0
    return len(series) >= (finding.min_items or 0) and all(low <= item <= high for item in series)


@cache
def groups() -> list[tuple[str, ...]]:
    """The findings of each condition, including telemetry behind a measure."""
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


def report(seed: int) -> Body:
    """A request: findings of two conditions, some others, and checklist answers."""
    source = random.Random(seed)  # noqa: S311 (a reproducible draw, not a secret)
    names: list[str] = []
    for group in source.sample(groups(), source.randint(0, 2)):
        names += source.sample(group, min(len(group), 4))
    names += source.sample(list(shipped().findings), source.randint(0, 3))
    known: dict[str, Any] = {name: source.choice(values(name)) for name in names}
    not_known = source.sample(_could_be_unknown(), source.choice([0, 0, 1, 3]))
    return body({**_noes(source), **known}, not_known)


REPORTS = st.integers(0, 2**64 - 1).map(report)


def _noes(source: random.Random) -> dict[str, bool]:
    """Denials of all checklists, of most items, or of none."""
    checklists = list(shipped().checklists.values())
    kind = source.choice(["all", "all", "most", "some", "nothing"])
    chosen = source.sample(checklists, 6) if kind == "some" else [] if kind == "nothing" else checklists
    items = [id_ for checklist in chosen for id_ in checklist.items if shipped().findings[id_].kind == "boolean"]
    return {id_: False for id_ in items if kind != "most" or source.random() < 0.95}


@cache
def _could_be_unknown() -> list[str]:
    """The findings that a conversation can ask for."""
    return [name for name, finding in shipped().findings.items() if finding.place == "findings"]


def body(known: dict[str, Any], not_known: Iterable[str] = ()) -> Body:
    """The request that reports `known` in its parts, and `not_known`."""
    request: Body = {}
    for name, value in known.items():
        request.setdefault(shipped().findings[name].place, {})[name] = value
    listed = list(not_known)
    return request | ({"not_known": listed} if listed else {})


def plus(request: Body, more: dict[str, Any]) -> Body:
    """`request` with more findings, which replace reported values."""
    return body({**known_in(request), **more}, request.get("not_known", ()))


def known_in(request: Body) -> dict[str, Any]:
    """The findings that `request` reports, in any part."""
    return {
        name: value for place in ("runner", "findings", "training") for name, value in request.get(place, {}).items()
    }


def encoded(request: Body) -> bytes:
    """`request` as a client sends it."""
    return json.dumps(request).encode()


def decide(request: Body) -> Decision:
    """The decision of the shipped engine on `request`."""
    return engine().decide(engine().read(encoded(request)))
