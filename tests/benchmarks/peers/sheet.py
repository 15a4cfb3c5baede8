"""The decision as any rules engine can be told it: facts in, a floor and a score for each cause out.

The translation is mechanical: derived conditions are written out where they are named, and everything that the
grammar knows becomes one of nine small forms. Two things are kept out of the peers' time: telemetry is measured and
the answers of the safety screen are turned into facts beforehand, and the best cause is picked by shared code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Cause, Clause, Condition
from service.model.scales import Level
from tests.benchmarks.corpus import Decision
from tests.benchmarks.peers.plain import Facts, PlainRules

Form = tuple[Any, ...]
"""`(all, forms)`, `(any, forms)`, `(at_least, count, forms)`, `(yes, fact)`, `(no, fact)`, `(is, fact, values)`,
`(includes, fact, values)`, `(only, fact, values)` or `(number, fact, ((operator, bound), ...))`."""

_OPERATORS = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}
SAID_YES, LEFT_OPEN = "said_yes_", "left_open_"


class Score(NamedTuple):
    """A cause: when it counts, when it does not, and its weights."""

    cause: Cause
    applies: Form
    excluded: Form | None
    weights: tuple[tuple[Form, int], ...]


class Sheet(NamedTuple):
    """Every rule; a floor is the rank of a level, and the floors come most urgent first.

    `each` is every red flag and then every weight by itself, for what an answer has to tell of them.
    """

    floors: tuple[tuple[int, tuple[Form, ...]], ...]
    out_of_scope: Form
    scores: tuple[Score, ...]
    each: tuple[Form, ...]
    no_causes_from: int
    rules: PlainRules

    def facts(self, request: Mapping[str, Mapping[str, Any]]) -> Facts:
        """What the peers are given of a request: plain JSON values, and what the screen says."""
        facts = self.rules.facts(request)
        for id_ in self.rules.unanswered(request, facts):
            facts[LEFT_OPEN + id_] = True
        for id_ in self.rules.questions:
            if request.get("safety_screen", {}).get(id_) is True:
                facts[SAID_YES + id_] = True
        series = {id_ for id_, finding in self.rules.knowledge.findings.items() if finding.kind == "series"}
        return {
            name: sorted(value) if isinstance(value, set) else value
            for name, value in facts.items()
            if name not in series
        }

    def decision(self, floor: int, points: Sequence[int], *, is_out_of_scope: bool) -> Decision:
        """The decision that a peer's floor and points, in the order of `scores`, stand for."""
        level = list(Level)[floor]
        if floor >= self.no_causes_from or is_out_of_scope:
            return Decision(str(level), None)
        best: tuple[tuple[int, int], str] | None = None
        for score, total in zip(self.scores, points, strict=True):
            likelihood = self.rules.likelihood(score.cause, total)
            if likelihood is not None and (best is None or (likelihood.rank, total) > best[0]):
                best = (likelihood.rank, total), score.cause.id
        return Decision(str(level), best[1] if best else None)


def sheet_of(knowledge: Knowledge) -> Sheet:
    """The rules of `knowledge`."""
    rules = PlainRules(knowledge)
    floors: dict[int, list[Form]] = {level.rank: [] for level in reversed(Level)}
    del floors[Level.SELF_CARE.rank]
    for flag in rules.red_flags:
        floors[flag.level.rank].append(_form(flag.when, knowledge))
    for id_, level in rules.floors.items():
        floors[level.rank].append(("yes", SAID_YES + id_))
    floors[knowledge.policy.screen_open_level.rank] += [("yes", LEFT_OPEN + id_) for id_ in rules.questions]
    members = [member for question in rules.questions.values() for member in question.members]
    floors[Level.CONSULTATION.rank] += [_form(member, knowledge) for member in members]
    scores = tuple(_score(cause, knowledge) for cause in rules.causes)
    flags = tuple(_form(flag.when, knowledge) for flag in rules.red_flags)
    floors[knowledge.policy.uncovered_sign_level.rank] += [("yes", sign) for sign in knowledge.policy.uncovered_signs]
    return Sheet(
        tuple((rank, tuple(dict.fromkeys(forms))) for rank, forms in floors.items()),
        ("any", tuple(_form(flag.when, knowledge) for flag in rules.red_flags if flag.out_of_scope)),
        scores,
        flags + tuple(form for score in scores for form, _ in score.weights),
        knowledge.policy.no_causes_from.rank,
        rules,
    )


def _score(cause: Cause, knowledge: Knowledge) -> Score:
    excluded = None if cause.excluded_when is None else _form(cause.excluded_when, knowledge)
    weights = tuple((_form(weight.when, knowledge), weight.points) for weight in cause.supports + cause.opposes)
    return Score(cause, _form(cause.applies_when, knowledge), excluded, weights)


def _form(condition: Condition, knowledge: Knowledge) -> Form:
    if isinstance(condition, str):
        derivation = knowledge.derivations.get(condition)
        if derivation is not None and derivation.when is not None:
            return _form(derivation.when, knowledge)
        return "yes", condition
    if condition.all_ is not None:
        return "all", tuple(_form(part, knowledge) for part in condition.all_)
    if condition.any_ is not None:
        return "any", tuple(_form(part, knowledge) for part in condition.any_)
    if condition.of is not None:
        return "at_least", condition.at_least_of, tuple(_form(part, knowledge) for part in condition.of)
    return _leaf(condition)


def _leaf(clause: Clause) -> Form:
    if clause.not_ is not None:
        return "no", clause.not_
    if clause.is_ is not None:
        return "is", clause.finding, (clause.is_,) if isinstance(clause.is_, str) else tuple(clause.is_)
    if clause.includes is not None:
        return "includes", clause.finding, tuple(clause.includes)
    if clause.only is not None:
        return "only", clause.finding, tuple(clause.only)
    bounds = ((sign, getattr(clause, name)) for name, sign in _OPERATORS.items())
    return "number", clause.finding, tuple((sign, bound) for sign, bound in bounds if bound is not None)
