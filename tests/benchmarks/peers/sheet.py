"""The decision for any rules engine: facts in, floor and scores out.

The translation is mechanical: derived conditions replace their names, and the grammar becomes nine small forms. Two
things are excluded from the peers' time: the facts are prepared (reported, implied, measured and closed findings, and
whether open questions or unknown signs hold the level), and shared code chooses the leading cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.causes import Cause
from service.knowledge.schema.conditions import Clause, Condition
from service.model.scales import Level
from tests.benchmarks.corpus import Decision
from tests.benchmarks.peers.plain import PlainRules
from tests.benchmarks.peers.plain_conditions import CLOSED, Facts
from tests.benchmarks.peers.plain_facts import Request

Form = tuple[Any, ...]
"""`(all, forms)`, `(any, forms)`, `(at_least, count, forms)`, `(yes, fact)`, `(no, fact)`, `(is, fact, values)`,
`(includes, fact, values)`, `(only, fact, values)` or `(number, fact, ((operator, bound), ...))`."""

_OPERATORS = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}
SAFETY_QUESTIONS_OPEN, SIGN_NOT_KNOWN = "safety_questions_open", "sign_not_known"


class Score(NamedTuple):
    """A cause: its conditions and its weights."""

    cause: Cause
    applies: Form
    excluded: Form | None
    weights: tuple[tuple[Form, int], ...]


class Sheet(NamedTuple):
    """Every rule; floors are ranks of levels, most urgent first.

    `each` is every red flag and then every weight alone, for the details of a response.
    """

    floors: tuple[tuple[int, tuple[Form, ...]], ...]
    out_of_scope: Form
    scores: tuple[Score, ...]
    each: tuple[Form, ...]
    no_causes_from: int
    rules: PlainRules

    def facts(self, request: Request) -> Facts:
        """The facts as JSON values, without findings that do not apply."""
        decided = self.rules.decide(request)
        facts = decided.facts | {
            SAFETY_QUESTIONS_OPEN: bool(decided.asked),
            SIGN_NOT_KNOWN: bool(decided.held_by),
        }
        return {
            name: sorted(value) if isinstance(value, set) else value
            for name, value in facts.items()
            if value is not CLOSED and not isinstance(value, tuple)
        }

    def decision(self, floor: int, points: Sequence[int], *, is_out_of_scope: bool) -> Decision:
        """The decision by a peer's floor and points, in `scores` order."""
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
    """The sheet of the rules of `knowledge`."""
    rules = PlainRules(knowledge)
    floors: dict[int, list[Form]] = {level.rank: [] for level in reversed(Level)}
    del floors[Level.SELF_CARE.rank]
    for flag in rules.red_flags:
        floors[flag.level.rank].append(_form(flag.when, knowledge))
    policy = knowledge.policy
    out_of_scope: Form = ("any", tuple(_form(flag.when, knowledge) for flag in rules.red_flags if flag.out_of_scope))
    floors[policy.incomplete_level.rank].append(("yes", SAFETY_QUESTIONS_OPEN))
    floors[policy.not_known_sign_level.rank].append(("yes", SIGN_NOT_KNOWN))
    floors[policy.out_of_scope_level.rank].append(out_of_scope)
    floors[policy.uncovered_sign_level.rank] += [("yes", sign) for sign in policy.uncovered_signs]
    scores = tuple(_score(cause, knowledge) for cause in rules.causes)
    flags = tuple(_form(flag.when, knowledge) for flag in rules.red_flags)
    return Sheet(
        tuple((rank, tuple(dict.fromkeys(forms))) for rank, forms in floors.items()),
        out_of_scope,
        scores,
        flags + tuple(form for score in scores for form, _ in score.weights),
        policy.no_causes_from.rank,
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
