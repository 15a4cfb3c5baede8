"""Lint of statements and of the sources that they and the rules rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from service.errors import Issue
from service.knowledge.places import Place, statements
from service.knowledge.runner_texts import runner_texts

if TYPE_CHECKING:
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
"""Difficult words, and the plain words of which one must stand in the same text."""


def _runner_words(knowledge: Knowledge) -> Iterator[Issue]:
    """A runner reads advice in plain words; remarks on sources belong in `note`."""
    for place, text in runner_texts(knowledge):
        for found in _ABOUT_SOURCES.findall(text):
            yield place.issue(f"'{found}' speaks of sources: move it to note")
        plain = text.lower()
        for word, explained in _EXPLAINED_BY.items():
            if word in plain and not any(one in plain for one in explained):
                yield place.issue(f"'{word}' is not explained: add '{explained[0]}'")


def _sources(knowledge: Knowledge) -> Iterator[Issue]:
    for place, sources in _source_lists(knowledge):
        if not sources:
            yield place.issue("has no source")
        yield from _unknown_sources(knowledge, place, sources)


def _unknown_sources(knowledge: Knowledge, place: Place, sources: tuple[str, ...]) -> Iterator[Issue]:
    return (place.issue(f"'{source}' is no source") for source in sources if source not in knowledge.sources)


def _statements(knowledge: Knowledge) -> Iterator[Issue]:
    for place, statement in statements(knowledge):
        yield from _unknown_sources(knowledge, place, statement.sources)
        if statement.by is not None and statement.by not in knowledge.speakers:
            yield place.issue(f"'{statement.by}' is no speaker")
        if statement.facts and statement.by is None:
            yield place.issue("a fact of the article has no speaker")


def _source_lists(knowledge: Knowledge) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for folder in ("red_flags", "derivations", "causes", "fixes"):
        for id_, entry in getattr(knowledge, folder).items():
            yield Place(f"{folder}/{id_}.yaml", "sources"), entry.sources
    for level, text in knowledge.levels.items():
        yield Place("levels.yaml", f"{level}.sources"), text.sources
    for country, number in knowledge.emergency_numbers.countries.items():
        yield Place("emergency_numbers.yaml", f"countries.{country}.sources"), number.sources


CHECKS = (_sources, _statements, _runner_words)
