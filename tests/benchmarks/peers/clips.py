"""The sheet as CLIPS rules (`clipspy`), matched by its Rete network."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import clips

from tests.benchmarks.corpus import Decision
from tests.benchmarks.peers.plain_conditions import Facts
from tests.benchmarks.peers.sheet import Form, Sheet

_SIGNS = {">=": ">=", "<=": "<=", ">": ">", "<": "<"}


class Clips:
    """One environment; each case resets it, asserts facts and runs."""

    name = "clipspy"

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._environment = clips.Environment()
        build = self._environment.build
        build("(deftemplate known (slot fact (type SYMBOL)) (slot value))")
        build("(defglobal ?*floor* = 0 ?*outside* = 0)")
        for number in range(len(sheet.scores)):
            build(f"(defglobal ?*points{number}* = 0)")
        rules: list[tuple[Iterable[str], str]] = []
        for rank, forms in sheet.floors:
            rules += [((_pattern(form),), f"(bind ?*floor* (max ?*floor* {rank}))") for form in forms]
        rules.append(((_pattern(sheet.out_of_scope),), "(bind ?*outside* 1)"))
        for number, score in enumerate(sheet.scores):
            when = [_pattern(score.applies)]
            if score.excluded is not None:
                when.append(f"(not {_pattern(score.excluded)})")
            for form, points in score.weights:
                name = f"?*points{number}*"
                rules.append(((*when, _pattern(form)), f"(bind {name} (+ {name} {points}))"))
        for number, (patterns, action) in enumerate(rules):
            build(f"(defrule rule{number} {' '.join(f'(exists {pattern})' for pattern in patterns)} => {action})")
        self._known = self._environment.find_template("known")
        self._outcome = [self._environment.find_global(f"points{number}") for number in range(len(sheet.scores))]
        self._floor = self._environment.find_global("floor")
        self._outside = self._environment.find_global("outside")

    def prepared(self, facts: Facts) -> list[tuple[clips.Symbol, Any]]:
        """One fact per value; several choices are several facts."""
        return [
            (clips.Symbol(name), _value(item))
            for name, value in facts.items()
            for item in (value if isinstance(value, list) else [value])
        ]

    def decide(self, facts: list[tuple[clips.Symbol, Any]]) -> Decision:
        """The decision on one runner."""
        self._environment.reset()
        for fact, value in facts:
            self._known.assert_fact(fact=fact, value=value)
        self._environment.run()
        points = [total.value for total in self._outcome]
        return self._sheet.decision(self._floor.value, points, is_out_of_scope=bool(self._outside.value))


def _value(item: Any) -> Any:
    if isinstance(item, bool):
        return clips.Symbol("yes" if item else "no")
    return clips.Symbol(item) if isinstance(item, str) else item


def _pattern(form: Form) -> str:
    kind, fact, *rest = form
    if kind == "all":
        return _joined("and", fact)
    if kind == "any":
        return _joined("or", fact)
    if kind == "at_least":
        return _joined("or", [("all", some) for some in combinations(rest[0], fact)])
    if kind in ("yes", "no"):
        return f"(known (fact {fact}) (value {kind}))"
    if kind in ("is", "includes"):
        return f"(known (fact {fact}) (value {'|'.join(rest[0])}))"
    if kind == "only":
        others = "&".join(f"~{value}" for value in rest[0])
        return f"(and (known (fact {fact})) (not (known (fact {fact}) (value {others}))))"
    bounds = "".join(f"&:({sign} ?{fact} {bound})" for sign, bound in rest[0])
    return f"(known (fact {fact}) (value ?{fact}{bounds}))"  # a variable of its own, because one name means one value


def _joined(word: str, forms: Iterable[Form]) -> str:
    patterns = [_pattern(form) for form in forms]
    return patterns[0] if len(patterns) == 1 else f"({word} {' '.join(patterns)})"
