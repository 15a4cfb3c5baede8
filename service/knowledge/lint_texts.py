"""Lint of statements, and of the sources of statements and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from service.knowledge.places import Place, statements, weights
from service.knowledge.runner_texts import runner_texts
from service.model.scales import Evidence

if TYPE_CHECKING:
    from service.errors import Issue
    from service.knowledge.knowledge import Knowledge

_ABOUT_SOURCES: Final = re.compile(
    r"\b(articles?|this service|convention|stud(?:y|ies)|trials?|sources?|memory)\b", re.IGNORECASE
)
_EXPLAINED_BY: Final = {
    "electrolyte": ("salt", "sports drink"),
    "endocrinologist": ("hormone",),
    "fluoroquinolone": ("antibiotic",),
    "neuropathy": ("nerve",),
    "orthoses": ("insole",),
    "orthosis": ("insole",),
    "oximeter": ("finger",),
    "podiatrist": ("foot",),
    "sciatica": ("nerve",),
}
"""Difficult words. The same text must contain one of the plain words."""


def _runner_words(knowledge: Knowledge) -> Iterator[Issue]:
    """Check that runners read advice in plain words.

    Remarks on sources belong in `note`.
    """
    for place, text in runner_texts(knowledge):
        for found in _ABOUT_SOURCES.findall(text):
            yield place.issue(f"'{found}' is about sources: move it to note")
        plain = text.lower()
        for word, explained in _EXPLAINED_BY.items():
            if word in plain and not any(one in plain for one in explained):
                yield place.issue(f"'{word}' is not explained: add '{explained[0]}'")


def _sources(knowledge: Knowledge) -> Iterator[Issue]:
    for place, evidence, sources in _cited(knowledge):
        for source in sources:
            if source not in knowledge.sources:
                yield place.issue(f"'{source}' is not a source")
        if not sources and (evidence is None or evidence.rank > Evidence.CONVENTION.rank):
            yield place.issue("has no source, which only the grades E4 and E5 allow")
        if sources and evidence is Evidence.MEMORY:
            yield place.issue("has a source, so its grade is not E5")


def _speakers(knowledge: Knowledge) -> Iterator[Issue]:
    for place, statement in statements(knowledge):
        if statement.by is not None and statement.by not in knowledge.speakers:
            yield place.issue(f"'{statement.by}' is not a speaker")
        if statement.facts and statement.by is None:
            yield place.issue("a fact of the article has no speaker")


def _facts(knowledge: Knowledge) -> Iterator[Issue]:
    for place, facts in _pointing(knowledge):
        for fact in facts:
            if fact not in knowledge.facts:
                yield place.issue(f"'{fact}' is not a fact of the reference")


def _pointing(knowledge: Knowledge) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Yield each place that points to facts, with their ids."""
    for id_, flag in knowledge.red_flags.items():
        yield Place(f"red_flags/{id_}.yaml", "reference"), (flag.reference,)
        yield Place(f"red_flags/{id_}.yaml", "facts"), flag.facts
    for id_, derivation in knowledge.derivations.items():
        yield Place(f"derivations/{id_}.yaml", "facts"), derivation.facts
    for place, statement in statements(knowledge):
        yield place, statement.facts
    for place, weight in weights(knowledge):
        yield place, weight.facts


def _cited(knowledge: Knowledge) -> Iterator[tuple[Place, Evidence | None, tuple[str, ...]]]:
    """Yield each place that cites sources, with its grade.

    A level has no grade.
    """
    for folder in ("red_flags", "derivations"):
        for id_, rule in getattr(knowledge, folder).items():
            yield Place(f"{folder}/{id_}.yaml", "sources"), rule.evidence, rule.sources
    for number, running_rule in enumerate(knowledge.running_rules):
        yield Place("running_rules.yaml", f"[{number}].sources"), running_rule.evidence, running_rule.sources
    for level, text in knowledge.levels.items():
        yield Place("levels.yaml", f"{level}.sources"), None, text.sources
    for country, number_ in knowledge.emergency_numbers.countries.items():
        place = Place("emergency_numbers.yaml", f"countries.{country}.sources")
        yield place, number_.evidence, number_.sources
    for place, statement in statements(knowledge):
        yield place, statement.evidence, statement.sources
    for place, weight in weights(knowledge):
        yield place, weight.evidence, weight.sources


CHECKS = (_sources, _speakers, _facts, _runner_words)
