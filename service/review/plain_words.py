"""Conditions in plain words.

The words are for a reader who does not know the grammar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Clause, Condition

_INDENT: Final = "  "
_LIMITS: Final = {
    "at_least": "at least",
    "more_than": "more than",
    "at_most": "at most",
    "less_than": "less than",
}


def in_words(condition: Condition, knowledge: Knowledge) -> str:
    """Return the condition as lines of text.

    The lines use the labels of findings and their values. Parts are indented.
    """
    return "\n".join(_lines(condition, knowledge))


def _lines(condition: Condition, knowledge: Knowledge) -> Iterator[str]:
    if not isinstance(condition, Clause):
        yield _name(condition, knowledge)
    elif condition.not_ is not None:
        yield f"not: {_name(condition.not_, knowledge)}"
    elif condition.finding is not None:
        yield f"{_name(condition.finding, knowledge).rstrip('?')}: {_limit(condition, condition.finding, knowledge)}"
    else:
        heading, parts = _group(condition)
        if len(parts) == 1:
            yield from _lines(parts[0], knowledge)
            return
        yield heading
        for part in parts:
            first, *rest = _lines(part, knowledge)
            yield f"{_INDENT}- {first}"
            yield from (f"{_INDENT}  {line}" for line in rest)


def _group(clause: Clause) -> tuple[str, tuple[Condition, ...]]:
    if clause.all_ is not None:
        return "all of:", clause.all_
    if clause.any_ is not None:
        return "at least one of:", clause.any_
    return f"at least {clause.at_least_of} of:", clause.of or ()


def _limit(clause: Clause, id_: str, knowledge: Knowledge) -> str:
    finding = knowledge.findings[id_]
    if clause.is_ is not None:
        values = (clause.is_,) if isinstance(clause.is_, str) else clause.is_
        return " or ".join(finding.labels.get(value, value) for value in values)
    for word, listed in (("any of", clause.includes), ("only", clause.only)):
        if listed is not None:
            return f"{word} {', '.join(finding.labels.get(value, value) for value in listed)}"
    limits = ((words, getattr(clause, field)) for field, words in _LIMITS.items())
    text = " and ".join(f"{words} {number}" for words, number in limits if number is not None)
    return f"{text} {finding.unit}" if finding.unit else text


def _name(id_: str, knowledge: Knowledge) -> str:
    derivation = knowledge.derivations.get(id_)
    if derivation is not None:
        return derivation.title
    finding = knowledge.findings[id_]
    return finding.label or finding.question
