"""The sheet as one JsonLogic rule: floor, scope and scores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import datalogic_py
import json_logic

from tests.benchmarks.corpus import Decision
from tests.benchmarks.peers.plain_conditions import Facts
from tests.benchmarks.peers.sheet import Form, Score, Sheet

Rule = dict[str, Any]


def rule_of(sheet: Sheet) -> list[Rule]:
    """The sheet as a rule; `if` stops at the most urgent floor."""
    floor: list[Any] = []
    for rank, forms in sheet.floors:
        floor += [_any(forms), rank]
    return [{"if": [*floor, 0]}, _rule(sheet.out_of_scope), *(_score(score) for score in sheet.scores)]


class PanziJsonLogic:
    """JsonLogic in pure Python (`panzi-json-logic`), which interprets the rule."""

    name = "panzi-json-logic"

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._rule = rule_of(sheet)

    def prepared(self, facts: Facts) -> Facts:
        """The facts, unchanged."""
        return facts

    def decide(self, facts: Facts) -> Decision:
        """The decision on one runner."""
        floor, is_out_of_scope, *points = json_logic.jsonLogic(self._rule, facts)
        return self._sheet.decision(floor, points, is_out_of_scope=bool(is_out_of_scope))


class DataLogic:
    """JsonLogic compiled in Rust (`datalogic-py`), with its session for loops."""

    name = "datalogic-py"

    def __init__(self, sheet: Sheet) -> None:
        engine = datalogic_py.Engine()
        self._sheet = sheet
        self._rule = engine.compile(rule_of(sheet))
        self._each = engine.compile([_rule(form) for form in sheet.each])
        self._session = engine.session()

    def prepared(self, facts: Facts) -> str:
        """The facts as JSON text, which it reads faster than a dictionary."""
        return json.dumps(facts)

    def decide(self, facts: str) -> Decision:
        """The decision on one runner."""
        floor, is_out_of_scope, *points = self._session.evaluate(self._rule, facts)
        return self._sheet.decision(floor, points, is_out_of_scope=bool(is_out_of_scope))

    def holding(self, facts: str) -> list[bool]:
        """The state of each red flag and weight."""
        holds: list[bool] = self._session.evaluate(self._each, facts)
        return holds


def _score(score: Score) -> Rule:
    counts = [_rule(score.applies)]
    if score.excluded is not None:
        counts.append({"!": [_rule(score.excluded)]})
    total = {"+": [{"if": [_rule(form), points, 0]} for form, points in score.weights]}
    return {"if": [{"and": counts}, total, 0]}


def _any(forms: Iterable[Form]) -> Rule:
    return {"or": [_rule(form) for form in forms]}


def _rule(form: Form) -> Rule:
    kind, *rest = form
    if kind == "all":
        return {"and": [_rule(part) for part in rest[0]]}
    if kind == "any":
        return _any(rest[0])
    if kind == "at_least":
        return {">=": [{"+": [{"if": [_rule(part), 1, 0]} for part in rest[1]]}, rest[0]]}
    value: Rule = {"var": rest[0]}
    if kind in ("yes", "no"):
        return {"===": [value, kind == "yes"]}
    if kind == "is":
        return {"in": [value, list(rest[1])]}
    if kind in ("includes", "only"):
        return {"some" if kind == "includes" else "all": [value, {"in": [{"var": ""}, list(rest[1])]}]}
    return {"and": [{"!==": [value, None]}, *({sign: [value, bound]} for sign, bound in rest[1])]}
